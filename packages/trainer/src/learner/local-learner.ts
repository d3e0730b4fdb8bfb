import type { OptimizerName } from '@mnist-monitor/shared';
import type { Batch } from '../dataset/batches.ts';
import type { Kernels } from '../kernels/kernels.ts';
import tf from '../kernels/tfjs.cjs';
import { imageShape, type LayerSpec, type ParameterSpec } from '../network/architecture.ts';
import { type BatchGradients, Network } from '../network/network.ts';
import type {
  Inspection,
  Learner,
  LearnerState,
  Score,
  StepOptions,
  StepScore,
  TensorValues,
} from './learner.ts';
import { createOptimizer, type Optimizer } from './optimizer.ts';

/** Options of a learner. */
export interface LearnerOptions {
  optimizer: OptimizerName;
  /** Determines the initial weights. */
  seed: number;
  /** Layers of the network; `architecture` by default. */
  layers?: readonly LayerSpec[];
}

/** Trains a network on the active tfjs backend of this thread. */
export class LocalLearner implements Learner {
  readonly network: Network;
  readonly #optimizer: Optimizer;

  constructor(kernels: Kernels, { optimizer, ...network }: LearnerOptions) {
    this.network = new Network({ kernels, ...network });
    this.#optimizer = createOptimizer(optimizer, this.network.parameters);
  }

  async step(batch: Batch, options: StepOptions): Promise<StepScore> {
    const { gradients, score } = this.gradients(batch, options.seed);
    const copies = options.withGradients ? await copyValues(gradients) : undefined;
    this.update(gradients, options);
    return { ...(await readScore(score)), ...(copies && { gradients: copies }) };
  }

  /**
   * First half of a step: returns the gradients of the batch's mean loss, and the batch's score. `update` disposes the
   * gradients, and `readScore` the score.
   */
  gradients(batch: Batch, seed: number): BatchGradients {
    return tf.tidy(() => this.network.gradients(imageTensor(batch), labelTensor(batch), seed));
  }

  /** Second half of a step: updates the parameters, and disposes the gradients. */
  update(gradients: tf.Tensor[], { step, learningRate }: StepOptions): void {
    this.#optimizer.apply(gradients, step, learningRate);
  }

  async predict(batch: Batch): Promise<Float32Array> {
    const logits = tf.tidy(() => this.network.predict(imageTensor(batch)));
    const values = await logits.data<'float32'>();
    logits.dispose();
    return values;
  }

  async inspect(batch: Batch): Promise<Inspection> {
    const { logits, maxima } = tf.tidy(() => this.network.inspect(imageTensor(batch)));
    const [first, ...rest] = await copyValues([logits, ...maxima]);
    tf.dispose([logits, ...maxima]);
    return { logits: first as Float32Array, maxima: rest };
  }

  weights(): Promise<TensorValues[]> {
    return readVariables(this.network.parameters, this.network.parameterSpecs);
  }

  async state(): Promise<LearnerState> {
    const { parameterSpecs } = this.network;
    const slots = Object.entries(this.#optimizer.slots).map(([slot, variables]) =>
      readVariables(variables, parameterSpecs, `${slot}.`),
    );
    return {
      weights: await this.weights(),
      optimizer: (await Promise.all(slots)).flat(),
    };
  }

  async restore({ weights, optimizer }: LearnerState): Promise<void> {
    writeVariables(this.network.parameters, weights);
    writeVariables(Object.values(this.#optimizer.slots).flat(), optimizer);
  }

  async dispose(): Promise<void> {
    this.#optimizer.dispose();
    this.network.dispose();
  }
}

/** Reads the score of a step, and disposes its tensor. */
export async function readScore(score: tf.Tensor1D): Promise<Score> {
  const [loss, accuracy] = await score.data<'float32'>();
  score.dispose();
  return { loss, accuracy };
}

/** Copies the values of tensors. */
export async function copyValues(tensors: readonly tf.Tensor[]): Promise<Float32Array[]> {
  const values = await Promise.all(tensors.map((tensor) => tensor.data<'float32'>()));
  return values.map((each) => Float32Array.from(each));
}

/** Reads one tensor per parameter: the parameters themselves, or a slot of the optimizer. */
async function readVariables(
  variables: readonly tf.Variable[],
  specs: readonly ParameterSpec[],
  prefix = '',
): Promise<TensorValues[]> {
  const values = await copyValues(variables);
  return specs.map(({ name, shape }, at) => ({
    name: prefix + name,
    shape: [...shape],
    values: values[at] as Float32Array,
  }));
}

/** Assigns saved values to variables in the same order. @throws RangeError when their numbers differ. */
function writeVariables(variables: readonly tf.Variable[], saved: readonly TensorValues[]): void {
  if (saved.length !== variables.length)
    throw new RangeError(`expected ${variables.length} saved tensors, got ${saved.length}`);
  tf.tidy(() => {
    variables.forEach((variable, at) => {
      variable.assign(tf.tensor(saved[at].values, saved[at].shape));
    });
  });
}

/** Creates a tensor of the images of a batch, [batch, 28, 28, 1]. */
export const imageTensor = ({ images, size }: Batch): tf.Tensor4D =>
  tf.tensor4d(images, [size, ...imageShape] as [number, number, number, number]);

/** Creates a tensor of the one-hot labels of a batch, [batch, classes]. */
export const labelTensor = ({ oneHot, size }: Batch): tf.Tensor2D =>
  tf.tensor2d(oneHot, [size, oneHot.length / size]);
