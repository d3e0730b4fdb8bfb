import { closeSync, constants, existsSync, fstatSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import {
  decode,
  eventLimits,
  eventSchema,
  type FinishedStatus,
  formatIssues,
  MonitorError,
  precisions,
  runFiles,
  settingChoices,
} from '@mnist-monitor/shared';
import { z } from 'zod';
import { mnistClasses } from '../dataset/classes.ts';
import { type NetworkName, networks } from '../network/architecture.ts';
import { openRegularFile } from './regular-file.ts';
import { isLocked } from './run-lock.ts';

/** Number of bytes that are read from the end of a log: more than any `run.finished` event has. */
const tailBytes = 64 * 1024;

/** The settings that determine a run: `run.json` contains them and no others, and a resumed run keeps them. */
const trainingSettings = z.object({
  recipe: z.enum(settingChoices.recipe).default('default'),
  // A run that began before there were several networks has the original one.
  network: z.enum(Object.keys(networks) as NetworkName[]).default('original'),
  epochs: z.int().positive(),
  batchSize: z.int().positive(),
  optimizer: z.enum(settingChoices.optimizer),
  schedule: z.enum(settingChoices.schedule),
  learningRate: z.number().positive(),
  augment: z.boolean(),
  precision: z.enum(precisions).default('float32'),
  seed: z.int(),
  // Runs of older trainers, which did not look inside the network by default, continue with `off`.
  inside: z.enum(settingChoices.inside).catch('off'),
  trainSize: z.int().positive().optional(),
  testSize: z.int().positive().optional(),
  data: z.string().optional(),
  classes: z.string().optional(),
  name: z.string().optional(),
  tag: z.array(z.string()).optional(),
  // A run that began before runs stored their classes has those of MNIST.
  classNames: z
    .array(z.string())
    .min(eventLimits.minClasses)
    .max(eventLimits.maxClasses)
    .default([...mnistClasses]),
});

/**
 * Reads stored settings. An absent setting without a default becomes an explicit undefined, so that it overrides a flag of the
 * process that resumes the run.
 */
const storedSettings = trainingSettings.transform((stored) => ({
  trainSize: undefined,
  testSize: undefined,
  data: undefined,
  classes: undefined,
  name: undefined,
  tag: undefined,
  ...stored,
}));

/** Returns the settings that `run.json` keeps, without the token and other options of this process. */
export const settingsToStore = (
  settings: z.input<typeof trainingSettings>,
): z.output<typeof trainingSettings> => trainingSettings.parse(settings);

/** A run that can be resumed, with the settings with which it was started. */
export interface InterruptedRun {
  runId: string;
  settings: z.infer<typeof storedSettings>;
}

/**
 * Finds the newest run that was interrupted or has no `run.finished` event, and that no other trainer has locked; undefined
 * when there is none. Runs that were stopped, have failed or cannot be read are skipped: they resume only by their id.
 */
export function findLastInterruptedRun(runs: string): InterruptedRun | undefined {
  for (const runId of readFolder(runs).sort().reverse()) {
    const folder = join(runs, runId);
    if (!existsSync(join(folder, runFiles.settings)) || isLocked(folder)) continue;
    if (![undefined, 'interrupted'].includes(readEndStatus(folder))) continue;
    try {
      return { runId, settings: readSettings(folder) };
    } catch (error) {
      if (!(error instanceof MonitorError)) throw error;
    }
  }
  return undefined;
}

/**
 * Finds the run with this id, unless it was completed.
 * @throws MonitorError `run.not_found` when it does not exist or was completed; `run.damaged` when `run.json` is invalid.
 */
export function findInterruptedRun(runs: string, runId: string): InterruptedRun {
  const notFound = (found: string): MonitorError =>
    new MonitorError('run.not_found', `--resume: expected an interrupted run, ${found}`);
  const folder = join(runs, runId);
  // Names are compared exactly, because a file system that ignores case would also open the folder of another id.
  if (!readFolder(runs).includes(runId) || !existsSync(join(folder, runFiles.settings)))
    throw notFound(`found none at ${folder}`);
  if (readEndStatus(folder) === 'completed') throw notFound(`but ${runId} was completed`);
  return { runId, settings: readSettings(folder) };
}

/**
 * Reads the settings of a run.
 * @throws MonitorError `run.damaged` when `run.json` cannot be read or is invalid.
 */
function readSettings(folder: string): InterruptedRun['settings'] {
  const damaged = (got: string, cause?: unknown): MonitorError =>
    new MonitorError(
      'run.damaged',
      `${join(folder, runFiles.settings)}: expected the settings of the run, got ${got}; the run cannot be resumed, start a new one`,
      { cause },
    );
  let text: string;
  try {
    text = readText(folder, runFiles.settings);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw damaged(code === 'ELOOP' ? 'a link or a file that is not regular' : String(code), cause);
  }
  const settings = decode(storedSettings, text);
  if (!settings.ok) throw damaged(formatIssues(settings.error.issues));
  return settings.value;
}

/** Returns the status of `run.finished` if that is the run's last event; undefined otherwise. */
function readEndStatus(folder: string): FinishedStatus | undefined {
  const last = decode(eventSchema, lastLine(folder, runFiles.events));
  return last.ok && last.value.type === 'run.finished' ? last.value.data.status : undefined;
}

/** Returns the names in a folder; none when it cannot be read, because the start of a new run reports that error. */
function readFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/**
 * Reads a text file.
 * @throws Error with a `code`, as `openRegularFile` does.
 */
function readText(folder: string, name: string): string {
  const file = openRegularFile(folder, name, constants.O_RDONLY);
  try {
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** Returns the last line of a file and reads only its end; an empty text when the file cannot be opened. */
function lastLine(folder: string, name: string): string {
  let file: number;
  try {
    file = openRegularFile(folder, name, constants.O_RDONLY);
  } catch {
    return ''; // The run has no events, or opening its log reports the error.
  }
  try {
    const { size } = fstatSync(file);
    const tail = Buffer.alloc(Math.min(size, tailBytes));
    readSync(file, tail, 0, tail.length, size - tail.length);
    return tail.toString().trimEnd().split('\n').at(-1) as string;
  } finally {
    closeSync(file);
  }
}
