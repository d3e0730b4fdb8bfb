// The thread that reads the database of runs. It answers the calls of `SqliteStore`.
import { parentPort, workerData } from 'node:worker_threads';
import { followGate, type SharedGate } from './reader-gate.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { receiveCalls, reply } from './thread-calls.ts';
import { toThreadError } from './thread-messages.ts';

/** The `workerData` of this thread. */
export interface ReaderData {
  folder: string;
  gate: SharedGate;
}

/** The methods that the main thread can call. */
export type ReaderMethods = Pick<SqliteReader, 'open' | 'lastSeq' | 'page' | 'summary' | 'runs' | 'close'>;

const { folder, gate }: ReaderData = workerData;
const port = parentPort!;
const reader = new SqliteReader(folder);
followGate(gate, reader);

receiveCalls(port, async (calls) => {
  for (const call of calls) {
    const method = reader[call.method as keyof ReaderMethods] as (...args: readonly unknown[]) => unknown;
    const answer = async (): Promise<unknown> => method.apply(reader, call.args as unknown[]);
    answer().then(
      (result) => reply(port, call, { result }),
      (error) => reply(port, call, { error: toThreadError(error) }),
    );
  }
});
