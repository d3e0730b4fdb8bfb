import { decode, type EventOf, type EventType, event, type MonitorEvent } from '@mnist-monitor/shared';
import type Database from 'libsql';
import { summaryColumns } from './schema.ts';
import { openDatabase } from './sqlite-file.ts';
import {
  following,
  type KeptSummary,
  type Page,
  type PageOptions,
  type Store,
  type StoredEvent,
} from './store.ts';

/** Read together; bounds what one query can bring in. */
const chunkEvents = 200;
/** A page ends after this much text, whatever its limit of events. */
const pageBytes = 4 * 1024 * 1024;

/** The keeper of `<folder>/monitor.db`. Commits are durable: WAL with synchronous=FULL. */
export function openSqliteStore(folder: string): Store {
  return new SqliteStore(openDatabase(folder));
}

interface SummaryRow {
  runId: string;
  lastSeq: number;
  first: string;
  last: string;
  started: string | null;
  batch: string | null;
  epoch: string | null;
  held: 'run.paused' | 'run.resumed' | null;
}

class SqliteStore implements Store {
  readonly #database: Database.Database;
  readonly #append: (runId: string, events: readonly StoredEvent[]) => number;
  readonly #key: Database.Statement;
  readonly #last: Database.Statement;
  readonly #next: Database.Statement;
  readonly #nextOfType: Database.Statement;
  readonly #summary: Database.Statement;
  readonly #summaries: Database.Statement;

  constructor(database: Database.Database) {
    this.#database = database;
    this.#key = database.prepare('SELECT id FROM run WHERE name = ?');
    this.#last = database.prepare(
      'SELECT max(seq) AS seq FROM event WHERE run = (SELECT id FROM run WHERE name = ?)',
    );
    const next = (more: string): Database.Statement =>
      database.prepare(`
        SELECT seq, type, json FROM event
        WHERE run = (SELECT id FROM run WHERE name = ?) AND seq > ? ${more}
        ORDER BY seq LIMIT ?`);
    this.#next = next('');
    this.#nextOfType = next('AND type = ?');
    this.#summary = database.prepare(`SELECT ${summaryColumns} FROM run r WHERE name = ?`);
    this.#summaries = database.prepare(`SELECT ${summaryColumns} FROM run r ORDER BY id DESC LIMIT ?`);
    const addRun = database.prepare('INSERT INTO run (name) VALUES (?) ON CONFLICT DO NOTHING');
    const addEvent = database.prepare('INSERT INTO event (run, seq, type, json) VALUES (?, ?, ?, ?)');
    this.#append = database.transaction((runId: string, events: readonly StoredEvent[]): number => {
      const last = this.#lastSeq(runId);
      const fresh = following(events, last);
      if (fresh.length === 0) return last;
      addRun.run(runId);
      const { id } = this.#key.get(runId) as { id: number };
      for (const { seq, type, json } of fresh) addEvent.run(id, seq, type, json);
      return last + fresh.length;
    }).immediate;
  }

  async append(runId: string, events: readonly StoredEvent[]): Promise<number> {
    return this.#append(runId, events);
  }

  async lastSeq(runId: string): Promise<number> {
    return this.#lastSeq(runId);
  }

  async page(runId: string, { after, limit, types }: PageOptions): Promise<Page> {
    const last = this.#lastSeq(runId);
    const events: StoredEvent[] = [];
    let through = after;
    let bytes = 0;
    while (through < last && events.length < limit && bytes < pageBytes) {
      const count = Math.min(limit - events.length, chunkEvents);
      const chunk = this.#chunk(runId, { after: through, limit: count, types });
      events.push(...chunk);
      for (const { json } of chunk) bytes += json.length;
      through = chunk.length === count ? chunk[count - 1]!.seq : last;
    }
    return { events, through, more: through < last };
  }

  async summary(runId: string): Promise<KeptSummary | undefined> {
    const row = this.#summary.get(runId) as SummaryRow | undefined;
    return row && toSummary(row);
  }

  async summaries(limit: number): Promise<KeptSummary[]> {
    return (this.#summaries.all(limit) as SummaryRow[]).map(toSummary);
  }

  /** Writes the log back into the file first: libsql leaves that to whoever opens it next. */
  async close(): Promise<void> {
    if (!this.#database.open) return;
    this.#database.pragma('wal_checkpoint(TRUNCATE)');
    this.#database.close();
  }

  /** The next events; of each type by its own index, so that rare ones are found at once. */
  #chunk(runId: string, { after, limit, types }: PageOptions): StoredEvent[] {
    if (!types) return (this.#next.all(runId, after, limit) as StoredEvent[]).map(plain);
    const found = [...new Set(types)].flatMap(
      (type) => this.#nextOfType.all(runId, after, type, limit) as StoredEvent[],
    );
    return found
      .sort((one, other) => one.seq - other.seq)
      .slice(0, limit)
      .map(plain);
  }

  #lastSeq(runId: string): number {
    return (this.#last.get(runId) as { seq: number | null }).seq ?? 0;
  }
}

/** A row without what libsql may add to it. */
const plain = ({ seq, type, json }: StoredEvent): StoredEvent => ({ seq, type, json });

function toSummary(row: SummaryRow): KeptSummary {
  const finished = ofType('run.finished', row.last)?.data ?? null;
  return {
    runId: row.runId,
    status: finished?.status ?? (row.held === 'run.paused' ? 'paused' : 'running'),
    startedAt: timeOf(row.first),
    lastEventAt: timeOf(row.last),
    lastSeq: row.lastSeq,
    started: ofType('run.started', row.started)?.data ?? null,
    batch: ofType('batch', row.batch)?.data ?? null,
    epoch: ofType('epoch', row.epoch)?.data ?? null,
    finished,
  };
}

function parse(json: string): MonitorEvent {
  const result = decode(event, json);
  if (!result.ok) throw new Error(`expected a valid event in the store, got ${json.slice(0, 100)}`);
  return result.value;
}

const timeOf = (json: string): string => parse(json).time;

function ofType<T extends EventType>(type: T, json: string | null): EventOf<T> | undefined {
  const parsed = json === null ? undefined : parse(json);
  return parsed && isOf(parsed, type) ? parsed : undefined;
}

function isOf<T extends EventType>(any: MonitorEvent, type: T): any is EventOf<T> {
  return any.type === type;
}
