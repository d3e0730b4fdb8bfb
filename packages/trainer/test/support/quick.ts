import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode, eventSchema, type MonitorEvent } from '@mnist-monitor/shared';

/** Nobody listens on port 1. */
export const noGateway = ['--gateway', 'ws://127.0.0.1:1/ingest'];

/** A training of some seconds, for nobody to see. */
export const quick = [
  ...['--once', '--train-size', '256', '--test-size', '40', '--batch-size', '16', '--engine', 'wasm'],
  ...noGateway,
];

/** What a run has written down. @throws Error where a line is no event. */
export const readEvents = (runs: string, runId: string): MonitorEvent[] =>
  readFileSync(join(runs, runId, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const result = decode(eventSchema, line);
      if (!result.ok) throw new Error(line);
      return result.value;
    });
