import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode, eventSchema, type MonitorEvent } from '@mnist-monitor/shared';

/** Flags of a run with small batches on one thread: 16 steps per epoch, each of which takes some hundredths of a second. */
export const shortRun = [
  ...['--once', '--engine', 'wasm', '--threads', '1'],
  ...['--train-size', '64', '--test-size', '40', '--batch-size', '4', '--report-interval', '0'],
];

/** Reads the events that a run has stored. @throws Error for a line that is not an event. */
export const readEvents = (runs: string, runId: string): MonitorEvent[] =>
  readFileSync(join(runs, runId, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const result = decode(eventSchema, line);
      if (!result.ok) throw new Error(line);
      return result.value;
    });
