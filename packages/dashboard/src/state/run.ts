import type { MonitorEvent } from '@mnist-monitor/shared/browser';
import {
  type Divergence,
  divergenceLimit,
  type LastResults,
  type LossRise,
  nextRise,
  recoveredBatches,
} from './divergence.ts';
import {
  type BatchData,
  type EpochData,
  type FigureData,
  gpusOf,
  type NoticeData,
  type RunFinishedData,
  type RunStartedData,
  type SamplesData,
  type SnapshotData,
  type SystemData,
  throughputOf,
} from './event-data.ts';
import { copyLayers, type Layers, noLayers, withLayersData } from './layers.ts';
import { type EpochPredictions, withPredictions } from './predictions.ts';
import { type ProbeHistory, withProbeData } from './probe.ts';
import { type ReadonlySeries, Series } from './series.ts';

/** The position of a row in the run: its step, the training time in seconds, and the time in ms since 1970. */
const positionColumns = ['step', 'elapsedSeconds', 'time'] as const;
/** The columns of a batch. */
const batchColumns = ['loss', 'accuracy', 'throughput', 'learningRate', ...positionColumns] as const;
/** The columns of a measurement of the machine: shares from 0 to 1; means where there are several GPUs. */
const systemColumns = ['hostCpu', 'hostMemory', 'gpuLoad', 'gpuMemory', ...positionColumns] as const;

/** The columns of a custom metric of the publisher. */
const metricColumns = ['value', ...positionColumns] as const;

type PositionColumn = (typeof positionColumns)[number];
type MetricColumn = (typeof metricColumns)[number];
export type BatchColumn = (typeof batchColumns)[number];
export type SystemColumn = (typeof systemColumns)[number];

/** The series of a run: its batches, its machine, or a custom metric by name. */
export type SeriesName = 'steps' | 'machine' | `metrics.${string}`;

/** A figure with its seq. */
export type NumberedFigure = FigureData & { seq: number };

/** A notice with its seq and time. */
export interface TimedNotice extends NoticeData {
  seq: number;
  time: string;
}

/** A period without any event from the trainer, long for this run, while it was not paused. */
export interface Silence {
  /** The last step before the silence. */
  step: number;
  seconds: number;
  /** Start of the silence, in milliseconds since 1970. */
  time: number;
}

/** Batches whose step was lower than that of the batch before, as after a resumption from a checkpoint. */
export interface StepsBack {
  count: number;
  /** The step of the batch before the latest such batch. */
  from: number;
  /** The step of the latest such batch. */
  to: number;
  /** The time of the latest such batch, in milliseconds since 1970. */
  time: number;
}

/** Numbers of rows at which the older rows of a run's series are thinned. */
export interface RunLimits {
  /** Undefined for the usual limit of a series. */
  steps: number | undefined;
  /** The limit of each custom metric. */
  metric: number;
}

