import { setTimeout as delay } from 'node:timers/promises';
import { MonitorError, type RunChanges } from '@mnist-monitor/shared';
import type Database from 'libsql';
import { TimeSlicer } from '../time-slicer.ts';
import { lockFolder } from './sqlite-claim.ts';
import { toStoreError } from './sqlite-errors.ts';
import { databasePath, openDatabase } from './sqlite-file.ts';
import { DatabaseFileIdentity, vanishedError } from './sqlite-place.ts';
import { SqliteQueries } from './sqlite-queries.ts';
import { ensureDiskWritable, restoreDatabaseFile } from './sqlite-rescue.ts';
import {
  type EventPage,
  type EventPageOptions,
  maxCachedSummaries,
  maxPageBytes,
  type Store,
  type StoredEvent,
  type StoredSummary,
} from './store.ts';
import { toSummary } from './summary.ts';

/** Read together: half a millisecond, and no more than one query may bring in. */
const chunkEvents = 100;
/** Removed together, in one transaction of about 5 ms; the pause leaves room for everything else. */
const deletedEvents = 200;
const deletePauseMs = 10;

/**
 * The keeper of `<folder>/monitor.db`, the only one at a time. Commits are durable: WAL with synchronous=FULL.
 * @throws MonitorError `store.in_use`, `runs.unwritable` or `store.unusable`
 */
export function openSqliteStore(folder: string): Store {
  return new SqliteStore(folder);
}

class SqliteStore implements Store {
  readonly #folder: string;
  readonly #path: string;
  #lock: Database.Database;
  #database: Database.Database;
  #queries: SqliteQueries;
  #fileIdentity: DatabaseFileIdentity;
  /** Something went wrong since reading and writing worked last. */
  #needsReopen = false;
  #closed = false;
  #isReclaiming = false;
  /** Only this process writes (`claim`), so a summary holds until the run changes. */
  readonly #summaries = new Map<string, StoredSummary>();

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = databasePath(folder);
    this.#lock = lockFolder(folder);
    try {
      this.#database = openDatabase(folder);
    } catch (error) {
      this.#lock.close();
      throw error;
    }
    this.#queries = new SqliteQueries(this.#database);
    this.#fileIdentity = new DatabaseFileIdentity(this.#path);
    this.#reclaimSpace();
  }

  async append(runId: string, events: readonly StoredEvent[]): Promise<number> {
    return this.#change(runId, (queries) => queries.append(runId, events));
  }

  async lastSeq(runId: string): Promise<number> {
    return this.#query((queries) => queries.lastSeq(runId));
  }

  async page(runId: string, { after, limit, types }: EventPageOptions): Promise<EventPage> {
    const slices = new TimeSlicer();
    const last = this.#query((queries) => queries.lastSeq(runId));
    const events: StoredEvent[] = [];
    let through = after;
    let bytes = 0;
    while (through < last && events.length < limit && bytes < maxPageBytes) {
      const count = Math.min(limit - events.length, chunkEvents);
      const chunk = this.#query((queries) =>
        queries.nextEvents(runId, { after: through, limit: count, types }),
      );
      events.push(...chunk);
      for (const { json } of chunk) bytes += json.length;
      through = chunk.length === count ? chunk[count - 1]!.seq : last;
      await slices.yieldIfDue();
    }
    return { events, through, more: through < last };
  }

  async summary(runId: string): Promise<StoredSummary | undefined> {
    const known = this.#summaries.get(runId);
    if (known) return known;
    const row = this.#query((queries) => queries.summary(runId));
    if (!row) return undefined;
    const summary = toSummary(row);
    this.#summaries.set(runId, summary);
    if (this.#summaries.size > maxCachedSummaries)
      this.#summaries.delete(this.#summaries.keys().next().value as string);
    return summary;
  }

  async summaries(limit = -1): Promise<StoredSummary[]> {
    const slices = new TimeSlicer();
    const found: StoredSummary[] = [];
    for (const name of this.#query((queries) => queries.newestRunIds(limit))) {
      const summary = await this.summary(name);
      // Removed a moment ago.
      if (summary) found.push(summary);
      await slices.yieldIfDue();
    }
    return found;
  }

  async annotate(runId: string, changes: RunChanges): Promise<boolean> {
    return this.#change(runId, (queries) => queries.annotate(runId, changes));
  }

  async remove(runId: string): Promise<boolean> {
    const removed = this.#change(runId, (queries) => queries.remove(runId));
    if (removed) this.#reclaimSpace();
    return removed;
  }

  async check(): Promise<void> {
    if (!this.#needsReopen) return this.#query(() => this.#fileIdentity.ensureUnchanged());
    this.#mapErrors(() => this.#reopen());
    this.#needsReopen = false;
    this.#reclaimSpace();
  }

  /** Writes the log back into the file first: libsql leaves that to whoever opens it next. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#database.open) {
      this.#database.pragma('wal_checkpoint(TRUNCATE)');
      this.#database.close();
    }
    this.#lock.close();
  }

  /** Ends with a database that can be written, or throws what stands in the way. */
  #reopen(): void {
    const where = this.#fileIdentity.status();
    if (where === 'replaced') throw vanishedError(this.#path, where);
    if (where === 'moved' && this.#database.open) restoreDatabaseFile(this.#database, this.#folder);
    ensureDiskWritable(this.#folder);
    if (this.#database.open) this.#database.close();
    this.#summaries.clear();
    this.#lock.close();
    this.#lock = lockFolder(this.#folder);
    this.#database = openDatabase(this.#folder);
    this.#queries = new SqliteQueries(this.#database);
    this.#fileIdentity = new DatabaseFileIdentity(this.#path);
    this.#queries.writeProbe();
  }

  #change<T>(runId: string, change: (queries: SqliteQueries) => T): T {
    this.#summaries.delete(runId);
    return this.#query((queries) => {
      this.#fileIdentity.ensureUnchanged();
      return change(queries);
    });
  }

  #query<T>(question: (queries: SqliteQueries) => T): T {
    return this.#mapErrors(() => {
      if (!this.#database.open)
        throw new MonitorError('store.failing', `the database ${this.#path} is not open`);
      return question(this.#queries);
    });
  }

  /** @throws MonitorError `store.…` for what lies outside this program. */
  #mapErrors<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const described = toStoreError(error, this.#path);
      if (described instanceof MonitorError) this.#needsReopen = true;
      throw described;
    }
  }

  /** Takes the events of removed runs away and makes the file smaller, in steps that hold nobody up. */
  async #reclaimSpace(): Promise<void> {
    if (this.#isReclaiming) return;
    this.#isReclaiming = true;
    try {
      const step = (): boolean =>
        this.#query((queries) => queries.deleteRemovedEvents(deletedEvents) || queries.releaseFreePages());
      let steps = 0;
      for (; !this.#closed && step(); steps++) await delay(deletePauseMs, undefined, { ref: false });
      if (steps > 0 && !this.#closed) this.#query((queries) => queries.checkpoint());
    } catch {
      // Told where it is noticed by whoever writes; begun again when the trouble is over, or at the next start.
    } finally {
      this.#isReclaiming = false;
    }
  }
}
