import { setTimeout as delay } from 'node:timers/promises';
import { MonitorError, type RunChanges } from '@mnist-monitor/shared';
import type Database from 'libsql';
import { Slices } from '../slices.ts';
import { claim } from './sqlite-claim.ts';
import { describeTrouble } from './sqlite-errors.ts';
import { databasePath, openDatabase } from './sqlite-file.ts';
import { Place, vanished } from './sqlite-place.ts';
import { Queries } from './sqlite-queries.ts';
import { probeDisk, rescue } from './sqlite-rescue.ts';
import {
  type KeptSummary,
  keptSummaries,
  type Page,
  type PageOptions,
  pageBytes,
  type Store,
  type StoredEvent,
} from './store.ts';
import { toSummary } from './summary.ts';

/** Read together: half a millisecond, and no more than one query may bring in. */
const chunkEvents = 100;
/** Removed together, in one transaction of about 5 ms; the pause leaves room for everything else. */
const clearedEvents = 200;
const clearPauseMs = 10;

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
  #claim: Database.Database;
  #database: Database.Database;
  #queries: Queries;
  #place: Place;
  /** Something went wrong since reading and writing worked last. */
  #suspect = false;
  #closed = false;
  #clearing = false;
  /** Only this process writes (`claim`), so a summary holds until the run changes. */
  readonly #summaries = new Map<string, KeptSummary>();

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = databasePath(folder);
    this.#claim = claim(folder);
    try {
      this.#database = openDatabase(folder);
    } catch (error) {
      this.#claim.close();
      throw error;
    }
    this.#queries = new Queries(this.#database);
    this.#place = new Place(this.#path);
    this.#giveBack();
  }

  async append(runId: string, events: readonly StoredEvent[]): Promise<number> {
    return this.#change(runId, (queries) => queries.append(runId, events));
  }

  async lastSeq(runId: string): Promise<number> {
    return this.#ask((queries) => queries.lastSeq(runId));
  }

  async page(runId: string, { after, limit, types }: PageOptions): Promise<Page> {
    const slices = new Slices();
    const last = this.#ask((queries) => queries.lastSeq(runId));
    const events: StoredEvent[] = [];
    let through = after;
    let bytes = 0;
    while (through < last && events.length < limit && bytes < pageBytes) {
      const count = Math.min(limit - events.length, chunkEvents);
      const chunk = this.#ask((queries) => queries.chunk(runId, { after: through, limit: count, types }));
      events.push(...chunk);
      for (const { json } of chunk) bytes += json.length;
      through = chunk.length === count ? chunk[count - 1]!.seq : last;
      await slices.breathe();
    }
    return { events, through, more: through < last };
  }

  async summary(runId: string): Promise<KeptSummary | undefined> {
    const known = this.#summaries.get(runId);
    if (known) return known;
    const row = this.#ask((queries) => queries.summary(runId));
    if (!row) return undefined;
    const summary = toSummary(row);
    this.#summaries.set(runId, summary);
    if (this.#summaries.size > keptSummaries)
      this.#summaries.delete(this.#summaries.keys().next().value as string);
    return summary;
  }

  async summaries(limit = -1): Promise<KeptSummary[]> {
    const slices = new Slices();
    const found: KeptSummary[] = [];
    for (const name of this.#ask((queries) => queries.names(limit))) {
      const summary = await this.summary(name);
      // Removed a moment ago.
      if (summary) found.push(summary);
      await slices.breathe();
    }
    return found;
  }

  async annotate(runId: string, changes: RunChanges): Promise<boolean> {
    return this.#change(runId, (queries) => queries.annotate(runId, changes));
  }

  async remove(runId: string): Promise<boolean> {
    const removed = this.#change(runId, (queries) => queries.remove(runId));
    if (removed) this.#giveBack();
    return removed;
  }

  async check(): Promise<void> {
    if (!this.#suspect) return this.#ask(() => this.#place.ensure());
    this.#guard(() => this.#reopen());
    this.#suspect = false;
    this.#giveBack();
  }

  /** Writes the log back into the file first: libsql leaves that to whoever opens it next. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#database.open) {
      this.#database.pragma('wal_checkpoint(TRUNCATE)');
      this.#database.close();
    }
    this.#claim.close();
  }

  /** Ends with a database that can be written, or throws what stands in the way. */
  #reopen(): void {
    const where = this.#place.look();
    if (where === 'replaced') throw vanished(this.#path, where);
    if (where === 'moved' && this.#database.open) rescue(this.#database, this.#folder);
    probeDisk(this.#folder);
    if (this.#database.open) this.#database.close();
    this.#summaries.clear();
    this.#claim.close();
    this.#claim = claim(this.#folder);
    this.#database = openDatabase(this.#folder);
    this.#queries = new Queries(this.#database);
    this.#place = new Place(this.#path);
    this.#queries.probe();
  }

  #change<T>(runId: string, change: (queries: Queries) => T): T {
    this.#summaries.delete(runId);
    return this.#ask((queries) => {
      this.#place.ensure();
      return change(queries);
    });
  }

  #ask<T>(question: (queries: Queries) => T): T {
    return this.#guard(() => {
      if (!this.#database.open)
        throw new MonitorError('store.failing', `the database ${this.#path} is not open`);
      return question(this.#queries);
    });
  }

  /** @throws MonitorError `store.…` for what lies outside this program. */
  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const described = describeTrouble(error, this.#path);
      if (described instanceof MonitorError) this.#suspect = true;
      throw described;
    }
  }

  /** Takes the events of removed runs away and makes the file smaller, in steps that hold nobody up. */
  async #giveBack(): Promise<void> {
    if (this.#clearing) return;
    this.#clearing = true;
    try {
      const step = (): boolean => this.#ask((queries) => queries.clear(clearedEvents) || queries.shrink());
      let steps = 0;
      for (; !this.#closed && step(); steps++) await delay(clearPauseMs, undefined, { ref: false });
      if (steps > 0 && !this.#closed) this.#ask((queries) => queries.checkpoint());
    } catch {
      // Told where it is noticed by whoever writes; begun again when the trouble is over, or at the next start.
    } finally {
      this.#clearing = false;
    }
  }
}
