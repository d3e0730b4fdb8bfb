import { decode, type EpochData, eventSchema } from '@mnist-monitor/shared';
import type { LearningRateChange } from '../training/run-control.ts';
import type { TrainingEvent } from '../training/train.ts';
import type { EventLog } from './event-log.ts';

/** The part of a run that its log contains; a run that resumes from a checkpoint does not emit it again. */
export interface EmittedProgress {
  /** The last step. */
  step: number;
  /** Finished epochs, in order. */
  epochs: EpochData[];
  /** The last epoch with a `samples` event. */
  sampleEpoch: number;
  /** Learning rates that commands have set, in order. */
  learningRates: LearningRateChange[];
}

/** The progress of a run without events. */
export const noProgress = (): EmittedProgress => ({ step: 0, epochs: [], sampleEpoch: 0, learningRates: [] });

/**
 * Returns whether a resumed run has emitted an event before. The same checkpoint and seed give the same steps, so leaving
 * out the repeated ones continues the curves where they were cut.
 */
export function wasEmitted(progress: EmittedProgress, event: TrainingEvent): boolean {
  if (event.type === 'batch') return event.data.step <= progress.step;
  if (event.type === 'epoch') return event.data.epoch <= progress.epochs.length;
  return event.data.epoch <= progress.sampleEpoch;
}

/** Computes the progress from all events of a log. */
export function readEmittedProgress(log: EventLog): EmittedProgress {
  const progress = noProgress();
  for (const text of log.all()) {
    const result = decode(eventSchema, text);
    if (!result.ok) continue;
    const { type, data } = result.value;
    if (type === 'batch') progress.step = data.step;
    else if (type === 'epoch') progress.epochs.push(data);
    else if (type === 'samples') progress.sampleEpoch = data.epoch;
    else if (type === 'notice' && data.code === 'learning_rate.set' && data.value !== undefined)
      progress.learningRates.push({ after: data.step ?? 0, learningRate: data.value });
  }
  return progress;
}
