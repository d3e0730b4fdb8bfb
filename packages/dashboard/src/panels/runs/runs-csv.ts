import { lossOf, metricsOf, secondsOf, testLossOf } from '@mnist-monitor/shared/browser';
import { csvName } from '../../state/csv.ts';
import type { RunSummary } from '../../state/event-data.ts';
import { nameOf, tagsOf } from '../../state/run-summaries.ts';
import { ownValueOf } from './run-sort.ts';

/** A column of the table: its name, and its value in a run. */
type Column = readonly [name: string, read: (run: RunSummary) => unknown];

const columns: readonly Column[] = [
  ['run', ({ runId }) => runId],
  ['name', nameOf],
  ['status', ({ status }) => status],
  ['tags', (run) => tagsOf(run).join(', ')],
  ['note', ({ note }) => note],
  ['started', ({ startedAt }) => startedAt],
  ['seconds', secondsOf],
  ['bestAccuracy', ({ bestAccuracy }) => bestAccuracy],
  ['testAccuracy', ({ finished, epoch }) => finished?.test?.accuracy ?? epoch?.test?.accuracy],
  ['testLoss', testLossOf],
  ['loss', lossOf],
];

/** Returns a table of runs as CSV: a line for each, with its results, its settings and its custom metrics. */
export function runsCsv(runs: readonly RunSummary[]): string {
  const namesOf = (records: readonly object[]): string[] => [
    ...new Set(records.flatMap((record) => Object.keys(record))),
  ];
  const settings = namesOf(runs.map(({ started }) => started?.config ?? {}));
  const metrics = namesOf(runs.map(metricsOf));
  const all: Column[] = [
    ...columns,
    ...[
      ...settings.map((name) => `config.${name}` as const),
      ...metrics.map((name) => `metrics.${name}` as const),
    ].map((name): Column => [name, (run) => ownValueOf(run, name)]),
  ];
  const cell = (value: unknown): string =>
    value === null || value === undefined ? '' : typeof value === 'string' ? csvName(value) : String(value);
  const lines = [
    all.map(([name]) => csvName(name)),
    ...runs.map((run) => all.map(([, read]) => cell(read(run)))),
  ];
  return lines.map((line) => `${line.join(',')}\r\n`).join('');
}
