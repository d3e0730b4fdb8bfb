import type { TrainerConfig } from '../config.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { describeDevice, type Selection } from '../engines/select.ts';
import { readCheckpoint } from '../storage/checkpoint.ts';
import { readEmittedProgress } from '../storage/emitted-progress.ts';
import { EventLog } from '../storage/event-log.ts';
import type { InterruptedRun } from '../storage/interrupted-runs.ts';
import { RunFolder } from '../storage/run-folder.ts';
import { RunLock } from '../storage/run-lock.ts';
import { TensorboardFile } from '../storage/tensorboard-file.ts';
import { readVersions } from '../storage/versions.ts';
import type { RunResources } from './run-resources.ts';
import type { ResumePoint } from './train-run.ts';

/** A run that can begin: everything that it was given is right, and its folder is this process's own. */
export interface PreparedRun {
  config: TrainerConfig;
  dataset: Dataset;
  selection: Selection;
  folder: RunFolder;
  lock: RunLock;
  log: EventLog;
  tensorboard: TensorboardFile;
  before: ResumePoint | undefined;
}

/**
 * Reads the data, starts the engine and makes the folder of a new run. Whatever is wrong with what it was given shows
 * before the folder is made.
 * @throws MonitorError
 */
export async function prepareNewRun(resources: RunResources, config: TrainerConfig): Promise<PreparedRun> {
  const [dataset, selection] = await resources.acquire(config);
  const folder = RunFolder.create(config.runs, config.runId);
  const lock = await RunLock.take(folder);
  return holding(lock, () => {
    describeRun(folder, config, selection);
    const log = new EventLog({ runId: config.runId, folder });
    const tensorboard = new TensorboardFile(folder, log);
    return { config, dataset, selection, folder, lock, log, tensorboard, before: undefined };
  });
}

/**
 * The same for a run that goes on: it is trained as it was.
 * @throws MonitorError
 */
export async function prepareResumedRun(
  resources: RunResources,
  asked: TrainerConfig,
  { runId, training }: InterruptedRun,
): Promise<PreparedRun> {
  const config = { ...asked, ...training, runId };
  const [dataset, selection] = await resources.acquire(config);
  const folder = RunFolder.open(config.runs, runId);
  const lock = await RunLock.take(folder);
  return holding(lock, () => {
    const checkpoint = readCheckpoint(folder);
    const log = new EventLog({ runId, folder });
    const tensorboard = new TensorboardFile(folder, log);
    const before = log.lastSeq === 0 ? undefined : { told: readEmittedProgress(log), checkpoint };
    return { config, dataset, selection, folder, lock, log, tensorboard, before };
  });
}

/** Lets go of the run when it cannot be prepared. */
function holding(lock: RunLock, prepare: () => PreparedRun): PreparedRun {
  try {
    return prepare();
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Writes down what makes the run, without secrets and what is about this process alone. */
function describeRun(folder: RunFolder, config: TrainerConfig, selection: Selection): void {
  const { token: _secret, heartbeat: _elsewhere, given: _how, ...settings } = config;
  const description = { ...settings, device: describeDevice(selection), versions: readVersions() };
  folder.write('run.json', `${JSON.stringify(description, null, 2)}\n`);
}
