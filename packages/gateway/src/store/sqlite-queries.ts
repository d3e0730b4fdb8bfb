import type { ProtocolVersion, RunChanges } from '@mnist-monitor/shared';
import { MonitorError } from '@mnist-monitor/shared/errors';
import type Database from 'libsql';
import { eventsAfter, type FoundEvent, jsonBytes, OtherStreamError, SeqGapError } from './event-rules.ts';
import { addMetricNames } from './metric-names.ts';
import type { EventPageOptions, RunListEntry, RunListOptions, StoredEvent, StreamPosition } from './store.ts';
import { newStreamId } from './stream-id.ts';
import type { SummaryRow } from './summary.ts';

/** The number of free pages by which one call of `releaseFreePages` shrinks the file. */
const vacuumPages = 64;

/**
 * The columns of a `SummaryRow`, for a row `r` of the table `run`. `CASE` keeps one damaged event from failing the query.
 */
const summaryColumns = `
  r.name AS runId, r.stream, r.title, r.note, r.pinned, r.bytes, r.received, r.version,
  r.given_name AS givenName, r.given_tags AS givenTags, r.metric_names AS metricNames,
  (SELECT max(seq) FROM event WHERE run = r.id) AS lastSeq,
  (SELECT json FROM event WHERE run = r.id ORDER BY seq LIMIT 1) AS first,
  (SELECT json FROM event WHERE run = r.id ORDER BY seq DESC LIMIT 1) AS last,
  (SELECT json FROM event WHERE run = r.id AND type = 'run.started' ORDER BY seq LIMIT 1) AS started,
  (SELECT json FROM event WHERE run = r.id AND type = 'batch' ORDER BY seq DESC LIMIT 1) AS batch,
  (SELECT json FROM event WHERE run = r.id AND type = 'epoch' ORDER BY seq DESC LIMIT 1) AS epoch,
  (SELECT max(json_extract(json, '$.data.test.accuracy')) FROM event
    WHERE run = r.id AND type = 'epoch' AND CASE WHEN json_valid(json) THEN json_type(json, '$.data.test.accuracy') END IN ('real', 'integer')) AS bestAccuracy,
  (SELECT json_extract(json, '$.data.code') FROM event
    WHERE run = r.id AND type = 'notice' AND CASE WHEN json_valid(json) THEN json_extract(json, '$.data.code') END IN ('run.paused', 'run.resumed')
    ORDER BY seq DESC LIMIT 1) AS lastPauseNotice
`;

/** The events to append to a run. */
export interface Append {
  runId: string;
  events: readonly StoredEvent[];
  /** The stream that the run has to have, and that a new run gets. If undefined, any is right, and a new run gets a random one. */
  stream?: string | undefined;
  /** The lowest version of the protocol that has all of the events. */
  version: ProtocolVersion;
  /** The names of the custom metrics in the events. */
  metricNames: readonly string[];
}

/** A row of the list of runs. */
interface RunRow {
  name: string;
  id: number;
  pinned: number;
  stream: string;
  changes: number;
}

/** The SQL statements of the SQLite store, prepared once for an open database. */
export class SqliteQueries {
  readonly #database: Database.Database;
  readonly #runKey: Database.Statement;
  readonly #lastSeq: Database.Statement;
  readonly #position: Database.Statement;
  readonly #renewStream: Database.Statement;
  readonly #nextEvents: Database.Statement;
  readonly #nextEventsOfType: Database.Statement;
  readonly #summary: Database.Statement;
  readonly #runs: Database.Statement;
  readonly #addRun: Database.Statement;
  readonly #addEvent: Database.Statement;
  readonly #noteAppend: Database.Statement;
  readonly #metricNames: Database.Statement;
  readonly #setMetricNames: Database.Statement;
  readonly #annotate: Database.Statement;
  readonly #removeRun: Database.Statement;
  readonly #removedRun: Database.Statement;
  readonly #deleteEvents: Database.Statement;
  readonly #deleteRun: Database.Statement;
  readonly #setOwner: Database.Statement;
  readonly #owner: Database.Statement;
  /** Written to the database by `claim`; undefined for a connection that only reads. */
  #token: string | undefined;

