import type {
  EpochData,
  EventBody,
  FinishedStatus,
  RunFinishedData,
  RunStartedData,
} from '@mnist-monitor/shared';
import type { TrainerConfig } from '../config.ts';
import { batchCount } from '../dataset/batches.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { describeDevice, type Selection } from '../engines/select.ts';
import { optimizerTitles } from '../learner/optimizer.ts';
import { summarize } from '../network/architecture.ts';
import { type Checkpoint, writeCheckpoint } from '../storage/checkpoint.ts';
import { type EmittedProgress, noProgress, wasEmitted } from '../storage/emitted-progress.ts';
import { saveModel } from '../storage/model-files.ts';
import type { RunFolder } from '../storage/run-folder.ts';
import { DivergenceWatch, notice } from '../training/notices.ts';
import { beginning, type TrainingPosition } from '../training/position.ts';
import type { RunControl } from '../training/run-control.ts';
import { train } from '../training/train.ts';
import { SystemMonitor } from './system-monitor.ts';

export interface TrainRunOptions {
  config: TrainerConfig;
  dataset: Dataset;
  selection: Selection;
  folder: RunFolder;
  /** What is there of the run when it goes on. */
  before: ResumePoint | undefined;
  /** Takes every event of the run as it happens. */
  emit: (event: EventBody) => void;
  /** Shows an event that was told already, on the console only. */
  show: (event: EventBody) => void;
  control: RunControl;
}

/** What is there of a run that was cut short. */
export interface ResumePoint {
  told: EmittedProgress;
  /** Undefined when it was killed before its first epoch was over. */
  checkpoint: Checkpoint | undefined;
}

const systemEveryMs = 2_000;

/** One run from `run.started` to `run.finished`, or on from its last checkpoint. @returns How it ended. */
export async function trainRun(options: TrainRunOptions): Promise<FinishedStatus> {
  const { config, selection, before, emit, show, control } = options;
  const told = before?.told ?? noProgress();
  const place = before?.checkpoint?.place ?? beginning();
  const finish = (status: FinishedStatus, reason: string, files: string[]): FinishedStatus => {
    const seconds = control.stopwatch.seconds;
    emit({ type: 'run.finished', data: { status, reason, files, seconds, ...summarizeEpochs(told.epochs) } });
    return status;
  };

  const started: EventBody = { type: 'run.started', data: describeRun(options) };
  if (before) {
    show(started);
    emit(notice('info', 'run.resumed', `Resumed ${whereOf(place)}.`, { step: told.step }));
  } else emit(started);
  if (selection.fellBack)
    emit(notice('info', 'engine.fallback', `Training on ${selection.engine.name}: ${selection.reason}.`));
  const system = new SystemMonitor(() => selection.engine.readGpuUsage());
  const measure = (): void => {
    try {
      emit({ type: 'system', data: system.read() });
    } catch {
      // A disk that is full: training fails with the same as soon as it has something to say.
    }
  };
  const systemTimer = setInterval(measure, systemEveryMs);

  try {
    const files = await learn(options, told, place);
    const end = place.epoch < config.epochs ? control.end : undefined;
    return finish(end?.status ?? 'completed', end?.reason ?? 'all epochs done', files);
  } catch (error) {
    try {
      finish('failed', String((error as Error).message).split('\n')[0], []);
    } catch {
      // A disk that is full takes this neither: the first failure is the one to tell.
    }
    throw error;
  } finally {
    clearInterval(systemTimer);
  }
}

/**
 * Trains until all epochs are done or the run is ended, and saves what was learned after each epoch and at the end.
 * @returns The files that were saved at the end.
 */
async function learn(
  options: TrainRunOptions,
  told: EmittedProgress,
  place: TrainingPosition,
): Promise<string[]> {
  const { config, dataset, selection, folder, before, emit, control } = options;
  const { evaluationBatch } = selection.engine;
  const learner = await selection.engine.createLearner({ optimizer: config.optimizer, seed: config.seed });
  const save = async (): Promise<string[]> => {
    const state = await learner.state();
    const files = await saveModel(folder, state);
    const step = place.epoch * batchCount(dataset.train.size, config.batchSize) + place.batch;
    const learningRate = control.learningRateAt(step + 1);
    writeCheckpoint(folder, { place, elapsedSeconds: control.stopwatch.seconds, learningRate, state });
    return files;
  };
  try {
    if (before?.checkpoint) await learner.restore(before.checkpoint.state);
    /** Files of the network as it is; undefined while it has learned since they were written. */
    let saved: string[] | undefined;
    const watch = new DivergenceWatch();
    for await (const event of train({ ...config, learner, dataset, evaluationBatch, place, control })) {
      if (!wasEmitted(told, event)) emit(event);
      if (event.type === 'batch') {
        saved = undefined;
        for (const warning of watch.see(event.data)) emit(warning);
      } else if (event.type === 'epoch') {
        told.epochs = [...told.epochs.slice(0, event.data.epoch - 1), event.data];
        saved = await save();
      }
    }
    return saved ?? (await save());
  } finally {
    await learner.dispose();
  }
}

function whereOf({ epoch, batch }: TrainingPosition): string {
  if (batch > 0) return `after batch ${batch} of epoch ${epoch + 1}`;
  return epoch > 0 ? `after epoch ${epoch}` : 'from the beginning';
}

function describeRun({ config, dataset, selection }: TrainRunOptions): RunStartedData {
  const { epochs, batchSize, learningRate, schedule, augment, seed, engine } = config;
  const layers = summarize();
  const batchesPerEpoch = batchCount(dataset.train.size, batchSize);
  const sizes = { trainSize: dataset.train.size, testSize: dataset.test.size };
  const optimizer = optimizerTitles[config.optimizer];
  return {
    config: { epochs, batchSize, learningRate, optimizer, schedule, augment, seed, engine, ...sizes },
    device: describeDevice(selection),
    model: { layers, parameters: layers.reduce((sum, { parameters }) => sum + parameters, 0) },
    dataset: { name: dataset.name, classes: dataset.classes },
    totals: { batchesPerEpoch, steps: batchesPerEpoch * epochs },
  };
}

/** The last test score, and the epoch with the best; null before the first is over. */
function summarizeEpochs(epochs: readonly EpochData[]): Pick<RunFinishedData, 'test' | 'bestEpoch'> {
  const last = epochs.at(-1);
  if (!last) return { test: null, bestEpoch: null };
  const best = epochs.reduce((a, b) => (b.test.accuracy > a.test.accuracy ? b : a));
  return { test: { loss: last.test.loss, accuracy: last.test.accuracy }, bestEpoch: best.epoch };
}
