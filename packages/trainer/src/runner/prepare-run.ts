import { publishedFilePath, runFiles } from '@mnist-monitor/shared';
import type { TrainerConfig } from '../config.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { describeDevice, type RunEngine } from '../engines/select.ts';
import type { TestImages } from '../event-data.ts';
import { testImagesFile } from '../inspection/test-images.ts';
import { readCheckpoint } from '../storage/checkpoint.ts';
import { readEmittedProgress } from '../storage/emitted-progress.ts';
import { EventLog } from '../storage/event-log.ts';
import { type InterruptedRun, settingsToStore } from '../storage/interrupted-runs.ts';
import { RunFolder } from '../storage/run-folder.ts';
import { RunLock } from '../storage/run-lock.ts';
import { TensorboardFile } from '../storage/tensorboard-file.ts';
import { readVersions, type Versions } from '../storage/versions.ts';
import type { RunResources } from './run-resources.ts';
import type { ResumePoint } from './train-run.ts';

/** A run that is ready to train: its settings are valid, and this process holds the lock of its folder. */
export interface PreparedRun {
  config: TrainerConfig;
  dataset: Dataset;
  runEngine: RunEngine;
  folder: RunFolder;
  lock: RunLock;
  log: EventLog;
  tensorboard: TensorboardFile;
  /** Description of the file with the test images; undefined for a run that has none, and for a resumed run. */
  testImages: TestImages | undefined;
  /** Whether this process has created the run; false for a resumed run. */
  isNew: boolean;
  /** The state from which the run resumes; undefined for a run without events. */
  resumePoint: ResumePoint | undefined;
}

/**
 * Loads the data, starts the engine and creates the folder of a new run. The folder is created last, so that invalid
 * settings create none.
 * @throws MonitorError
 */
export async function prepareNewRun(resources: RunResources, config: TrainerConfig): Promise<PreparedRun> {
  const [[dataset, runEngine], versions] = await Promise.all([resources.acquire(config), readVersions()]);
  const folder = RunFolder.create(config.runs, config.runId);
  return openRun({ config, dataset, runEngine, folder }, versions);
}

/**
 * Loads the data, starts the engine and reads the files of an interrupted run. The run keeps the settings with which it
 * was first started; the other options come from `requested`.
 * @throws MonitorError
 */
export async function prepareResumedRun(
  resources: RunResources,
  requested: TrainerConfig,
  { runId, settings }: InterruptedRun,
): Promise<PreparedRun> {
  const config = { ...requested, ...settings, runId };
  const [dataset, runEngine] = await resources.acquire(config);
  const folder = RunFolder.open(config.runs, runId);
  return openRun({ config, dataset, runEngine, folder });
}

/**
 * Locks the run's folder and opens its files; releases the lock when one of them cannot be opened.
 * @param versions The versions with which a new run begins; undefined for a resumed run, which has a description already.
 */
async function openRun(
  run: Pick<PreparedRun, 'config' | 'dataset' | 'runEngine' | 'folder'>,
  versions?: Versions,
): Promise<PreparedRun> {
  const { config, folder } = run;
  const lock = await RunLock.acquire(folder);
  try {
    // Written under the lock, because --resume of another trainer may choose any unlocked run that has this file.
    if (versions) writeDescription(run, versions);
    const checkpoint = readCheckpoint(folder);
    const log = new EventLog({ runId: config.runId, folder });
    const tensorboard = new TensorboardFile(folder, log);
    const resumePoint = log.lastSeq === 0 ? undefined : { progress: readEmittedProgress(log), checkpoint };
    const isNew = versions !== undefined;
    const testImages = isNew && config.inside === 'on' ? writeTestImages(run) : undefined;
    return { ...run, testImages, isNew, lock, log, tensorboard, resumePoint };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Writes the file with the test images, and returns its description; undefined for a test set that is too large for it. */
function writeTestImages({
  folder,
  dataset,
}: Pick<PreparedRun, 'folder' | 'dataset'>): TestImages | undefined {
  const file = testImagesFile(dataset.test);
  if (file) folder.writeShared(publishedFilePath('test-images', file.description.digest), file.content);
  return file?.description;
}

/** Writes `run.json`: the settings, device and versions that determine the run. */
function writeDescription(
  { folder, config, dataset, runEngine }: Pick<PreparedRun, 'folder' | 'config' | 'dataset' | 'runEngine'>,
  versions: Versions,
): void {
  // The selected precision, not `auto`: a resumed run continues in it.
  const { precision } = runEngine.precision;
  const description = {
    runId: config.runId,
    ...settingsToStore({ ...config, precision, classNames: [...dataset.classes] }),
    device: describeDevice(runEngine),
    versions,
  };
  folder.write(runFiles.settings, `${JSON.stringify(description, null, 2)}\n`);
}