  constructor(database: Database.Database) {
    this.#database = database;
    const prepare = (sql: string): Database.Statement => database.prepare(sql);
    this.#runKey = prepare('SELECT id FROM run WHERE name = ?');
    this.#lastSeq = prepare(
      'SELECT max(seq) AS seq FROM event WHERE run = (SELECT id FROM run WHERE name = ?)',
    );
    this.#position = prepare(`
      SELECT stream, version, (SELECT max(seq) FROM event WHERE run = r.id) AS lastSeq FROM run r WHERE name = ?`);
    this.#renewStream = prepare(
      'UPDATE run SET stream = ?, changes = changes + 1 WHERE name = ? AND stream = ?',
    );
    const next = (more: string): Database.Statement =>
      prepare(`
        SELECT seq, type, CASE WHEN json_valid(json) THEN json END AS json FROM event
        WHERE run = (SELECT id FROM run WHERE name = ?) AND seq > ? ${more}
        ORDER BY seq LIMIT ?`);
    this.#nextEvents = next('');
    this.#nextEventsOfType = next('AND type = ?');
    this.#summary = prepare(`SELECT ${summaryColumns} FROM run r WHERE name = ?`);
    this.#runs = prepare(`
      SELECT name, id, pinned, stream, changes FROM run WHERE name IS NOT NULL AND id < ? ORDER BY id DESC LIMIT ?`);
    this.#addRun = prepare('INSERT INTO run (name, bytes, stream) VALUES (?, 0, ?) ON CONFLICT DO NOTHING');
    this.#addEvent = prepare('INSERT INTO event (run, seq, type, json) VALUES (?, ?, ?, ?)');
    this.#noteAppend = prepare(
      'UPDATE run SET bytes = bytes + ?, received = ?, version = max(version, ?), changes = changes + 1 WHERE id = ?',
    );
    this.#metricNames = prepare('SELECT metric_names AS names FROM run WHERE id = ?');
    this.#setMetricNames = prepare('UPDATE run SET metric_names = ? WHERE id = ?');
    // Each text has a flag before it: 1 replaces the old text, even with NULL; 0 keeps it.
    this.#annotate = prepare(`
      UPDATE run SET
        title = iif(?, ?, title),
        note = iif(?, ?, note),
        pinned = coalesce(?, pinned),
        given_name = coalesce(?, given_name),
        given_tags = coalesce(?, given_tags),
        changes = changes + 1
      WHERE name = ?`);
    this.#removeRun = prepare('UPDATE run SET name = NULL WHERE name = ?');
    this.#removedRun = prepare('SELECT id FROM run WHERE name IS NULL LIMIT 1');
    this.#deleteEvents = prepare(
      'DELETE FROM event WHERE rowid IN (SELECT rowid FROM event WHERE run = ? ORDER BY seq LIMIT ?)',
    );
    this.#deleteRun = prepare('DELETE FROM run WHERE id = ?');
    this.#setOwner = prepare('INSERT OR REPLACE INTO owner (id, token) VALUES (1, ?)');
    this.#owner = prepare('SELECT token FROM owner');
  }

  /**
   * Makes this connection the owner of the database, by a durable write. From then on, the changes of an earlier owner are
   * refused.
   */
  claim(token: string): void {
    this.#setOwner.run(token);
    this.#token = token;
  }

  /**
   * Appends to each run, in one transaction. Returns the last seq of each, or the error for events that leave a gap or
   * belong to another stream.
   */
  appendAll(appends: readonly Append[]): (number | SeqGapError | OtherStreamError)[] {
    return this.#inTransaction(() => appends.map((append) => this.#append(append)));
  }

  #append({ runId, events, stream, version, metricNames }: Append): number | SeqGapError | OtherStreamError {
    const position = this.position(runId);
    if (position && stream !== undefined && stream !== position.stream) return new OtherStreamError(runId);
    const last = position?.lastSeq ?? 0;
    const fresh = freshEvents(events, last);
    if (fresh instanceof SeqGapError) return fresh;
    if (fresh.length === 0) return last;
    this.#addRun.run(runId, stream ?? newStreamId());
    const { id } = this.#runKey.get(runId) as { id: number };
    for (const { seq, type, json } of fresh) this.#addEvent.run(id, seq, type, json);
    this.#noteAppend.run(jsonBytes(fresh), Date.now(), version, id);
    if (metricNames.length > 0) this.#noteMetricNames(id, metricNames);
    return last + fresh.length;
  }

  #noteMetricNames(id: number, names: readonly string[]): void {
    const known: string[] = JSON.parse((this.#metricNames.get(id) as { names: string }).names);
    const all = addMetricNames(known, names);
    if (all !== known) this.#setMetricNames.run(JSON.stringify(all), id);
  }

  lastSeq(runId: string): number {
    return (this.#lastSeq.get(runId) as { seq: number | null }).seq ?? 0;
  }

  position(runId: string): StreamPosition | undefined {
    const row = this.#position.get(runId) as
      | (Omit<StreamPosition, 'lastSeq'> & { lastSeq: number | null })
      | undefined;
    // A run that has lost all of its events has no last seq.
    return row && { stream: row.stream, lastSeq: row.lastSeq ?? 0, version: row.version };
  }

  renewStream(runId: string, stream: string): boolean {
    return this.#inTransaction(() => this.#renewStream.run(newStreamId(stream), runId, stream).changes > 0);
  }

  /**
   * Returns the next events; one that is no JSON has null instead. Each type is looked up in its index, so that rare types are
   * found without a scan.
   */
  nextEvents(runId: string, { after, limit, types }: EventPageOptions): FoundEvent[] {
    if (!types) return eventsOf(this.#nextEvents.all(runId, after, limit));
    return [...new Set(types)]
      .flatMap((type) => eventsOf(this.#nextEventsOfType.all(runId, after, type, limit)))
      .sort((one, other) => one.seq - other.seq)
      .slice(0, limit);
  }

  summary(runId: string): SummaryRow | undefined {
    return this.#summary.get(runId) as SummaryRow | undefined;
  }

  /** Returns the newest runs first. */
  runs({ before = Number.MAX_SAFE_INTEGER, limit }: RunListOptions): RunListEntry[] {
    const rows = this.#runs.all(before, limit) as RunRow[];
    return rows.map(({ name, id, pinned, stream, changes }) => ({
      ...{ runId: name, position: id, pinned: pinned !== 0 },
      change: `${stream}.${changes}`,
    }));
  }

  annotate(runId: string, { title, note, pinned, name, tags }: RunChanges): boolean {
    const text = (value: string | null | undefined): [number, string | null] => [
      value === undefined ? 0 : 1,
      value ?? null,
    ];
    const pin = pinned === undefined ? null : Number(pinned);
    const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));
    const values = [...text(title), ...text(note), pin, json(name), json(tags)];
    return this.#inTransaction(() => this.#annotate.run(...values, runId).changes > 0);
  }

  remove(runId: string): boolean {
    return this.#inTransaction(() => this.#removeRun.run(runId).changes > 0);
  }

  /** Deletes up to `limit` events of a removed run; false when no removed run is left. */
  deleteRemovedEvents(limit: number): boolean {
    const run = this.#removedRun.get() as { id: number } | undefined;
    if (!run) return false;
    this.#inTransaction(() => {
      const { changes } = this.#deleteEvents.run(run.id, limit);
      if (changes < limit) this.#deleteRun.run(run.id);
    });
    return true;
  }

  /** Shrinks the file by some free pages; false when few are left, or when the file cannot shrink. */
  releaseFreePages(): boolean {
    const before = this.#freePages();
    if (before < vacuumPages) return false;
    this.#inTransaction(() => this.#database.pragma(`incremental_vacuum(${vacuumPages})`));
    return this.#freePages() < before;
  }

  #freePages(): number {
    return (this.#database.pragma('freelist_count') as { freelist_count: number }[])[0]!.freelist_count;
  }

  /** Replaces libsql's own `transaction`, which hides the error when SQLite has already rolled back. */
  #inTransaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      this.#ensureOwner();
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /** @throws MonitorError `store.in_use` when another gateway has claimed the database. */
  #ensureOwner(): void {
    const owner = this.#owner.get() as { token: string } | undefined;
    if (owner?.token !== this.#token)
      throw new MonitorError(
        'store.in_use',
        'another gateway has opened the database of this folder of runs: stop it, or choose another folder with --runs',
      );
  }
}

function freshEvents(events: readonly StoredEvent[], last: number): StoredEvent[] | SeqGapError {
  try {
    return eventsAfter(events, last);
  } catch (error) {
    if (error instanceof SeqGapError) return error;
    throw error;
  }
}

/** Copies the columns, without the fields that libsql may add to a row. */
const eventsOf = (rows: unknown[]): FoundEvent[] =>
  (rows as FoundEvent[]).map(({ seq, type, json }) => ({ seq, type, json }));
