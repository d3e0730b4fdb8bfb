import type { Epoch, EventBody, FinishedStatus, RunFinished, RunStarted } from '@mnist-monitor/shared';
import type { TrainerConfig } from './config.ts';
import { batchCount } from './dataset/batches.ts';
import type { Dataset } from './dataset/dataset.ts';
import { describeDevice, type Selection } from './engines/select.ts';
import { saveModel } from './export/save.ts';
import { summarize } from './model.ts';
import { Network } from './network.ts';
import { DivergenceWatch, notice } from './notices.ts';
import { momentum } from './optimizer.ts';
import type { RunFolder } from './run/run-folder.ts';
import { SystemMonitor } from './system.ts';
import { train } from './train.ts';

export interface SessionOptions {
  config: TrainerConfig;
  dataset: Dataset;
  selection: Selection;
  folder: RunFolder;
  /** Takes every event of the run as it happens. */
  emit: (event: EventBody) => void;
  /** Ends the run early; its reason is a `RunEnd`. */
  signal: AbortSignal;
}

/** Why a run ends before its time: the reason that the signal is aborted with. */
export interface RunEnd {
  status: Exclude<FinishedStatus, 'completed'>;
  reason: string;
}

const systemEveryMs = 2_000;

/** One run from `run.started` to `run.finished`. @returns How it ended. */
export async function runSession(options: SessionOptions): Promise<FinishedStatus> {
  const { config, dataset, selection, folder, emit, signal } = options;
  const { kernels, evaluationBatch } = selection.engine;
  const startedAt = performance.now();
  const network = new Network({ kernels, seed: config.seed });
  const optimizer = momentum(network.parameters, config.learningRate);
  const watch = new DivergenceWatch();
  const epochs: Epoch[] = [];
  const finish = (status: FinishedStatus, reason: string, files: string[]): FinishedStatus => {
    const seconds = (performance.now() - startedAt) / 1_000;
    emit({ type: 'run.finished', data: { status, reason, files, seconds, ...summarizeEpochs(epochs) } });
    return status;
  };

  emit({ type: 'run.started', data: describeRun(options, optimizer.name) });
  if (selection.fellBack)
    emit(notice('info', 'engine.fallback', `Training on ${selection.engine.name}: ${selection.reason}.`));
  const system = new SystemMonitor();
  const systemTimer = setInterval(() => emit({ type: 'system', data: system.read() }), systemEveryMs);

  try {
    for await (const event of train({ ...config, network, optimizer, dataset, evaluationBatch, signal })) {
      emit(event);
      if (event.type === 'batch') for (const warning of watch.see(event.data)) emit(warning);
      if (event.type !== 'epoch') continue;
      epochs.push(event.data);
      await saveModel(folder, await network.weights());
    }
    const files = await saveModel(folder, await network.weights());
    const end = signal.aborted ? (signal.reason as RunEnd) : undefined;
    return finish(end?.status ?? 'completed', end?.reason ?? 'all epochs done', files);
  } catch (error) {
    finish('failed', String((error as Error).message).split('\n')[0], []);
    throw error;
  } finally {
    clearInterval(systemTimer);
    optimizer.dispose();
    network.dispose();
  }
}

function describeRun({ config, dataset, selection }: SessionOptions, optimizer: string): RunStarted {
  const { epochs, batchSize, learningRate, seed, engine } = config;
  const layers = summarize();
  const batchesPerEpoch = batchCount(dataset.train.size, batchSize);
  const sizes = { trainSize: dataset.train.size, testSize: dataset.test.size };
  return {
    config: { epochs, batchSize, learningRate, optimizer, schedule: 'constant', seed, engine, ...sizes },
    device: describeDevice(selection),
    model: { layers, parameters: layers.reduce((sum, { parameters }) => sum + parameters, 0) },
    dataset: { name: dataset.name, classes: dataset.classes },
    totals: { batchesPerEpoch, steps: batchesPerEpoch * epochs },
  };
}

/** The last test score, and the epoch with the best; null before the first is over. */
function summarizeEpochs(epochs: readonly Epoch[]): Pick<RunFinished, 'test' | 'bestEpoch'> {
  const last = epochs.at(-1);
  if (!last) return { test: null, bestEpoch: null };
  const best = epochs.reduce((a, b) => (b.test.accuracy > a.test.accuracy ? b : a));
  return { test: { loss: last.test.loss, accuracy: last.test.accuracy }, bestEpoch: best.epoch };
}
