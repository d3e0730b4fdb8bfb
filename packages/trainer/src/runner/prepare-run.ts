import { runFiles } from '@mnist-monitor/shared';
import type { TrainerConfig } from '../config.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { describeDevice, type RunEngine } from '../engines/select.ts';
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

/** A run that is ready to train: its settings are valid, and this process holds the lock of its folder. */
export interface PreparedRun {
  config: TrainerConfig;
  dataset: Dataset;
  selected: RunEngine;
  folder: RunFolder;
  lock: RunLock;
  log: EventLog;
  tensorboard: TensorboardFile;
  /** Whether this trainer has created the run. */
  isNew: boolean;
  /** The state from which the run resumes; undefined for a run without events. */
  resumePoint: ResumePoint | undefined;
}

/**
 * Loads the data, starts the engine and creates the folder of a new run. The folder is created last, so that invalid
 * settings leave no trace.
 * @throws MonitorError
 */
export async function prepareNewRun(resources: RunResources, config: TrainerConfig): Promise<PreparedRun> {
  const [dataset, selected] = await resources.acquire(config);
  const folder = RunFolder.create(config.runs, config.runId);
  return openRun({ config, dataset, selected, folder }, true);
}

/**
 * Loads the data, starts the engine and reads what is stored of an interrupted run. The settings of training are those
 * with which the run was started.
 * @throws MonitorError
 */
export async function prepareResumedRun(
  resources: RunResources,
  requested: TrainerConfig,
  { runId, training }: InterruptedRun,
): Promise<PreparedRun> {
  const config = { ...requested, ...training, runId };
  const [dataset, selected] = await resources.acquire(config);
  const folder = RunFolder.open(config.runs, runId);
  return openRun({ config, dataset, selected, folder }, false);
}

/** Locks the run's folder and opens its files; releases the lock when one of them cannot be opened. */
async function openRun(
  run: Pick<PreparedRun, 'config' | 'dataset' | 'selected' | 'folder'>,
  isNew: boolean,
): Promise<PreparedRun> {
  const { config, folder } = run;
  const lock = await RunLock.acquire(folder);
  try {
    if (isNew) writeDescription(run); // Under the lock, or another trainer's --resume could choose this run.
    const checkpoint = readCheckpoint(folder);
    const log = new EventLog({ runId: config.runId, folder });
    const tensorboard = new TensorboardFile(folder, log);
    const resumePoint = log.lastSeq === 0 ? undefined : { progress: readEmittedProgress(log), checkpoint };
    return { ...run, isNew, lock, log, tensorboard, resumePoint };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Writes `run.json`: what determines the run, without the token and without options of this process alone. */
function writeDescription({
  folder,
  config,
  selected,
}: Pick<PreparedRun, 'folder' | 'config' | 'selected'>): void {
  const { token: _token, heartbeat: _heartbeat, givenOptions: _given, ...settings } = config;
  // The selected precision, not `auto`: a resumed run continues in it.
  const { precision } = selected.precision;
  const description = { ...settings, precision, device: describeDevice(selected), versions: readVersions() };
  folder.write(runFiles.settings, `${JSON.stringify(description, null, 2)}\n`);
}
