import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MonitorError } from '@mnist-monitor/shared';
import { z } from 'zod';
import { optimizerNames } from '../learner/optimizer.ts';
import { scheduleNames } from '../training/schedule.ts';

/** The part of `run.json` that a run cannot change when it goes on. */
const training = z.object({
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
});

/** A run that was cut short. */
export interface InterruptedRun {
  runId: string;
  training: z.infer<typeof training>;
}

/**
 * Finds the run to go on with.
 * @param wanted Its id, or `latest` for the last that was not completed.
 * @throws MonitorError `run.not_found`
 */
export function findInterrupted(runs: string, wanted: string): InterruptedRun {
  const expected = (found: string): MonitorError =>
    new MonitorError('run.not_found', `--resume: expected a run that was cut short, ${found}`);
  if (wanted === 'latest') {
    const ids = existsSync(runs) ? readdirSync(runs).sort().reverse() : [];
    const runId = ids.find((id) => existsSync(join(runs, id, 'run.json')) && !isCompleted(join(runs, id)));
    if (!runId) throw expected(`found none in ${runs}`);
    return findInterrupted(runs, runId);
  }
  const folder = join(runs, wanted);
  if (!existsSync(join(folder, 'run.json'))) throw expected(`found none at ${folder}`);
  if (isCompleted(folder)) throw expected(`but ${wanted} was completed`);
  const result = training.safeParse(JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')));
  if (!result.success) throw expected(`but ${join(folder, 'run.json')} does not say how it was trained`);
  return { runId: wanted, training: result.data };
}

/** Whether the last event but measurements of the machine says that the run was completed. */
function isCompleted(folder: string): boolean {
  const path = join(folder, 'events.jsonl');
  if (!existsSync(path)) return false;
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return /"type":"run\.finished","data":\{[^}]*"status":"completed"/.test(lines.at(-1) ?? '');
}
