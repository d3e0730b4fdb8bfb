// The thread that writes the database of runs. It answers the calls of `SqliteStore`.
import { parentPort, workerData } from 'node:worker_threads';
import type { ProtocolVersion, RunChanges } from '@mnist-monitor/shared';
import { type EventColumns, fromColumns } from './event-columns.ts';
import { ReaderGate, type SharedGate } from './reader-gate.ts';
import type { Append } from './sqlite-queries.ts';
import { SqliteWriter } from './sqlite-writer.ts';
import { outcomeOf, receiveCalls, reply } from './thread-calls.ts';
import { type Call, toThreadError } from './thread-messages.ts';

/** The `workerData` of this thread. */
export interface WriterData {
  folder: string;
  gate: SharedGate;
}

/** A message of this thread that answers no call: stored events were lost. */
export interface LossMessage {
  loss: string;
}

const { folder, gate }: WriterData = workerData;
const port = parentPort!;
let writer: SqliteWriter;

const methods = {
  open(): void {
    const onLoss = (loss: string): void => port.postMessage({ loss } satisfies LossMessage);
    writer = new SqliteWriter({ folder, readers: new ReaderGate(gate), onLoss });
  },
  annotate: (runId: string, changes: RunChanges): boolean => writer.annotate(runId, changes),
  renewStream: (runId: string, stream: string): boolean => writer.renewStream(runId, stream),
  remove: (runId: string): boolean => writer.remove(runId),
  check: (hasReadFailed: boolean): boolean => writer.check(hasReadFailed),
  close: (): void => writer.close(),
};

/** The methods that the main thread can call. */
export type WriterMethods = typeof methods & {
  append: (
    runId: string,
    events: EventColumns,
    stream: string | undefined,
    version: ProtocolVersion,
    metricNames: string[],
  ) => number;
};

// Consecutive appends are committed together.
receiveCalls(port, (calls) => {
  let appends: Call[] = [];
  for (const call of calls) {
    if (call.method === 'append') {
      appends.push(call);
      continue;
    }
    append(appends);
    appends = [];
    const method = methods[call.method as keyof typeof methods] as (...args: unknown[]) => unknown;
    reply(
      port,
      call,
      outcomeOf(() => method(...call.args)),
    );
  }
  append(appends);
});

function append(calls: readonly Call[]): void {
  if (calls.length === 0) return;
  const outcomes = writer.append(calls.map(toAppend));
  calls.forEach((call, index) => {
    const outcome = outcomes[index];
    reply(port, call, typeof outcome === 'number' ? { result: outcome } : { error: toThreadError(outcome) });
  });
}

function toAppend({ args }: Call): Append {
  const [runId, events, stream, version, metricNames] = args as Parameters<WriterMethods['append']>;
  return { runId, events: fromColumns(events), stream, version, metricNames };
}
