import type { Batch } from '../dataset/batches.ts';

/** A named tensor as plain values, independent of any backend. */
export interface TensorValues {
  name: string;
  shape: number[];
  /** The values in row-major order. */
  values: Float32Array;
}

/**
 * The complete state of a learner. Another learner that restores the state makes the same steps from there on.
 */
export interface LearnerState {
  /** The parameters of the network, first layer first. */
  weights: TensorValues[];
  /** The slots of the optimizer, for example momenta. */
  optimizer: TensorValues[];
}

/** Options of a training step. */
export interface StepOptions {
  /** Number of the step in the run, from 1. */
  step: number;
  learningRate: number;
  /** Seed of the dropout masks; different for each step. */
  seed: number;
  /** Whether the step also returns the gradients. */
  withGradients?: boolean;
}

/** Mean loss in nats, and accuracy from 0 to 1, of a batch or a whole set. */
export interface Score {
  loss: number;
  accuracy: number;
}

/** Result of a training step: the batch's score before the update, with dropout on. */
export interface StepScore extends Score {
  /** Gradients of the batch's mean loss, one per parameter in row-major order; only with `withGradients`. */
  gradients?: Float32Array[];
}

/** Values inside the network for a batch, with dropout off. */
export interface Inspection {
  /** [size, classes] */
  logits: Float32Array;
  /**
   * For each relu, the largest output of each unit over the batch, [units]. A unit is a channel of a convolution, at all
   * positions, or an output of a dense layer.
   */
  maxima: Float32Array[];
}

/** A network with its optimizer, on one thread or several. */
export interface Learner {
  /** Updates the parameters from a batch. */
  step(batch: Batch, options: StepOptions): Promise<StepScore>;
  /** Returns the logits, [size, classes], with dropout off. */
  predict(batch: Batch): Promise<Float32Array>;
  /** Returns logits and the largest outputs of the relus. */
  inspect(batch: Batch): Promise<Inspection>;
  /** Returns a copy of the parameters, first layer first. */
  weights(): Promise<TensorValues[]>;
  /** Returns a copy of the state. */
  state(): Promise<LearnerState>;
  restore(state: LearnerState): Promise<void>;
  dispose(): Promise<void>;
}
