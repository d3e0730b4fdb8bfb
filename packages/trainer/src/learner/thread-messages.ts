import type { SharedMemory } from './all-reduce.ts';
import type { LearnerState, StepOptions } from './learner.ts';
import type { LearnerOptions } from './local-learner.ts';

/** What a thread is started with. */
export interface ThreadData {
  rank: number;
  memory: SharedMemory;
  options: LearnerOptions;
}

/** Rows of a batch, in memory that the threads share: those of one thread, and how many there are in all. */
export interface Share {
  images: SharedArrayBuffer;
  oneHot: SharedArrayBuffer;
  from: number;
  to: number;
  total: number;
}

/** Asked of a thread, one at a time. */
export type ThreadRequest =
  | { type: 'step'; share: Share; options: StepOptions }
  | { type: 'predict'; share: Share }
  | { type: 'state' }
  | { type: 'restore'; state: LearnerState };
