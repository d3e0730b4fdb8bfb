import type { AllReduceMemory } from './all-reduce.ts';
import type { LearnerState, StepOptions } from './learner.ts';
import type { LearnerOptions } from './local-learner.ts';

/** The `workerData` of a learner thread. */
export interface LearnerThreadData {
  /** Index of the thread, from 0. */
  rank: number;
  memory: AllReduceMemory;
  options: LearnerOptions;
}

/** The rows from `from` up to, but not including, `to` of a batch of `total` images, in memory that the threads share. */
export interface BatchShare {
  /** float32, [total, 28, 28, 1] */
  images: SharedArrayBuffer;
  /** float32, [total, classes] */
  oneHot: SharedArrayBuffer;
  from: number;
  to: number;
  total: number;
  classCount: number;
}

/** A request to a learner thread. A thread handles one request at a time. */
export type LearnerThreadRequest =
  | { type: 'step'; share: BatchShare; options: StepOptions }
  | { type: 'predict'; share: BatchShare }
  | { type: 'inspect'; share: BatchShare }
  | { type: 'weights' }
  | { type: 'state' }
  | { type: 'restore'; state: LearnerState };
