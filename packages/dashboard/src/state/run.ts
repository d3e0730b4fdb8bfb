import type { MonitorEvent } from '@mnist-monitor/shared/browser';
import {
  type BatchData,
  type EpochData,
  type NoticeData,
  type RunFinishedData,
  type RunStartedData,
  type SamplesData,
  type SystemData,
  toBatchData,
  toEpochData,
  toNoticeData,
  toRunFinishedData,
  toRunStartedData,
  toSamplesData,
  toSystemData,
} from './complete-data.ts';
import { Series } from './series.ts';

/** The position of a row in the run: its step, the training time in seconds, and the time in ms since 1970. */
const positionColumns = ['step', 'elapsedSeconds', 'time'] as const;
/** The columns of a batch. */
const batchColumns = ['loss', 'accuracy', 'imagesPerSecond', 'learningRate', ...positionColumns] as const;
/** The columns of a measurement of the machine: shares from 0 to 1, NaN when unknown. */
const systemColumns = ['hostCpu', 'hostMemory', 'gpuLoad', 'gpuMemory', ...positionColumns] as const;

export type BatchColumn = (typeof batchColumns)[number];
export type SystemColumn = (typeof systemColumns)[number];

/** A notice with its seq and time. */
export interface TimedNotice extends NoticeData {
  seq: number;
  time: string;
}

/** A period without any event from the trainer while the run was not paused. */
export interface Silence {
  /** The last step before the silence. */
  step: number;
  seconds: number;
  /** Start of the silence, in milliseconds since 1970. */
  time: number;
}

/** The state of one run, computed from its events so far. */
export interface Run {
  readonly runId: string;
  /** Time of the first event, by the publisher's clock. */
  startedAt: string | null;
  started: RunStartedData | null;
  /** The latest batch. */
  batch: BatchData | null;
  /** The batches, by step. */
  readonly steps: Series<BatchColumn>;
  /** Measurements of the machine, by sequence number. */
  readonly machine: Series<SystemColumn>;
  /** The finished epochs, in ascending order. */
  epochs: readonly EpochData[];
  /** The samples of the latest `samplesLimit` epochs, in ascending order. */
  samples: readonly SamplesData[];
  system: SystemData | null;
  /** The latest `noticeLimit` notices, oldest first. */
  notices: readonly TimedNotice[];
  silences: readonly Silence[];
  /** The first batch whose loss is not a finite number. */
  diverged: { step: number; loss: number; time: number } | null;
  finished: RunFinishedData | null;
  lastSeq: number;
  /** Time of the latest event in milliseconds since 1970, by the publisher's clock; never decreasing. */
  lastTime: number;
  paused: boolean;
  /** The last known training time in seconds, and the clock time at which it was reached. */
  trained: { seconds: number; time: number };
  /** Number of events applied. */
  eventCount: number;
}

const noticeLimit = 200;
/** Maximum number of epochs whose samples are kept, of up to 140 kB each. */
const samplesLimit = 100;
const silenceLimit = 50;
/** Time without events after which a trainer counts as silent: it sends a `system` event every 2 s, so ten are missing. */
export const silenceMs = 20_000;

/** Creates a run without events. */
export function emptyRun(runId: string): Run {
  return {
    runId,
    startedAt: null,
    started: null,
    batch: null,
    steps: new Series(batchColumns),
    // A day and a half at one measurement every 2 s.
    machine: new Series(systemColumns, 2 ** 16),
    epochs: [],
    samples: [],
    system: null,
    notices: [],
    silences: [],
    diverged: null,
    finished: null,
    lastSeq: 0,
    lastTime: Number.NEGATIVE_INFINITY,
    paused: false,
    trained: { seconds: 0, time: Number.NaN },
    eventCount: 0,
  };
}

/** Returns a copy that later events do not change. */
export function copyRun(run: Run): Run {
  return { ...run, steps: run.steps.copy(), machine: run.machine.copy() };
}

/**
 * Applies the next event to the run, in place: copying 100,000 points for each event would cost more than drawing
 * them. Lists and records are replaced, never changed, so that views detect changes by identity. Events at or before
 * `lastSeq` are ignored. Both the live feed and replays use this reducer.
 */
