import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { decode, eventSchema, type FinishedStatus, formatIssues, MonitorError } from '@mnist-monitor/shared';
import { z } from 'zod';
import { optimizerNames } from '../learner/optimizer.ts';
import { scheduleNames } from '../training/schedule.ts';
import { isLocked } from './run-lock.ts';

/** More than the longest `run.finished`. */
const tailBytes = 64 * 1024;

/** The part of `run.json` that a run cannot change when it goes on; what it leaves out was left out then. */
const training = z
  .object({
    epochs: z.int().positive(),
    batchSize: z.int().positive(),
    optimizer: z.enum(optimizerNames),
    schedule: z.enum(scheduleNames),
    learningRate: z.number().positive(),
    augment: z.boolean(),
    seed: z.int(),
    trainSize: z.int().positive().optional(),
    testSize: z.int().positive().optional(),
    data: z.string().optional(),
  })
  .transform((said) => ({ trainSize: undefined, testSize: undefined, data: undefined, ...said }));

/** A run that was cut short. */
export interface InterruptedRun {
  runId: string;
  training: z.infer<typeof training>;
}

/**
 * The last run that was interrupted, or has no end, and that no other trainer is on; undefined when there is none. One
 * that was stopped or has failed is left alone, and so is one that cannot be read: they go on only when they are named.
 */
export function findLastInterrupted(runs: string): InterruptedRun | undefined {
  for (const runId of existsSync(runs) ? readdirSync(runs).sort().reverse() : []) {
    const folder = join(runs, runId);
    if (!existsSync(join(folder, 'run.json')) || isLocked(folder)) continue;
    if (![undefined, 'interrupted'].includes(endOf(folder))) continue;
    const described = decode(training, readFileSync(join(folder, 'run.json'), 'utf8'));
    if (described.ok) return { runId, training: described.value };
  }
  return undefined;
}

/**
 * The run with this id, to go on with.
 * @throws MonitorError `run.not_found` when there is none, or it was completed; `run.damaged`.
 */
export function findInterrupted(runs: string, runId: string): InterruptedRun {
  const expected = (found: string): MonitorError =>
    new MonitorError('run.not_found', `--resume: expected a run that was cut short, ${found}`);
  const folder = join(runs, runId);
  if (!existsSync(join(folder, 'run.json'))) throw expected(`found none at ${folder}`);
  if (endOf(folder) === 'completed') throw expected(`but ${runId} was completed`);
  const path = join(folder, 'run.json');
  const described = decode(training, readFileSync(path, 'utf8'));
  if (!described.ok)
    throw new MonitorError(
      'run.damaged',
      `${path}: expected how the run was trained, got ${formatIssues(described.error.issues)}; it cannot go on, begin a new run`,
    );
  return { runId, training: described.value };
}

/** How the run ended, if `run.finished` is its last event; undefined when it has no end. */
function endOf(folder: string): FinishedStatus | undefined {
  const last = decode(eventSchema, lastLine(join(folder, 'events.jsonl')));
  return last.ok && last.value.type === 'run.finished' ? last.value.data.status : undefined;
}

/** Without reading what comes long before; empty when the file is not there. */
function lastLine(path: string): string {
  if (!existsSync(path)) return '';
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const tail = Buffer.alloc(Math.min(size, tailBytes));
    readSync(file, tail, 0, tail.length, size - tail.length);
    return tail.toString().trimEnd().split('\n').at(-1) as string;
  } finally {
    closeSync(file);
  }
}
