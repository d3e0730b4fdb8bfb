import type { PrecisionChoice } from '@mnist-monitor/shared';
import type { Kernels } from '../kernels/kernels.ts';
import type { Learner } from '../learner/learner.ts';
import { LocalLearner } from '../learner/local-learner.ts';
import { GraphLearner } from '../step-graph/graph-learner.ts';
import { findGraphFailure, measureSpeedup } from '../step-graph/graph-probe.ts';
import type { Engine, EngineLearnerOptions } from './engine.ts';
import { hasBfloat16, type SelectedPrecision } from './precision.ts';

/** Options of `tensorflowSteps`. */
export interface TensorflowStepsOptions {
  /** The operations of steps that do not run as one graph. */
  kernels: Kernels;
  /**
   * Whether oneDNN computes the operations. With oneDNN, graphs in float32 are faster than separate operations (1.07 times on
   * an AMD EPYC); without it, and on a GPU, they have not been measured.
   */
  isOneDnn: boolean;
  /** The functions that inspect and measure this machine. For tests. */
  probe?: {
    findGraphFailure: typeof findGraphFailure;
    measureSpeedup: typeof measureSpeedup;
    hasBfloat16(): boolean;
  };
}

/** Smallest speed-up for which `auto` selects bfloat16: a smaller one is not worth the loss of accuracy by rounding. */
const minSpeedup = 1.1;

/**
 * Returns the training functions of the engine `tensorflow`. A step runs as one graph in bfloat16, and in float32 if oneDNN
 * is used.
 */
export function tensorflowSteps({
  kernels,
  isOneDnn,
  probe = { findGraphFailure, measureSpeedup, hasBfloat16 },
}: TensorflowStepsOptions): Pick<Engine, 'createLearner' | 'selectPrecision'> {
  const graphKernels = isOneDnn ? 'oneDNN in one graph per step' : 'one graph per step';
  /**
   * Resolves with the reason why a float32 step does not run as one graph: undefined if it does, empty without oneDNN. The
   * check starts at the first use; the variable is unset before.
   */
  let float32Failure: Promise<string | undefined> | undefined;
  const explainNoFloat32Graph = (): Promise<string | undefined> => {
    float32Failure ??= isOneDnn ? probe.findGraphFailure('float32') : Promise.resolve('');
    return float32Failure;
  };

  async function selectFloat32(reason?: string): Promise<SelectedPrecision> {
    const failure = await explainNoFloat32Graph();
    const reasons = [reason, failure && `TensorFlow does not run a step as one graph: ${failure}`].filter(
      Boolean,
    );
    return {
      precision: 'float32',
      kernels: failure === undefined ? graphKernels : kernels.name,
      ...(reasons.length > 0 && { reason: reasons.join('; ') }),
      isFallback: false,
    };
  }

  async function selectPrecision(choice: PrecisionChoice): Promise<SelectedPrecision> {
    if (choice === 'float32') return selectFloat32();
    if (choice === 'auto' && !isOneDnn)
      return selectFloat32('--precision auto decides only on a processor with oneDNN');
    if (choice === 'auto' && !probe.hasBfloat16())
      return selectFloat32('--precision auto finds neither AMX nor AVX-512 BF16 here');
    const failure = await probe.findGraphFailure('bfloat16');
    if (failure !== undefined)
      return {
        ...(await selectFloat32(`bfloat16 does not work here: ${failure}`)),
        isFallback: choice === 'bfloat16',
      };
    const inBfloat16 = { precision: 'bfloat16', kernels: graphKernels, isFallback: false } as const;
    if (choice === 'bfloat16') return inBfloat16;
    const speedup = await probe.measureSpeedup(createLearner);
    return speedup < minSpeedup
      ? selectFloat32('bfloat16 is not faster here')
      : { ...inBfloat16, reason: `${speedup.toFixed(1)} times as fast as float32 here` };
  }

  async function createLearner({
    precision = 'float32',
    ...options
  }: EngineLearnerOptions): Promise<Learner> {
    const isGraph = precision === 'bfloat16' || (await explainNoFloat32Graph()) === undefined;
    return isGraph ? new GraphLearner({ ...options, precision }) : new LocalLearner(kernels, options);
  }

  return { selectPrecision, createLearner };
}
