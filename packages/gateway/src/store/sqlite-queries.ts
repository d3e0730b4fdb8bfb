import type { RunChanges } from '@mnist-monitor/shared';
import type Database from 'libsql';
import { migrations, summaryColumns } from './schema.ts';
import { type EventPageOptions, eventsAfter, jsonBytes, type StoredEvent } from './store.ts';
import type { SummaryRow } from './summary.ts';

/** Pages that leave the end of the file in one step. */
const vacuumPages = 64;

/** What the SQLite store asks its database, statement by statement. */
export class SqliteQueries {
  readonly #database: Database.Database;
  readonly #runKey: Database.Statement;
  readonly #lastSeq: Database.Statement;
  readonly #nextEvents: Database.Statement;
  readonly #nextEventsOfType: Database.Statement;
  readonly #summary: Database.Statement;
  readonly #newestRunIds: Database.Statement;
  readonly #addRun: Database.Statement;
  readonly #addEvent: Database.Statement;
  readonly #addBytes: Database.Statement;
  readonly #annotate: Database.Statement;
  readonly #removeRun: Database.Statement;
  readonly #removedRun: Database.Statement;
  readonly #deleteEvents: Database.Statement;
  readonly #deleteRun: Database.Statement;

  constructor(database: Database.Database) {
    this.#database = database;
    const prepare = (sql: string): Database.Statement => database.prepare(sql);
    this.#runKey = prepare('SELECT id FROM run WHERE name = ?');
    this.#lastSeq = prepare(
      'SELECT max(seq) AS seq FROM event WHERE run = (SELECT id FROM run WHERE name = ?)',
    );
    const next = (more: string): Database.Statement =>
      prepare(`
        SELECT seq, type, json FROM event
        WHERE run = (SELECT id FROM run WHERE name = ?) AND seq > ? ${more}
        ORDER BY seq LIMIT ?`);
    this.#nextEvents = next('');
    this.#nextEventsOfType = next('AND type = ?');
    this.#summary = prepare(`SELECT ${summaryColumns} FROM run r WHERE name = ?`);
    this.#newestRunIds = prepare('SELECT name FROM run WHERE name IS NOT NULL ORDER BY id DESC LIMIT ?');
    this.#addRun = prepare('INSERT INTO run (name, bytes) VALUES (?, 0) ON CONFLICT DO NOTHING');
    this.#addEvent = prepare('INSERT INTO event (run, seq, type, json) VALUES (?, ?, ?, ?)');
    this.#addBytes = prepare('UPDATE run SET bytes = bytes + ? WHERE id = ?');
    // A text takes the place of the one before, also when it is NULL; 0 stands for "as it is".
    this.#annotate = prepare(`
      UPDATE run SET
        title = iif(?, ?, title),
        note = iif(?, ?, note),
        pinned = coalesce(?, pinned)
      WHERE name = ?`);
    this.#removeRun = prepare('UPDATE run SET name = NULL WHERE name = ?');
    this.#removedRun = prepare('SELECT id FROM run WHERE name IS NULL LIMIT 1');
    this.#deleteEvents = prepare(
      'DELETE FROM event WHERE rowid IN (SELECT rowid FROM event WHERE run = ? ORDER BY seq LIMIT ?)',
    );
    this.#deleteRun = prepare('DELETE FROM run WHERE id = ?');
  }

  append(runId: string, events: readonly StoredEvent[]): number {
    return this.#inTransaction(() => {
      const last = this.lastSeq(runId);
      const fresh = eventsAfter(events, last);
      if (fresh.length === 0) return last;
      this.#addRun.run(runId);
      const { id } = this.#runKey.get(runId) as { id: number };
      for (const { seq, type, json } of fresh) this.#addEvent.run(id, seq, type, json);
      this.#addBytes.run(jsonBytes(fresh), id);
      return last + fresh.length;
    });
  }

  lastSeq(runId: string): number {
    return (this.#lastSeq.get(runId) as { seq: number | null }).seq ?? 0;
  }

  /** The next events; of each type by its own index, so that rare ones are found at once. */
  nextEvents(runId: string, { after, limit, types }: EventPageOptions): StoredEvent[] {
    if (!types) return eventsOf(this.#nextEvents.all(runId, after, limit));
    return [...new Set(types)]
      .flatMap((type) => eventsOf(this.#nextEventsOfType.all(runId, after, type, limit)))
      .sort((one, other) => one.seq - other.seq)
      .slice(0, limit);
  }

  summary(runId: string): SummaryRow | undefined {
    return this.#summary.get(runId) as SummaryRow | undefined;
  }

  /** Of the runs that came last, the newest first; -1 has no limit. */
  newestRunIds(limit: number): string[] {
    return (this.#newestRunIds.all(limit) as { name: string }[]).map(({ name }) => name);
  }

  annotate(runId: string, { title, note, pinned }: RunChanges): boolean {
    const text = (given: string | null | undefined): [number, string | null] => [
      given === undefined ? 0 : 1,
      given ?? null,
    ];
    const pin = pinned === undefined ? null : Number(pinned);
    return this.#annotate.run(...text(title), ...text(note), pin, runId).changes > 0;
  }

  remove(runId: string): boolean {
    return this.#removeRun.run(runId).changes > 0;
  }

  /** Takes away up to `limit` events of removed runs; false when none is left of any. */
  deleteRemovedEvents(limit: number): boolean {
    const run = this.#removedRun.get() as { id: number } | undefined;
    if (!run) return false;
    this.#inTransaction(() => {
      const { changes } = this.#deleteEvents.run(run.id, limit);
      if (changes < limit) this.#deleteRun.run(run.id);
    });
    return true;
  }

  /** Writes, and waits for the disk, without changing anything. */
  writeProbe(): void {
    this.#database.exec(`PRAGMA user_version = ${migrations.length}`);
  }

  /** Gives some free pages back to the disk; false when few are left, or the file cannot be made smaller. */
  releaseFreePages(): boolean {
    const before = this.#freePages();
    if (before < vacuumPages) return false;
    this.#database.pragma(`incremental_vacuum(${vacuumPages})`);
    return this.#freePages() < before;
  }

  /** Writes the log back into the file as far as nobody reads there; only then the file gets smaller. */
  checkpoint(): void {
    this.#database.pragma('wal_checkpoint(PASSIVE)');
  }

  #freePages(): number {
    return (this.#database.pragma('freelist_count') as { freelist_count: number }[])[0]!.freelist_count;
  }

  /** Not libsql's own: that one hides why a transaction failed when SQLite has rolled it back already. */
  #inTransaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

/** Rows without what libsql may add to them. */
const eventsOf = (rows: unknown[]): StoredEvent[] =>
  (rows as StoredEvent[]).map(({ seq, type, json }) => ({ seq, type, json }));
