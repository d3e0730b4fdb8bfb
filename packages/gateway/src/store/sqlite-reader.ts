import { MonitorError } from '@mnist-monitor/shared/errors';
import type Database from 'libsql';
import { TimeSlicer } from '../time-slicer.ts';
import { type FoundEvent, maxPageLength, replacedPage, splitReadable } from './event-rules.ts';
import { toStoreError } from './sqlite-failures.ts';
import { connectReader, databasePath } from './sqlite-file.ts';
import { SqliteQueries } from './sqlite-queries.ts';
import type { EventPage, EventPageOptions, RunListEntry, RunListOptions, StreamPosition } from './store.ts';
import type { SummaryRow } from './summary.ts';

/** Number of events that one query reads, in half a millisecond. */
const chunkEvents = 100;

/** Reads runs from a database that another thread has opened for writing. Reads what is committed when a query begins. */
export class SqliteReader {
  readonly #path: string;
  #database: Database.Database | undefined;
  #queries: SqliteQueries | undefined;

  constructor(folder: string) {
    this.#path = databasePath(folder);
  }

  /** Opens the connection. */
  open(): void {
    this.#mapErrors(() => {
      this.#database = connectReader(this.#path);
      this.#queries = new SqliteQueries(this.#database);
    });
  }

  close(): void {
    this.#queries = undefined;
    this.#database?.close();
    this.#database = undefined;
  }

  lastSeq(runId: string): number {
    return this.#query((queries) => queries.lastSeq(runId));
  }

  position(runId: string): StreamPosition | undefined {
    return this.#query((queries) => queries.position(runId));
  }

  /** Reads a page in short steps, so that it holds up other reads for about a millisecond at a time. */
  async page(runId: string, { after, limit, types }: EventPageOptions): Promise<EventPage> {
    const slicer = new TimeSlicer();
    const position = this.position(runId);
    const last = position?.lastSeq ?? 0;
    const found: FoundEvent[] = [];
    let through = after;
    let length = 0;
    while (through < last && found.length < limit && length < maxPageLength) {
      const count = Math.min(limit - found.length, chunkEvents);
      const chunk = this.#query((queries) =>
        queries.nextEvents(runId, { after: through, limit: count, types }),
      );
      found.push(...chunk);
      for (const { json } of chunk) length += json?.length ?? 0;
      through = chunk.length === count ? chunk[count - 1]!.seq : last;
      await slicer.yieldIfDue();
    }
    const stream = this.position(runId)?.stream;
    if (stream !== position?.stream) return replacedPage(after);
    return {
      ...splitReadable(found),
      stream,
      version: position?.version ?? 1,
      through,
      more: through < last,
    };
  }

  summary(runId: string): SummaryRow | undefined {
    return this.#query((queries) => queries.summary(runId));
  }

  runs(options: RunListOptions): RunListEntry[] {
    return this.#query((queries) => queries.runs(options));
  }

  #query<T>(read: (queries: SqliteQueries) => T): T {
    return this.#mapErrors(() => {
      if (!this.#queries) throw new MonitorError('store.failing', `the database ${this.#path} is not open`);
      return read(this.#queries);
    });
  }

  /** @throws MonitorError `store.…` for a failure of the disk or the file. */
  #mapErrors<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw toStoreError(error, this.#path);
    }
  }
}
