import { decode, eventSchema, MonitorError } from '@mnist-monitor/shared';
import { z } from 'zod';
import type { EpochData, EventBody } from '../event-data.ts';
import type { LearningRateChange } from '../training/run-control.ts';
import type { TrainingEvent } from '../training/train.ts';
import type { EventLog } from './event-log.ts';
import { fileNamedBy, type PublishedFileName } from './published-file.ts';

/** The progress of a run that its log contains. A run that resumes from a checkpoint does not emit these events again. */
export interface EmittedProgress {
  /** The last step with a `batch` event; 0 before the first. */
  step: number;
  /** Finished epochs, each at the index of its number less 1. */
  epochs: EpochData[];
  /** The last epoch with a `samples` event; 0 before the first. */
  sampleEpoch: number;
  /** Number of images of the probe set that were sent. */
  probeImages: number;
  /** The last step with a `snapshot` event; 0 before the first. */
  snapshotStep: number;
  /** The files that the events name. */
  files: PublishedFileName[];
  /** Learning rates that commands have set, in order. */
  learningRates: LearningRateChange[];
}

/** Returns the progress of a run without events. */
export const noProgress = (): EmittedProgress => ({
  step: 0,
  epochs: [],
  sampleEpoch: 0,
  probeImages: 0,
  snapshotStep: 0,
  files: [],
  learningRates: [],
});

/**
 * Returns whether a resumed run has emitted an event before its interruption. The same checkpoint and seed give the same
 * steps, so the curves continue correctly without the repeated events.
 */
export function wasEmitted(progress: EmittedProgress, event: TrainingEvent): boolean {
  switch (event.type) {
    case 'epoch':
      return event.data.epoch <= progress.epochs.length;
    case 'samples':
      return event.data.epoch <= progress.sampleEpoch;
    case 'snapshot':
      return event.data.step <= progress.snapshotStep;
    default:
      return event.data.step <= progress.step;
  }
}

/** The fields of an event that are the same in every version of the protocol. */
const numberedSchema = z.object({ runId: z.string(), seq: z.int() });

/**
 * Computes the progress from all events of a log.
 * @throws MonitorError `run.damaged` when a line is not the next event of the run, as after a write to a failing disk.
 */
export function readEmittedProgress(log: EventLog): EmittedProgress {
  const progress = noProgress();
  let seq = 0;
  for (const text of log.all()) {
    seq++;
    const result = decode(eventSchema, text);
    // An event that another version wrote may not match the schema. It is skipped, but its seq is counted.
    const numbered = result.ok ? result : decode(numberedSchema, text);
    if (!numbered.ok || numbered.value.seq !== seq || numbered.value.runId !== log.runId)
      throw new MonitorError(
        'run.damaged',
        `${log.path}: expected event ${seq} of run ${log.runId} in line ${seq}, got ${JSON.stringify(text.slice(0, 40))}; the run cannot be resumed, start a new one`,
      );
    if (!result.ok) continue;
    // This trainer wrote the log, so the fields that it always sends are there.
    const event = result.value as EventBody;
    const file = fileNamedBy(event);
    if (file) progress.files.push(file);
    const { type, data } = event;
    if (type === 'batch') progress.step = data.step;
    else if (type === 'epoch') progress.epochs[data.epoch - 1] = data;
    else if (type === 'samples') progress.sampleEpoch = data.epoch;
    else if (type === 'snapshot') progress.snapshotStep = data.step;
    else if (type === 'probe' && data.images)
      progress.probeImages = data.images.first + data.images.indices.length;
    else if (type === 'notice' && data.code === 'learning_rate.set' && data.value !== undefined)
      progress.learningRates.push({ after: data.step ?? 0, learningRate: data.value });
  }
  return progress;
}
