// The thread that reads the database of runs. It answers the calls of `SqliteStore`.
import { parentPort, workerData } from 'node:worker_threads';
import { type EventColumns, toColumns } from './event-columns.ts';
import { followGate, type SharedGate } from './reader-gate.ts';
import { SqliteReader } from './sqlite-reader.ts';
import type { EventPage, EventPageOptions, RunListEntry, RunListOptions, StreamPosition } from './store.ts';
import type { SummaryRow } from './summary.ts';
import { receiveCalls, reply } from './thread-calls.ts';
import { toThreadError } from './thread-messages.ts';

/** The `workerData` of this thread. */
export interface ReaderData {
  folder: string;
  gate: SharedGate;
}

/** A page of events as it is sent to the main thread. */
interface PageColumns extends Omit<EventPage, 'events'> {
  columns: EventColumns;
}

const { folder, gate }: ReaderData = workerData;
const port = parentPort!;
const reader = new SqliteReader(folder);
followGate(gate, reader);

const methods = {
  open: (): void => reader.open(),
  lastSeq: (runId: string): number => reader.lastSeq(runId),
  position: (runId: string): StreamPosition | undefined => reader.position(runId),
  async page(runId: string, options: EventPageOptions): Promise<PageColumns> {
    const { events, ...page } = await reader.page(runId, options);
    return { columns: toColumns(events), ...page };
  },
  summary: (runId: string): SummaryRow | undefined => reader.summary(runId),
  runs: (options: RunListOptions): RunListEntry[] => reader.runs(options),
  close: (): void => reader.close(),
};

/** The methods that the main thread can call. */
export type ReaderMethods = typeof methods;

receiveCalls(port, (calls) => {
  for (const call of calls) {
    const method = methods[call.method as keyof ReaderMethods] as (...args: readonly unknown[]) => unknown;
    const answer = async (): Promise<unknown> => method(...call.args);
    answer().then(
      (result) => reply(port, call, { result }),
      (error) => reply(port, call, { error: toThreadError(error) }),
    );
  }
});