export function applyEvent(run: Run, event: MonitorEvent): void {
  if (event.seq <= run.lastSeq) return;
  run.lastSeq = event.seq;
  run.eventCount++;
  run.startedAt ??= event.time;
  run.finished = event.type === 'run.finished' ? toRunFinishedData(event.data) : null; // A later event means that the run was resumed.
  applyTime(run, Date.parse(event.time));
  switch (event.type) {
    case 'run.started':
      run.started = toRunStartedData(event.data);
      break;
    case 'batch':
      applyBatch(run, toBatchData(event.data));
      break;
    case 'epoch':
      run.epochs = [
        ...run.epochs.filter(({ epoch }) => epoch < event.data.epoch),
        toEpochData(event.data, run.batch?.step),
      ];
      break;
    case 'samples':
      run.samples = [
        ...run.samples.filter(({ epoch }) => epoch < event.data.epoch),
        toSamplesData(event.data),
      ].slice(-samplesLimit);
      break;
    case 'system':
      applySystem(run, toSystemData(event.data));
      break;
    case 'notice':
      run.notices = [...run.notices, { ...toNoticeData(event.data), seq: event.seq, time: event.time }].slice(
        -noticeLimit,
      );
      if (event.data.code === 'run.paused') setPaused(run, true);
      if (event.data.code === 'run.resumed') setPaused(run, false);
      break;
    case 'run.finished':
      break;
  }
}

function applyTime(run: Run, time: number): void {
  const silentMs = time - run.lastTime;
  if (silentMs > silenceMs && Number.isFinite(silentMs) && !run.paused) {
    const silence = { step: run.batch?.step ?? 0, seconds: silentMs / 1_000, time: run.lastTime };
    run.silences = [...run.silences, silence].slice(-silenceLimit);
  }
  run.lastTime = Math.max(run.lastTime, time);
}

function setPaused(run: Run, paused: boolean): void {
  run.trained = { seconds: trainedSeconds(run), time: run.lastTime };
  run.paused = paused;
}

/** Returns the training time in seconds at the last event, extrapolated from the last batch, pause or resumption. */
function trainedSeconds({ trained, paused, lastTime }: Run): number {
  return trained.seconds + (paused || Number.isNaN(trained.time) ? 0 : (lastTime - trained.time) / 1_000);
}

function applyBatch(run: Run, batch: BatchData): void {
  // A run that resumes from a checkpoint repeats steps. Measurements of the superseded steps move to the step from which it resumes.
  if (run.batch && batch.step <= run.batch.step) run.machine.clampToMax('step', batch.step);
  run.batch = batch;
  run.trained = { seconds: batch.elapsedSeconds, time: run.lastTime };
  run.steps.append(batch.step, { ...batch, ...currentPosition(run, run.steps.last('elapsedSeconds')) });
  // Results of repeated steps are superseded.
  if (run.diverged && run.diverged.step >= batch.step) run.diverged = null;
  if (!Number.isFinite(batch.loss))
    run.diverged ??= { step: batch.step, loss: batch.loss, time: run.lastTime };
  if ((run.epochs.at(-1)?.step ?? 0) >= batch.step)
    run.epochs = run.epochs.filter(({ step }) => step < batch.step);
}

function applySystem(run: Run, system: SystemData): void {
  run.system = system;
  const { host, gpu } = system;
  run.machine.append(run.lastSeq, {
    hostCpu: host.cpu,
    hostMemory: share(host.memoryUsedBytes, host.memoryTotalBytes),
    gpuLoad: gpu?.load ?? Number.NaN,
    gpuMemory: share(gpu?.memoryUsedBytes, gpu?.memoryTotalBytes),
    ...currentPosition(run, run.machine.last('elapsedSeconds')),
  });
}

/** Returns the position of the current event. Its times never decrease; its step decreases only when a run repeats steps. */
function currentPosition(run: Run, previousSeconds = 0): Record<(typeof positionColumns)[number], number> {
  return {
    step: run.batch?.step ?? 0,
    elapsedSeconds: Math.max(previousSeconds, trainedSeconds(run)),
    time: run.lastTime,
  };
}

const share = (part: number | null | undefined, whole: number | null | undefined): number =>
  typeof part === 'number' && typeof whole === 'number' && whole > 0 ? part / whole : Number.NaN;
