import type { TrainerConfig } from './config.ts';
import type { Dataset } from './dataset/dataset.ts';
import { describeDevice, type Selection } from './engines/select.ts';
import { readCheckpoint } from './run/checkpoint.ts';
import { EventLog } from './run/event-log.ts';
import type { InterruptedRun } from './run/interrupted.ts';
import { RunLock } from './run/lock.ts';
import { RunFolder } from './run/run-folder.ts';
import { TensorboardFile } from './run/tensorboard-file.ts';
import { readTold } from './run/told.ts';
import { readVersions } from './run/versions.ts';
import type { Before } from './session.ts';
import type { Workbench } from './workbench.ts';

/** A run that can begin: everything that it was given is right, and its folder is this process's own. */
export interface Job {
  config: TrainerConfig;
  dataset: Dataset;
  selection: Selection;
  folder: RunFolder;
  lock: RunLock;
  log: EventLog;
  tensorboard: TensorboardFile;
  before: Before | undefined;
}

/**
 * Reads the data, starts the engine and makes the folder of a new run. Whatever is wrong with what it was given shows
 * before the folder is made.
 * @throws MonitorError
 */
export async function prepareRun(workbench: Workbench, config: TrainerConfig): Promise<Job> {
  const [dataset, selection] = await workbench.equip(config);
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
export async function prepareResumed(
  workbench: Workbench,
  asked: TrainerConfig,
  { runId, training }: InterruptedRun,
): Promise<Job> {
  const config = { ...asked, ...training, runId };
  const [dataset, selection] = await workbench.equip(config);
  const folder = RunFolder.open(config.runs, runId);
  const lock = await RunLock.take(folder);
  return holding(lock, () => {
    const checkpoint = readCheckpoint(folder);
    const log = new EventLog({ runId, folder });
    const tensorboard = new TensorboardFile(folder, log);
    const before = log.lastSeq === 0 ? undefined : { told: readTold(log), checkpoint };
    return { config, dataset, selection, folder, lock, log, tensorboard, before };
  });
}

/** Lets go of the run when it cannot be prepared. */
function holding(lock: RunLock, prepare: () => Job): Job {
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
