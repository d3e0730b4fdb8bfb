import type { Batch } from '../dataset/batches.ts';

/** Values of one tensor, outside any backend. */
export interface NamedValues {
  name: string;
  shape: number[];
  values: Float32Array;
}

/** Everything that a learner has learned: enough to go on as if nothing had happened. */
export interface LearnerState {
  /** The network's parameters, first layer first. */
  weights: NamedValues[];
  /** What the optimizer remembers. */
  optimizer: NamedValues[];
}

export interface StepOptions {
  /** From 1 within the run. */
  step: number;
  learningRate: number;
  /** For dropout; another one for each step. */
  seed: number;
}

/** Loss and accuracy, of a batch or a whole set. */
export interface Score {
  loss: number;
  accuracy: number;
}

/** A network that learns: on this thread or on several, training and evaluation do not care. */
export interface Learner {
  /** Learns from a batch. @returns Its mean loss and accuracy before the update, with dropout on. */
  step(batch: Batch, options: StepOptions): Promise<Score>;
  /** Logits, [size, 10], with dropout off. */
  predict(batch: Batch): Promise<Float32Array>;
  /** A copy. */
  state(): Promise<LearnerState>;
  restore(state: LearnerState): Promise<void>;
  dispose(): Promise<void>;
}
