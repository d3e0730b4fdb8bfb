import type {
  BatchData,
  EpochData,
  MonitorEvent,
  NoticeData,
  RunFinishedData,
  RunStartedData,
  SamplesData,
  SystemData,
} from '@mnist-monitor/shared/browser';
import { Series } from './series.ts';

/** Where a row stands in the run: its step, the training time, and the clock in milliseconds since 1970. */
const places = ['step', 'elapsedSeconds', 'time'] as const;
/** What is kept of every batch. */
const batchColumns = ['loss', 'accuracy', 'imagesPerSecond', 'learningRate', ...places] as const;
/** What is kept of the machine: fractions of what there is, NaN where it is not known. */
const systemColumns = ['hostCpu', 'hostMemory', 'gpuLoad', 'gpuMemory', ...places] as const;

export type BatchColumn = (typeof batchColumns)[number];
export type SystemColumn = (typeof systemColumns)[number];

export interface StampedNotice extends NoticeData {
  seq: number;
  time: string;
}

/** A time in which nothing at all came from the trainer, though the run was not paused. */
export interface Silence {
  /** The last step before it. */
  step: number;
  seconds: number;
  /** When it began, in milliseconds since 1970. */
  time: number;
}

/** Everything a page knows of one run: what its events so far add up to. */
export interface Run {
  readonly runId: string;
  /** Time of the first event, as the publisher wrote it. */
  startedAt: string | null;
  started: RunStartedData | null;
  /** The latest batch. */
  batch: BatchData | null;
  /** Over `step`: unique and ascending. */
  readonly steps: Series<BatchColumn>;
  /** Over `seq`. */
  readonly machine: Series<SystemColumn>;
  /** By epoch: unique and ascending. */
  epochs: readonly EpochData[];
  /** By epoch, ascending; the latest `samplesLimit`. */
  samples: readonly SamplesData[];
  system: SystemData | null;
  /** Oldest first; the latest `noticeLimit`. */
  notices: readonly StampedNotice[];
  silences: readonly Silence[];
  /** The first batch whose loss is not a finite number. */
  diverged: { step: number; loss: number; time: number } | null;
  finished: RunFinishedData | null;
  lastSeq: number;
  /** Time of the latest event in milliseconds since 1970, by the publisher's clock; never earlier than one before. */
  lastTime: number;
  paused: boolean;
  /** The training time as it was last known, and when; it goes on from there unless the run is paused. */
  trained: { seconds: number; time: number };
  /** How many events were taken in. */
  events: number;
}

const noticeLimit = 200;
/** The samples of an epoch have 140 kB at most. */
const samplesLimit = 100;
const silenceLimit = 50;
/** A trainer tells of its machine every 2 s, whatever it does: ten of these missing are no chance. */
export const silenceMs = 20_000;

/** A run of which nothing is known but its id. */
export function emptyRun(runId: string): Run {
  return {
    runId,
    startedAt: null,
    started: null,
    batch: null,
    steps: new Series(batchColumns),
    // A day of them, at one every 2 s; beyond, the older half is thinned.
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
    events: 0,
  };
}

/** The run as it is now: it stays so whatever events come. */
export function copyRun(run: Run): Run {
  return { ...run, steps: run.steps.copy(), machine: run.machine.copy() };
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
  applyTime(run, Date.parse(event.time));
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
      run.samples = [...run.samples.filter(({ epoch }) => epoch < event.data.epoch), event.data].slice(
        -samplesLimit,
      );
      break;
    case 'system':
      applySystem(run, event.data);
      break;
    case 'notice':
      run.notices = [...run.notices, { ...event.data, seq: event.seq, time: event.time }].slice(-noticeLimit);
      if (event.data.code === 'run.paused') setPaused(run, true);
      if (event.data.code === 'run.resumed') setPaused(run, false);
      break;
    case 'run.finished':
      break;
  }
}

function applyTime(run: Run, time: number): void {
  const silent = time - run.lastTime;
  if (silent > silenceMs && Number.isFinite(silent) && !run.paused) {
    const silence = { step: run.batch?.step ?? 0, seconds: silent / 1_000, time: run.lastTime };
    run.silences = [...run.silences, silence].slice(-silenceLimit);
  }
  run.lastTime = Math.max(run.lastTime, time);
}

function setPaused(run: Run, paused: boolean): void {
  run.trained = { seconds: trainedSeconds(run), time: run.lastTime };
  run.paused = paused;
}

/** The training time now: a trainer tells it with each batch. */
function trainedSeconds({ trained, paused, lastTime }: Run): number {
  return trained.seconds + (paused || Number.isNaN(trained.time) ? 0 : (lastTime - trained.time) / 1_000);
}

function applyBatch(run: Run, batch: BatchData): void {
  run.batch = batch;
  run.trained = { seconds: batch.elapsedSeconds, time: run.lastTime };
  run.steps.append(batch.step, { ...batch, ...placeNow(run, run.steps.last('elapsedSeconds')) });
  // A run that goes on from a checkpoint repeats an epoch: its earlier result no longer stands.
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
    ...placeNow(run, run.machine.last('elapsedSeconds')),
  });
}

/** Where the event stands that is taken in now; in no series does a place descend. */
function placeNow(run: Run, before = 0): Record<(typeof places)[number], number> {
  return {
    step: run.batch?.step ?? 0,
    elapsedSeconds: Math.max(before, trainedSeconds(run)),
    time: run.lastTime,
  };
}

const share = (part: number | null | undefined, whole: number | null | undefined): number =>
  typeof part === 'number' && typeof whole === 'number' && whole > 0 ? part / whole : Number.NaN;
