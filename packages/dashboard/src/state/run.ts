import type {
  Batch,
  Epoch,
  MonitorEvent,
  Notice,
  RunFinished,
  RunStarted,
  Samples,
  System,
} from '@mnist-monitor/shared';
import { Series } from './series.ts';

/** What is kept of every batch. */
export type BatchColumn = 'loss' | 'accuracy' | 'imagesPerSecond' | 'learningRate' | 'elapsedSeconds';

export interface StampedNotice extends Notice {
  seq: number;
  time: string;
}

/** Everything a page knows of one run: what its events so far add up to. */
export interface Run {
  readonly runId: string;
  /** Time of the first event, as the publisher wrote it. */
  startedAt: string | null;
  started: RunStarted | null;
  /** The latest batch. */
  batch: Batch | null;
  /** Over `step`: unique and ascending. */
  readonly steps: Series<BatchColumn>;
  /** By epoch: unique and ascending. */
  epochs: readonly Epoch[];
  samples: Samples | null;
  system: System | null;
  /** Oldest first; the latest `noticeLimit`. */
  notices: readonly StampedNotice[];
  finished: RunFinished | null;
  lastSeq: number;
  /** How many events were taken in. */
  events: number;
}

const noticeLimit = 200;

/** A run of which nothing is known but its id. */
export function emptyRun(runId: string): Run {
  return {
    runId,
    startedAt: null,
    started: null,
    batch: null,
    steps: new Series(['loss', 'accuracy', 'imagesPerSecond', 'learningRate', 'elapsedSeconds']),
    epochs: [],
    samples: null,
    system: null,
    notices: [],
    finished: null,
    lastSeq: 0,
    events: 0,
  };
}

/**
 * Takes the next event into the run, in place: copying 100,000 points for each new one would cost more than drawing
 * them. Lists and records are replaced, never changed, so that a view can tell by identity that one is new. An event
 * at or before `lastSeq` is ignored. Live feed and replay both go through here.
 */
export function applyEvent(run: Run, event: MonitorEvent): void {
  if (event.seq <= run.lastSeq) return;
  run.lastSeq = event.seq;
  run.events++;
  run.startedAt ??= event.time;
  run.finished = event.type === 'run.finished' ? event.data : null; // What follows an end means that the run goes on.
  switch (event.type) {
    case 'run.started':
      run.started = event.data;
      break;
    case 'batch':
      applyBatch(run, event.data);
      break;
    case 'epoch':
      run.epochs = [...run.epochs.filter(({ epoch }) => epoch < event.data.epoch), event.data];
      break;
    case 'samples':
      run.samples = event.data;
      break;
    case 'system':
      run.system = event.data;
      break;
    case 'notice':
      run.notices = [...run.notices, { ...event.data, seq: event.seq, time: event.time }].slice(-noticeLimit);
      break;
    case 'run.finished':
      break;
  }
}

function applyBatch(run: Run, batch: Batch): void {
  run.batch = batch;
  run.steps.append(batch.step, batch);
  // A run that goes on from a checkpoint repeats an epoch: its earlier result no longer stands.
  if ((run.epochs.at(-1)?.step ?? 0) >= batch.step)
    run.epochs = run.epochs.filter(({ step }) => step < batch.step);
}
