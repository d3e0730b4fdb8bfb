import { type FinishedStatus, publishedFilePath } from '@mnist-monitor/shared';
import type { TrainerConfig } from '../config.ts';
import { batchCount } from '../dataset/batches.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { describeDevice, type RunEngine } from '../engines/select.ts';
import type { EpochData, EventBody, RunFinishedData, RunStartedData, TestImages } from '../event-data.ts';
import { NetworkInspector } from '../inspection/network-inspector.ts';
import { optimizerTitles } from '../learner/optimizer.ts';
import { architectureFor, summarizeLayers } from '../network/architecture.ts';
import { type Checkpoint, writeCheckpoint } from '../storage/checkpoint.ts';
import { type EmittedProgress, noProgress, wasEmitted } from '../storage/emitted-progress.ts';
import { writeModelFiles } from '../storage/model-files.ts';
import type { RunFolder } from '../storage/run-folder.ts';
import { DivergenceWatch, notice } from '../training/notices.ts';
import { startPosition, type TrainingPosition } from '../training/position.ts';
import type { RunControl } from '../training/run-control.ts';
import { train } from '../training/train.ts';
import { SystemMonitor } from './system-monitor.ts';

/** Options of `trainRun`: a prepared run, and the functions that receive its events. */
export interface TrainRunOptions {
  config: TrainerConfig;
  dataset: Dataset;
  runEngine: RunEngine;
  folder: RunFolder;
  /** Description of the file with the test images; undefined for a run that has none, and for a resumed run. */
  testImages?: TestImages | undefined;
  /** The state from which the run resumes; undefined for a run without events. */
  resumePoint: ResumePoint | undefined;
  /** Receives each event of the run as it happens. */
  emit: (event: EventBody) => void;
  /** Displays an event that was emitted before the run was interrupted, on the console only. */
  display: (event: EventBody) => void;
  /** Resolves soon after the start of the run was emitted: when the gateway has it, or will not have it soon. */
  announced?: () => Promise<void>;
  control: RunControl;
  /** Notices about queued starts that have failed since the run before; emitted after the start of this run. */
  failedStarts?: readonly EventBody[];
}

/** The state from which an interrupted run resumes. */
export interface ResumePoint {
  progress: EmittedProgress;
  /** Undefined when the process was killed before the end of the first epoch. */
  checkpoint: Checkpoint | undefined;
}

const systemIntervalMs = 2_000;

/**
 * Trains one run from its start or its last checkpoint to its end.
 * @returns How the run ended.
 * @throws Error that made training fail, after `run.finished` with the status `failed`.
 */
export async function trainRun(options: TrainRunOptions): Promise<FinishedStatus> {
  const { config, resumePoint, control } = options;
  const progress = resumePoint?.progress ?? noProgress();
  const position = resumePoint?.checkpoint?.position ?? startPosition();
  announceStart(options, progress, position);
  await options.announced?.();
  const stopSystemEvents = startSystemEvents(options);
  try {
    const files = await trainAndSave(options, progress, position);
    const end = position.epoch < config.epochs ? control.end : undefined;
    const status = end?.status ?? 'completed';
    emitFinished(options, progress.epochs, { status, reason: end?.reason ?? 'all epochs done', files });
    return status;
  } catch (error) {
    const reason = String((error as Error).message).split('\n')[0];
    try {
      emitFinished(options, progress.epochs, { status: 'failed', reason, files: [] });
    } catch {
      // A full disk stores no last event either; the first failure is the one to report.
    }
    throw error;
  } finally {
    stopSystemEvents();
  }
}

function announceStart(
  options: TrainRunOptions,
  progress: EmittedProgress,
  position: TrainingPosition,
): void {
  const { resumePoint, runEngine, emit, display, failedStarts = [] } = options;
  const started: EventBody = { type: 'run.started', data: describeRun(options) };
  if (resumePoint) {
    display(started);
    emit(notice('info', 'run.resumed', `Resumed ${describePosition(position)}.`, { step: progress.step }));
  } else emit(started);
  for (const failure of failedStarts) emit(failure);
  if (runEngine.isFallback)
    emit(notice('info', 'engine.fallback', `Training on ${runEngine.engine.name}: ${runEngine.reason}.`));
  if (runEngine.precision.isFallback)
    emit(notice('info', 'precision.fallback', `Training in float32: ${runEngine.precision.reason}.`));
}

/** Emits a `system` event at an interval. @returns A function that stops the events. */
function startSystemEvents({ runEngine, emit }: TrainRunOptions): () => void {
  const monitor = new SystemMonitor(() => runEngine.engine.readGpuUsage());
  const timer = setInterval(() => {
    try {
      emit({ type: 'system', data: monitor.read() });
    } catch {
      // A full disk: training fails with the same error at its next event.
    }
  }, systemIntervalMs);
  return () => clearInterval(timer);
}

