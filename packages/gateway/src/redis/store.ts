import { type EventType, encode, type RunChanges } from '@mnist-monitor/shared';
import type { GatewayMessage } from '../cluster/messages.ts';
import { parseEvent } from '../store/pages.ts';
import {
  type EventPage,
  type EventPageOptions,
  maxCachedSummaries,
  maxPageBytes,
  type Store,
  type StoredEvent,
  type StoredSummary,
} from '../store/store.ts';
import { type SummaryRow, toSummary } from '../store/summary.ts';
import { TimeSlicer } from '../time-slicer.ts';
import type { RedisClient, RedisConnection } from './connection.ts';
import { toStoreError } from './errors.ts';
import { keys, type StreamEntry } from './scripts.ts';

/** Read together: some 40 kB, a few tenths of a millisecond of Redis's one thread. */
const chunkEvents = 100;
/** A page ends after so many chunks, also where none had anything wanted. */
const pageChunks = 50;

export interface RedisStoreOptions {
  connection: RedisConnection;
  /** Name of this gateway, with which its changes are announced to the others. */
  gatewayId: string;
}

/** Keeps runs in Redis, one stream a run, together with other gateways: every change is one script, so it is whole. */
export class RedisStore implements Store {
  readonly #connection: RedisConnection;
  readonly #gatewayId: string;
  /** Parsed once for each state of a run. */
  readonly #summaries = new Map<string, { change: string; summary: StoredSummary }>();

  constructor({ connection, gatewayId: self }: RedisStoreOptions) {
    this.#connection = connection;
    this.#gatewayId = self;
  }

  async append(runId: string, events: readonly StoredEvent[]): Promise<number> {
    const [first, last] = [events[0]?.seq, events.at(-1)?.seq];
    if (first === undefined || last === undefined) return this.lastSeq(runId);
    const types = [...new Set(events.map(({ type }) => type))];
    const announcement = this.#announcement({ type: 'appended', runId, first, last, types });
    const entries = events.map(toEntry);
    const held = await this.#run((redis) => redis.appendEvents({ runId, entries, announcement }));
    if (held.tooFar > 0)
      throw new RangeError(`expected events to follow seq ${held.last} without gaps, got seq ${held.tooFar}`);
    return held.last;
  }

  async lastSeq(runId: string): Promise<number> {
    return Number((await this.#run((redis) => redis.hGet(keys.run(runId), 'lastSeq'))) ?? 0);
  }

  async page(runId: string, { after, limit, types }: EventPageOptions): Promise<EventPage> {
    const slices = new TimeSlicer();
    const last = await this.lastSeq(runId);
    const events: StoredEvent[] = [];
    let through = after;
    let bytes = 0;
    for (let chunks = 0; through < last && events.length < limit; chunks++) {
      if (bytes >= maxPageBytes || chunks === pageChunks) break;
      const COUNT = types ? chunkEvents : Math.min(limit - events.length, chunkEvents);
      const chunk = await this.#run((redis) =>
        redis.xRange(keys.events(runId), `${through + 1}-0`, `${last}-0`, { COUNT }),
      );
      // Removed a moment ago.
      if (!chunk || chunk.length === 0) return { events, through, more: false };
      for (const entry of chunk) {
        if (events.length === limit) break;
        const event = toEvent(entry);
        through = event.seq;
        if (types && !types.includes(event.type)) continue;
        events.push(event);
        bytes += event.json.length;
      }
      await slices.yieldIfDue();
    }
    return { events, through, more: through < last };
  }

  async summary(runId: string): Promise<StoredSummary | undefined> {
    const fields = await this.#run((redis) => redis.hGetAll(keys.run(runId)));
    return this.#toSummary(runId, fields);
  }

  async summaries(limit?: number): Promise<StoredSummary[]> {
    const slices = new TimeSlicer();
    const last = limit === undefined ? -1 : limit - 1;
    const names = await this.#run((redis) => redis.zRange(keys.runs, 0, last, { REV: true }));
    const found: StoredSummary[] = [];
    for (let at = 0; at < names.length; at += chunkEvents) {
      const chunk = names.slice(at, at + chunkEvents);
      // Removed a moment ago.
      for (const summary of await Promise.all(chunk.map((name) => this.summary(name))))
        if (summary) found.push(summary);
      await slices.yieldIfDue();
    }
    return found;
  }

  async annotate(runId: string, changes: RunChanges): Promise<boolean> {
    const announcement = this.#announcement({ type: 'annotated', runId });
    return (await this.#run((redis) => redis.annotateRun({ runId, announcement }, changes))) > 0;
  }

  async remove(runId: string): Promise<boolean> {
    const announcement = this.#announcement({ type: 'removed', runId });
    this.#summaries.delete(runId);
    return (await this.#run((redis) => redis.removeRun({ runId, announcement }))) > 0;
  }

  /** Writes: a server that is full, or must not be written to, answers questions all the same. */
  async check(): Promise<void> {
    await this.#run((redis) => redis.set(keys.probe, this.#gatewayId));
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  #announcement(message: GatewayMessage): string {
    return encode({ ...message, from: this.#gatewayId });
  }

  #toSummary(runId: string, fields: Record<string, string>): StoredSummary | undefined {
    const { change } = fields;
    if (change === undefined) return undefined;
    const known = this.#summaries.get(runId);
    if (known?.change === change) return known.summary;
    const summary = toSummary(toRow(runId, fields));
    this.#summaries.set(runId, { change, summary });
    if (this.#summaries.size > maxCachedSummaries)
      this.#summaries.delete(this.#summaries.keys().next().value as string);
    return summary;
  }

  /** @throws MonitorError `store.…` for what lies outside this program. */
  async #run<T>(question: (redis: RedisClient) => Promise<T>): Promise<T> {
    try {
      return await this.#connection.run(question);
    } catch (error) {
      throw toStoreError(error, this.#connection.address);
    }
  }
}

function toEntry(event: StoredEvent): StreamEntry {
  const { seq, type, json } = event;
  return { seq, type, json, summaryValue: summaryValueOf(event) };
}

function summaryValueOf(event: StoredEvent): string {
  if (event.type !== 'epoch' && event.type !== 'notice') return '';
  const told = parseEvent(event);
  if (told.type === 'epoch') {
    const { accuracy } = told.data.test;
    return Number.isFinite(accuracy) ? String(accuracy) : '';
  }
  const { code } = (told as Extract<typeof told, { type: 'notice' }>).data;
  return code === 'run.paused' || code === 'run.resumed' ? code : '';
}

const toEvent = ({ id, message }: { id: string; message: Record<string, string> }): StoredEvent => ({
  seq: Number.parseInt(id, 10),
  type: message.type as EventType,
  json: message.json as string,
});

function toRow(runId: string, fields: Record<string, string>): SummaryRow {
  const { first, last, bestAccuracy } = fields;
  return {
    runId,
    title: fields.title ?? null,
    note: fields.note ?? null,
    pinned: Number(fields.pinned ?? 0),
    bytes: Number(fields.bytes),
    lastSeq: Number(fields.lastSeq),
    first: first as string,
    last: last as string,
    started: fields.started ?? null,
    batch: fields.batch ?? null,
    epoch: fields.epoch ?? null,
    bestAccuracy: bestAccuracy === undefined ? null : Number(bestAccuracy),
    held: (fields.held as SummaryRow['held']) ?? null,
  };
}
