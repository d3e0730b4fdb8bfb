import type { PrecisionChoice } from '@mnist-monitor/shared';
import type { Kernels } from '../kernels/kernels.ts';
import type { Learner } from '../learner/learner.ts';
import { LocalLearner } from '../learner/local-learner.ts';
import { GraphLearner } from '../step-graph/graph-learner.ts';
import { findGraphFailure, measureSpeedup } from '../step-graph/graph-probe.ts';
import type { Engine, EngineLearnerOptions } from './engine.ts';
import { hasBfloat16, type SelectedPrecision } from './precision.ts';

/** Options of `tensorflowTraining`. */
export interface TensorflowTrainingOptions {
  /** Computes the steps that do not run as one graph. */
  kernels: Kernels;
  /**
   * Whether oneDNN computes the operations. Only with oneDNN do float32 steps run as graphs, which are 1.07 times as fast as
   * separate operations on an AMD EPYC; without oneDNN, and on a GPU, the speed was not measured.
   */
  isOneDnn: boolean;
  /** Whether a GPU computes the operations. */
  isGpu: boolean;
  /** The functions that inspect and measure this machine. For tests. */
  probe?: {
    findGraphFailure: typeof findGraphFailure;
    measureSpeedup: typeof measureSpeedup;
    hasBfloat16(): boolean;
  };
}

/** Speed-up from which `auto` selects bfloat16: a smaller one does not justify the rounding errors. */
const minSpeedup = 1.1;

/**
 * Returns the functions with which the engine `tensorflow` trains. In bfloat16 each step runs as one graph; in float32 only
 * where oneDNN computes the operations and the graph works.
 *
 * On a CPU without instructions for bfloat16, the layers of a bfloat16 graph compute in float32 and round their results. There
 * TensorFlow's own bfloat16 convolutions round after every addition: a filter gradient that adds 401,408 ones is 138,240.
 */
export function tensorflowTraining({
  kernels,
  isOneDnn,
  isGpu,
  probe = { findGraphFailure, measureSpeedup, hasBfloat16 },
}: TensorflowTrainingOptions): Pick<Engine, 'createLearner' | 'selectPrecision'> {
  const addsInFloat32 = isGpu || (isOneDnn && probe.hasBfloat16());
  const bfloat16Arithmetic = addsInFloat32 ? 'bfloat16' : 'float32';
  const graphKernels = isOneDnn ? 'oneDNN in one graph per step' : 'one graph per step';
  /**
   * Resolves with the reason why a float32 step does not run as one graph: an empty text without oneDNN, undefined if the step
   * does run as one graph. Unset until the first use starts the check.
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
      return selectFloat32('--precision auto compares the precisions only on a CPU with oneDNN');
    if (choice === 'auto' && !probe.hasBfloat16())
      return selectFloat32('--precision auto finds neither AMX nor AVX-512 BF16 here');
    const failure = await probe.findGraphFailure('bfloat16', bfloat16Arithmetic);
    if (failure !== undefined)
      return {
        ...(await selectFloat32(`bfloat16 does not work here: ${failure}`)),
        isFallback: choice === 'bfloat16',
      };
    const inBfloat16 = { precision: 'bfloat16', kernels: graphKernels, isFallback: false } as const;
    if (choice === 'bfloat16')
      return addsInFloat32 ? inBfloat16 : { ...inBfloat16, reason: explainNoBfloat16(isOneDnn) };
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
    const arithmetic = precision === 'bfloat16' ? bfloat16Arithmetic : 'float32';
    return isGraph
      ? new GraphLearner({ ...options, precision, arithmetic })
      : new LocalLearner(kernels, options);
  }

  return { selectPrecision, createLearner };
}

/** Explains why the layers of a bfloat16 run compute in float32. */
const explainNoBfloat16 = (isOneDnn: boolean): string => {
  const cause = isOneDnn
    ? 'the processor has neither AMX nor AVX-512 BF16'
    : 'TensorFlow does not use oneDNN here';
  return `computed in float32 and rounded, not faster than float32: ${cause}`;
};