/** The state of one run, computed from its events so far. */
export interface Run {
  readonly runId: string;
  readonly limits: RunLimits;
  /** Time of the first event, by the publisher's clock. */
  startedAt: string | null;
  started: RunStartedData | null;
  /** The latest batch. */
  batch: BatchData | null;
  /** The batches, by step; the epochs, while `byEpoch`. */
  readonly steps: Series<BatchColumn>;
  /** Measurements of the machine, by sequence number. */
  readonly machine: Series<SystemColumn>;
  /** The publisher's custom metrics by name, each by step. */
  metrics: ReadonlyMap<string, Series<MetricColumn>>;
  layers: Layers;
  /** Fixed test images with the network's logits; null without any. */
  probe: ProbeHistory | null;
  /** The latest `snapshotLimit` snapshots of the weights, in ascending order of their steps. */
  snapshots: readonly SnapshotData[];
  /** Whether the run has reported epochs and no batch yet: `steps` then has a row for each epoch. */
  byEpoch: boolean;
  /** The latest step. */
  step: number;
  /** The finished epochs, in ascending order. */
  epochs: readonly EpochData[];
  /** The samples of the latest `samplesLimit` epochs, in ascending order. */
  samples: readonly SamplesData[];
  /** The predictions for every test image, in ascending order of the epochs. */
  predictions: readonly EpochPredictions[];
  system: SystemData | null;
  /** The latest `figureLimit` figures, oldest first. */
  figures: readonly NumberedFigure[];
  /** The latest `noticeLimit` notices, oldest first. */
  notices: readonly TimedNotice[];
  silences: readonly Silence[];
  /** The number of batches with a lower step than the one before, and the latest such pair; null for none. */
  stepsBack: StepsBack | null;
  /** The first batch whose loss is not a finite number. */
  diverged: Divergence | null;
  /** The latest consecutive losses that are far above those at the start; null while there are none. */
  rise: LossRise | null;
  finished: RunFinishedData | null;
  lastSeq: number;
  /** Time of the latest event in milliseconds since 1970, by the publisher's clock; never decreasing. */
  lastTime: number;
  /** The time by which the publisher's clock has been set back since the run began, in milliseconds: times of events are shifted by it. */
  setBackMs: number;
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
/** Maximum number of figures that are kept, of up to 175 kB each. */
const figureLimit = 50;
/** Maximum number of custom metrics: more charts than a person looks through. Each takes 2.5 kB for its first 64 points. */
const metricLimit = 500;
/** Points of a custom metric at which the older ones are thinned: 0.7 MB each, and 20 for each pixel of its chart. */
const metricRowLimit = 2 ** 14;
const usualLimits: RunLimits = { steps: undefined, metric: metricRowLimit };
/** Maximum number of `snapshot` events that are kept. The gateway has at most 64 of their files; a growing run removes others. */
const snapshotLimit = 512;
/** Number of epochs whose list of confusion cells is kept, of up to 600 kB each as JSON. A full matrix is smaller, and kept. */
const cellEpochLimit = 10;
/** Shortest time without events that counts as a silence: this project's trainer sends a `system` event every 2 s. */
export const silenceMs = 20_000;
/** A silence lasts at least this multiple of the mean time between the events of the run before it. */
const silenceFactor = 10;

/** Returns the time of the latest event in milliseconds since 1970, by the publisher's own clock, without the shift of `setBackMs`. */
export const latestEventTime = ({ lastTime, setBackMs }: Run): number => lastTime - setBackMs;

/** Creates a run without events. */
export function emptyRun(runId: string, limits: RunLimits = usualLimits): Run {
  return {
    runId,
    limits,
    startedAt: null,
    started: null,
    batch: null,
    steps: new Series(batchColumns, limits.steps),
    // A day and a half at one measurement every 2 s.
    machine: new Series(systemColumns, 2 ** 16),
    metrics: new Map(),
    layers: noLayers,
    probe: null,
    snapshots: [],
    byEpoch: false,
    step: 0,
    epochs: [],
    samples: [],
    predictions: [],
    system: null,
    figures: [],
    notices: [],
    silences: [],
    stepsBack: null,
    diverged: null,
    rise: null,
    finished: null,
    lastSeq: 0,
    lastTime: Number.NEGATIVE_INFINITY,
    setBackMs: 0,
    paused: false,
    trained: { seconds: 0, time: Number.NaN },
    eventCount: 0,
  };
}

/** Returns a copy that later events do not change. */
export function copyRun(run: Run): Run {
  const metrics = new Map([...run.metrics].map(([name, series]) => [name, series.copy()]));
  return {
    ...run,
    metrics,
    layers: copyLayers(run.layers),
    steps: run.steps.copy(),
    machine: run.machine.copy(),
  };
}

/** Returns the latest results of a run, as a summary contains them. */
export const lastResultsOf = ({ started, batch, epochs, finished }: Run): LastResults => ({
  ...{ started, batch, finished },
  epoch: epochs.at(-1) ?? null,
});

/** Returns the number of events that a copy of a run lacks: all of another run that is followed by now, and 0 after its deletion. */
export const unseenEventsOf = (paused: Run, followed: Run | null): number =>
  (followed?.eventCount ?? 0) - (followed?.runId === paused.runId ? paused.eventCount : 0);

/** Returns whether the steps of a run are its epochs: it has reported no batch, and no steps of epochs or metrics. */
export const countsEpochs = ({ byEpoch, step, epochs }: Run): boolean =>
  byEpoch && step === epochs.at(-1)?.epoch;

const noRows = new Series(metricColumns, 1, 1);

/** Returns a series of a run; an empty one for a metric that the run does not have. */
export function seriesOf(run: Run, name: SeriesName): ReadonlySeries<PositionColumn> {
  if (name === 'steps' || name === 'machine') return run[name];
  return run.metrics.get(name.slice('metrics.'.length)) ?? noRows;
}

/**
 * Applies the next event to the run, in place: copying 100,000 points for each event would cost more than drawing
 * them. Lists and records are replaced, never changed, so that views detect changes by identity. Events at or before
 * `lastSeq` are ignored.
 */
export function applyEvent(run: Run, event: MonitorEvent): void {
  if (event.seq <= run.lastSeq) return;
  run.lastSeq = event.seq;
  run.eventCount++;
  run.startedAt ??= event.time;
  run.finished = event.type === 'run.finished' ? event.data : null; // A later event means that the run was resumed.
  applyTime(run, shiftedTime(run, Date.parse(event.time)));
  switch (event.type) {
    case 'run.started':
      run.started = event.data;
      break;
    case 'batch':
      applyBatch(run, event.data);
      applyMetrics(run, event.data.step, event.data.metrics);
      break;
    case 'metrics':
      run.step = Math.max(run.step, event.data.step);
      applyMetrics(run, event.data.step, event.data.metrics);
      break;
    case 'epoch':
      applyEpoch(run, event.data);
      break;
    case 'samples':
      run.samples = [...run.samples.filter(({ epoch }) => epoch < event.data.epoch), event.data].slice(
        -samplesLimit,
      );
      break;
    case 'layers':
      run.layers = withLayersData(run.layers, event.data);
      break;
    case 'probe':
      run.probe = withProbeData(run.probe, event.data);
      break;
    case 'snapshot':
      run.snapshots = [...run.snapshots.filter(({ step }) => step < event.data.step), event.data].slice(
        -snapshotLimit,
      );
      break;
    case 'system':
      applySystem(run, event.data);
      break;
    case 'figure':
      run.figures = [...run.figures, { ...event.data, seq: event.seq }].slice(-figureLimit);
      break;
    case 'notice':
      run.notices = [
        ...run.notices,
        { ...event.data, seq: event.seq, time: new Date(run.lastTime).toISOString() },
      ].slice(-noticeLimit);
      if (event.data.code === 'run.paused') setPaused(run, true);
      if (event.data.code === 'run.resumed') setPaused(run, false);
      break;
    case 'run.finished':
      break;
  }
}

/**
 * Returns the time of an event by the clock as it was before it was set back: otherwise all events until the clock has caught up
 * would be at one time. A clock that has caught up counts as it is.
 */
function shiftedTime(run: Run, time: number): number {
  if (time >= run.lastTime) run.setBackMs = 0;
  else if (time + run.setBackMs < run.lastTime) run.setBackMs = run.lastTime - time;
  return time + run.setBackMs;
}

function applyTime(run: Run, time: number): void {
  const silentMs = time - run.lastTime;
  if (silentMs > leastSilence(run) && !run.paused) {
    const silence = { step: run.step, seconds: silentMs / 1_000, time: run.lastTime };
    run.silences = [...run.silences, silence].slice(-silenceLimit);
  }
  run.lastTime = Math.max(run.lastTime, time);
}

/** Returns the least time without events that counts as a silence, in ms: infinite while the pace of the run is not known. */
function leastSilence({ batch, step, byEpoch, epochs, startedAt, lastTime, eventCount }: Run): number {
  const isPaceKnown = batch !== null || (byEpoch ? epochs.length > 1 : step > 0);
  if (!isPaceKnown) return Number.POSITIVE_INFINITY;
  // The current event is counted already, and the first one ends no interval.
  const meanMs = (lastTime - Date.parse(startedAt ?? '')) / Math.max(1, eventCount - 2);
  return Math.max(silenceMs, silenceFactor * meanMs);
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
  const { step, loss } = batch;
  // The step is lower than the last one when a run resumes from a checkpoint and repeats steps, or when metrics were ahead of the
  // batches. Measurements of the machine at later steps are moved to this step, so that their steps ascend.
  if (step < run.step) run.machine.clampToMax('step', step);
  if (run.batch && step < run.batch.step)
    run.stepsBack = {
      ...{ count: (run.stepsBack?.count ?? 0) + 1, from: run.batch.step, to: step },
      time: run.lastTime,
    };
  run.batch = batch;
  run.step = step;
  run.byEpoch = false;
  setTrainingTime(run, batch.elapsedSeconds);
  run.steps.append(step, {
    loss,
    accuracy: batch.accuracy ?? undefined,
    learningRate: batch.learningRate ?? undefined,
    throughput: throughputOf(batch),
    ...currentPosition(run, run.steps.last('elapsedSeconds')),
  });
  applyLoss(run, loss);
  if ((run.epochs.at(-1)?.step ?? -1) >= step) {
    run.epochs = run.epochs.filter((epoch) => epoch.step < step);
    run.predictions = run.predictions.filter((epoch) => epoch.step < step);
  }
}

/** Detects that the loss of the current step is not finite, or far above the losses at the start. */
function applyLoss(run: Run, loss: number): void {
  const { step, lastTime: time, steps, started } = run;
  // Results of repeated steps are superseded.
  if (run.diverged && run.diverged.step >= step) run.diverged = null;
  if (run.rise && run.rise.step >= step) run.rise = null;
  if (!Number.isFinite(loss)) run.diverged ??= { step, loss, time };
  run.rise = nextRise(
    run.rise,
    { step, loss, time },
    {
      limit: divergenceLimit(started, steps.columns.loss[0]),
      // The loss of an epoch is the mean of all its batches.
      ...(run.byEpoch && { losses: recoveredBatches }),
    },
  );
}

/** Sets the training time that the publisher reports. Without one, it is measured from the first event of the run on. */
function setTrainingTime(run: Run, elapsedSeconds: number | null | undefined): void {
  if (typeof elapsedSeconds === 'number') run.trained = { seconds: elapsedSeconds, time: run.lastTime };
  else if (Number.isNaN(run.trained.time))
    run.trained = { seconds: 0, time: Date.parse(run.startedAt ?? '') };
}

function applyEpoch(run: Run, data: EpochEvent): void {
  const { epoch } = data;
  if (!run.batch) {
    run.byEpoch = true;
    run.step = data.step ?? (run.step === 0 || countsEpochs(run) ? epoch : run.step);
    setTrainingTime(run, undefined);
    run.steps.append(run.step, {
      loss: data.train?.loss ?? undefined,
      accuracy: data.train?.accuracy ?? undefined,
      learningRate: undefined,
      throughput: undefined,
      ...currentPosition(run, run.steps.last('elapsedSeconds')),
    });
    if (typeof data.train?.loss === 'number') applyLoss(run, data.train.loss);
  }
  const step = data.step ?? run.step;
  // The predictions are kept apart, as bytes.
  const { predictions, confidences } = data.test ?? {};
  if (predictions)
    run.predictions = withPredictions(run.predictions, { epoch, step, predictions, confidences });
  const test = data.test && { ...data.test, predictions: null, confidences: null };
  const before = run.epochs.filter((other) => other.epoch < epoch);
  run.epochs = [
    ...before.map((other, index) => withoutOldCells(other, before.length - index)),
    { ...data, test, step },
  ];
  applyMetrics(run, step, data.metrics);
}

type EpochEvent = Omit<EpochData, 'step'> & { step?: number | null | undefined };

/** Removes the list of confusion cells of an epoch that has too many later ones; `age` is their number. */
const withoutOldCells = (epoch: EpochData, age: number): EpochData =>
  age >= cellEpochLimit && epoch.test?.confusionCells
    ? { ...epoch, test: { ...epoch.test, confusionCells: null } }
    : epoch;

function applyMetrics(run: Run, step: number, metrics: BatchData['metrics']): void {
  if (!metrics) return;
  for (const [name, value] of Object.entries(metrics)) {
    const series = run.metrics.get(name) ?? addMetric(run, name);
    series?.append(step, {
      value,
      ...currentPosition(run, series.last('elapsedSeconds')),
      step,
    });
  }
}

/** Adds an empty series for a metric, unless the run has too many. The map is replaced, so that views detect it. */
function addMetric(run: Run, name: string): Series<MetricColumn> | undefined {
  if (run.metrics.size >= metricLimit) return undefined;
  const series = new Series(metricColumns, run.limits.metric, 64);
  run.metrics = new Map([...run.metrics, [name, series]]);
  return series;
}

function applySystem(run: Run, system: SystemData): void {
  run.system = system;
  const { host } = system;
  const gpus = gpusOf(system);
  run.machine.append(run.lastSeq, {
    hostCpu: host?.cpu ?? undefined,
    hostMemory: share(host?.memoryUsedBytes, host?.memoryTotalBytes),
    gpuLoad: mean(gpus.map(({ load }) => load ?? undefined)),
    gpuMemory: mean(gpus.map((gpu) => share(gpu.memoryUsedBytes, gpu.memoryTotalBytes))),
    ...currentPosition(run, run.machine.last('elapsedSeconds')),
  });
}

/** Returns the position of the current event. Its times never descend, and its step only when a run repeats steps. */
function currentPosition(run: Run, previousSeconds = 0): Record<PositionColumn, number> {
  return {
    step: run.step,
    elapsedSeconds: Math.max(previousSeconds, trainedSeconds(run)),
    time: run.lastTime,
  };
}

const share = (part: number | null | undefined, whole: number | null | undefined): number | undefined =>
  typeof part === 'number' && typeof whole === 'number' && whole > 0 ? part / whole : undefined;

/** Returns the mean of the known values; undefined without any. */
function mean(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
}
