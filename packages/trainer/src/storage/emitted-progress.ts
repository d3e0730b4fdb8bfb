import { decode, type EpochData, eventSchema } from '@mnist-monitor/shared';
import type { LearningRateChange } from '../training/run-control.ts';
import type { TrainingEvent } from '../training/train.ts';
import type { EventLog } from './event-log.ts';

/** What a run has told already: when it goes on from a checkpoint, it is not told again. */
export interface EmittedProgress {
  step: number;
  /** In order. */
  epochs: EpochData[];
  /** The last epoch whose samples were told. */
  samples: number;
  /** Learning rates that were set while it trained, in order. */
  learningRates: LearningRateChange[];
}

export const noProgress = (): EmittedProgress => ({ step: 0, epochs: [], samples: 0, learningRates: [] });

/**
 * Whether this part of the run was told before. From the same checkpoint and seed the same steps come again, so
 * leaving them out joins the curves where they were cut.
 */
export function wasEmitted(told: EmittedProgress, event: TrainingEvent): boolean {
  if (event.type === 'batch') return event.data.step <= told.step;
  if (event.type === 'epoch') return event.data.epoch <= told.epochs.length;
  return event.data.epoch <= told.samples;
}

/** Reads a run's log from its beginning. */
export function readEmittedProgress(log: EventLog): EmittedProgress {
  const told = noProgress();
  for (const { text } of log.all()) {
    const result = decode(eventSchema, text);
    if (!result.ok) continue;
    const { type, data } = result.value;
    if (type === 'batch') told.step = data.step;
    else if (type === 'epoch') told.epochs.push(data);
    else if (type === 'samples') told.samples = data.epoch;
    else if (type === 'notice' && data.code === 'learning_rate.set' && data.value !== undefined)
      told.learningRates.push({ after: data.step ?? 0, learningRate: data.value });
  }
  return told;
}