/**
 * Trains until all epochs are done or the run is ended, and saves model and checkpoint after each epoch and at the end.
 * @returns The names of the model's files.
 */
async function trainAndSave(
  options: TrainRunOptions,
  progress: EmittedProgress,
  position: TrainingPosition,
): Promise<string[]> {
  const { config, dataset, runEngine, folder, resumePoint, emit, control } = options;
  const { evaluationBatch } = runEngine.engine;
  const layers = architectureFor(dataset.classes.length, config.network);
  const learner = await runEngine.engine.createLearner({
    optimizer: config.optimizer,
    seed: config.seed,
    precision: runEngine.precision.precision,
    layers,
  });
  const inspector =
    config.inside === 'on'
      ? new NetworkInspector({
          learner,
          test: dataset.test,
          seed: config.seed,
          probeSize: runEngine.engine.probeSize,
          evaluationBatch,
          relus: layers.filter(({ type }) => type === 'relu').map(({ name }) => name),
          epochs: config.epochs,
          batchesPerEpoch: batchCount(dataset.train.size, config.batchSize),
          emitted: progress,
          writeSnapshot: (digest, bytes) => folder.write(publishedFilePath('snapshots', digest), bytes),
          seconds: () => control.stopwatch.seconds,
        })
      : undefined;
  const save = async (): Promise<string[]> => {
    const state = await learner.state();
    const files = writeModelFiles(folder, state.weights, layers);
    const step = position.epoch * batchCount(dataset.train.size, config.batchSize) + position.batch;
    const learningRate = control.baseLearningRateAt(step + 1);
    writeCheckpoint(folder, { position, elapsedSeconds: control.stopwatch.seconds, learningRate, state });
    return files;
  };
  try {
    if (resumePoint?.checkpoint) await learner.restore(resumePoint.checkpoint.state);
    /** The files of the current weights; undefined when a step has changed the weights since the last save. */
    let saved: string[] | undefined;
    const divergence = new DivergenceWatch();
    const training = { ...config, learner, inspector, dataset, evaluationBatch, position, control };
    for await (const event of train(training)) {
      if (!wasEmitted(progress, event)) emit(event);
      if (event.type === 'batch') {
        saved = undefined;
        for (const warning of divergence.check(event.data)) emit(warning);
      } else if (event.type === 'epoch') {
        progress.epochs[event.data.epoch - 1] = event.data;
        saved = await save();
      }
    }
    return saved ?? (await save());
  } finally {
    await learner.dispose();
  }
}

function emitFinished(
  { emit, control }: TrainRunOptions,
  epochs: readonly EpochData[],
  end: Pick<RunFinishedData, 'status' | 'reason' | 'files'>,
): void {
  const seconds = control.stopwatch.seconds;
  emit({ type: 'run.finished', data: { ...end, seconds, ...summarizeEpochs(epochs) } });
}

function describePosition({ epoch, batch }: TrainingPosition): string {
  if (batch > 0) return `after batch ${batch} of epoch ${epoch + 1}`;
  return epoch > 0 ? `after epoch ${epoch}` : 'from the beginning';
}

function describeRun({ config, dataset, runEngine, testImages }: TrainRunOptions): RunStartedData {
  const { recipe, epochs, batchSize, learningRate, schedule, augment, seed, engine } = config;
  const layers = summarizeLayers(architectureFor(dataset.classes.length, config.network));
  const batchesPerEpoch = batchCount(dataset.train.size, batchSize);
  const sizes = { trainSize: dataset.train.size, testSize: dataset.test.size };
  const optimizer = optimizerTitles[config.optimizer];
  return {
    config: { recipe, epochs, batchSize, learningRate, optimizer, schedule, augment, seed, engine, ...sizes },
    device: describeDevice(runEngine),
    model: { layers, parameters: layers.reduce((sum, { parameters }) => sum + parameters, 0) },
    dataset: { name: dataset.name, classes: [...dataset.classes], ...(testImages && { testImages }) },
    totals: { batchesPerEpoch, steps: batchesPerEpoch * epochs },
    ...(config.name !== undefined && { name: config.name }),
    ...(config.tag !== undefined && { tags: config.tag }),
    unit: 'images',
    lossUnit: 'nats',
  };
}

/** Returns the last test score and the epoch with the best test accuracy; null before the end of the first epoch. */
function summarizeEpochs(epochs: readonly EpochData[]): Pick<RunFinishedData, 'test' | 'bestEpoch'> {
  const last = epochs.at(-1);
  if (!last) return { test: null, bestEpoch: null };
  const best = epochs.reduce((a, b) => (b.test.accuracy > a.test.accuracy ? b : a));
  return { test: { loss: last.test.loss, accuracy: last.test.accuracy }, bestEpoch: best.epoch };
}
