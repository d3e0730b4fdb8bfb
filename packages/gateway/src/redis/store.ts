import { randomUUID } from 'node:crypto';
import {
  type EventType,
  encode,
  MonitorError,
  type MonitorEvent,
  type RunChanges,
} from '@mnist-monitor/shared';
import { LRUCache } from 'lru-cache';
import type { GatewayMessage } from '../cluster/messages.ts';
import { DamagedRunError } from '../store/damaged-run.ts';
import {
  type FoundEvent,
  maxPageLength,
  OtherStreamError,
  replacedPage,
  SeqGapError,
  splitReadable,
} from '../store/event-rules.ts';
import { metricNamesOf } from '../store/metric-names.ts';
import {
  type EventPage,
  type EventPageOptions,
  maxCachedSummaries,
  type NewEvent,
  type RunListEntry,
  type RunListOptions,
  type Store,
  type StoredSummary,
  type StreamPosition,
  versionOf,
} from '../store/store.ts';
import { newStreamId } from '../store/stream-id.ts';
import { type SummaryRow, toSummary } from '../store/summary.ts';
import { TimeSlicer } from '../time-slicer.ts';
import type { RedisClient, RedisConnection } from './connection.ts';
import { damageOf, ForbiddenCommandsError, isWrongType, toStoreError } from './errors.ts';
import { type ChangeArguments, keys, type StreamEntry } from './scripts.ts';

/** Number of events read by one command: some 40 kB, a few tenths of a millisecond of Redis's single thread. */
const chunkEvents = 100;
/** Maximum number of commands for one page, even if they find no event of the requested types. */
const pageChunks = 50;

export interface RedisStoreOptions {
  connection: RedisConnection;
  /** The id of this gateway, which is part of the messages about its changes to the other gateways. */
  gatewayId: string;
}

/** Stores runs in Redis, shared with other gateways: a stream for each run, and one script for each change. */
export class RedisStore implements Store {
  readonly #connection: RedisConnection;
  readonly #gatewayId: string;
  /** The id of all data at the last check. */
  #dataId: string | undefined;
  /**
   * The last summary of each run, with the number of the change that it shows. The numbers begin again when Redis loses
   * its data, so a summary belongs to a stream, too.
   */
  readonly #summaries = new LRUCache<string, { change: string; stream: string; summary: StoredSummary }>({
    max: maxCachedSummaries,
  });

  constructor({ connection, gatewayId }: RedisStoreOptions) {
    this.#connection = connection;
    this.#gatewayId = gatewayId;
  }

  async append(runId: string, events: readonly NewEvent[], stream?: string): Promise<number> {
    const [first, last] = [events[0]?.seq, events.at(-1)?.seq];
    if (first === undefined || last === undefined) return this.lastSeq(runId);
    const types = [...new Set(events.map(({ type }) => type))];
    const change = this.#change(runId, { type: 'appended', runId, first, last, types });
    const append = {
      ...{ ...change, entries: events.map(toEntry) },
      ...{
        stream: stream ?? newStreamId(),
        mustHaveStream: stream !== undefined,
        version: versionOf(events),
        metricNames: metricNamesOf(events),
      },
    };
    const result = await this.#runOf(runId, (redis) => redis.appendEvents(append));
    if (result.gapSeq === 0) return result.last;
    // The run lacks events that it had, or has another stream. If all data was lost, `check` throws `store.vanished` instead.
    await this.check();
    if (result.gapSeq === -1) throw new OtherStreamError(runId);
    throw new SeqGapError(result.last, result.gapSeq);
  }

  async lastSeq(runId: string): Promise<number> {
    return Number((await this.#runOf(runId, (redis) => redis.hGet(keys.run(runId), 'lastSeq'))) ?? 0);
  }

  async position(runId: string): Promise<StreamPosition | undefined> {
    const position = await this.#runOf(runId, (redis) => redis.readPosition(runId, newStreamId()));
    return position.lastSeq > 0 ? position : undefined;
  }

  async renewStream(runId: string, stream: string): Promise<boolean> {
    const change = this.#change(runId, { type: 'renewed', runId });
    const next = newStreamId(stream);
    return (await this.#runOf(runId, (redis) => redis.renewStream(change, { stream, next }))) > 0;
  }

  async page(runId: string, { after, limit, types }: EventPageOptions): Promise<EventPage> {
    const slicer = new TimeSlicer();
    const {
      stream,
      lastSeq: last,
      version,
    } = (await this.position(runId)) ?? { lastSeq: 0, version: 1 as const };
    const found: FoundEvent[] = [];
    let through = after;
    let length = 0;
    for (let chunks = 0; through < last && found.length < limit; chunks++) {
      if (length >= maxPageLength || chunks === pageChunks) break;
      const COUNT = types ? chunkEvents : Math.min(limit - found.length, chunkEvents);
      const [chunk, streamNow] = await this.#runOf(runId, (redis) =>
        Promise.all([
          redis.xRange(keys.events(runId), `${through + 1}-0`, `${last}-0`, { COUNT }),
          redis.hGet(keys.run(runId), 'stream'),
        ]),
      );
      // The run may be removed or replaced between two commands.
      if (streamNow !== stream) return replacedPage(after);
      if (!chunk || chunk.length === 0)
        return { ...splitReadable(found), stream, version, through, more: false };
      for (const entry of chunk) {
        if (found.length === limit) break;
        const event = toEvent(entry);
        if (!event) continue;
        through = event.seq;
        if (types && !types.includes(event.type)) continue;
        found.push(event);
        length += event.json?.length ?? 0;
      }
      await slicer.yieldIfDue();
    }
    return { ...splitReadable(found), stream, version, through, more: through < last };
  }

  async summary(runId: string): Promise<StoredSummary | undefined> {
    // The events of the summary may have more than 1 MB, so they are read only if the run has changed.
    const known = this.#summaries.get(runId);
    if (known && (await this.#isUpToDate(runId, known))) return known.summary;
    const stream = (await this.position(runId))?.stream;
    const fields = await this.#runOf(runId, (redis) => redis.hGetAll(keys.run(runId)));
    return this.#toSummary(runId, { ...(stream !== undefined && { stream }), ...fields });
  }

  async runs({ before, limit }: RunListOptions): Promise<RunListEntry[]> {
    const start = before === undefined ? '+inf' : `(${before}`;
    const LIMIT = { offset: 0, count: limit };
    const found = await this.#run((redis) =>
      redis.zRangeWithScores(keys.runs, start, '-inf', { BY: 'SCORE', REV: true, LIMIT }),
    );
    const fieldOf = (redis: RedisClient, runId: string, field: string): Promise<string | null> =>
      redis.hGet(keys.run(runId), field).catch((error) => {
        if (!isWrongType(error)) throw error;
        return null;
      });
    return this.#run((redis) =>
      Promise.all(
        found.map(async ({ value: runId, score }) => {
          const [pinned, change, stream] = await Promise.all(
            ['pinned', 'change', 'stream'].map((field) => fieldOf(redis, runId, field)),
          );
          // The numbers of changes begin again when Redis loses its data, so a state belongs to a stream, too.
          return { runId, position: score, pinned: pinned === '1', change: `${stream}.${change}` };
        }),
      ),
    );
  }

  async annotate(runId: string, changes: RunChanges): Promise<boolean> {
    const change = this.#change(runId, { type: 'annotated', runId });
    return (await this.#runOf(runId, (redis) => redis.annotateRun(change, changes))) > 0;
  }

  async remove(runId: string): Promise<boolean> {
    const change = this.#change(runId, { type: 'removed', runId });
    this.#summaries.delete(runId);
    return (await this.#runOf(runId, (redis) => redis.removeRun(change))) > 0;
  }

  /**
   * Appends to a run that no reader finds, and compares the id of all data with the one at the last check.
   * @throws MonitorError `store.vanished` once after the data was lost or replaced, such as by FLUSHALL; `store.read_only`
   * with the commands that the user may not run; `store.…` as any operation.
   */
  async check(): Promise<void> {
    const check = { ...this.#change('check', { type: 'checked' }), newId: randomUUID() };
    const { id, forbidden } = await this.#run((redis) => redis.checkStore(check));
    const { address } = this.#connection;
    if (forbidden.length > 0) throw new ForbiddenCommandsError(forbidden, address);
    const before = this.#dataId;
    this.#dataId = id;
    if (before === undefined || before === id) return;
    this.#summaries.clear();
    throw new MonitorError('store.vanished', `the data of Redis at ${address} was deleted or replaced`);
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  #change(runId: string, message: GatewayMessage): ChangeArguments {
    const announcement = encode({ ...message, from: this.#gatewayId });
    return { runId, channel: this.#connection.busChannel, announcement };
  }

  #toSummary(runId: string, fields: Record<string, string>): StoredSummary | undefined {
    const { change, stream } = fields;
    if (change === undefined || stream === undefined) return undefined;
    const summary = toSummary(toRow(runId, fields), this.#connection.address);
    this.#summaries.set(runId, { change, stream, summary });
    return summary;
  }

  async #isUpToDate(
    runId: string,
    { change, stream }: Pick<StreamPosition, 'stream'> & { change: string },
  ): Promise<boolean> {
    const found = await this.#runOf(runId, (redis) =>
      Promise.all([redis.hGet(keys.run(runId), 'change'), redis.hGet(keys.run(runId), 'stream')]),
    );
    return found[0] === change && found[1] === stream;
  }

  /**
   * Runs a command on the keys of a run.
   * @throws DamagedRunError when another program has changed these keys; MonitorError `store.…` as `#run`.
   */
  async #runOf<T>(runId: string, command: (redis: RedisClient) => Promise<T>): Promise<T> {
    const { address } = this.#connection;
    try {
      return await this.#connection.run(command);
    } catch (error) {
      const damage = damageOf(error);
      if (damage === undefined) throw toStoreError(error, address);
      // Rejects if the keys of all runs are damaged.
      await this.check();
      throw new DamagedRunError(runId, damage, address);
    }
  }

  /** @throws MonitorError `store.…` for a failure of the server or the connection. */
  async #run<T>(command: (redis: RedisClient) => Promise<T>): Promise<T> {
    try {
      return await this.#connection.run(command);
    } catch (error) {
      throw toStoreError(error, this.#connection.address);
    }
  }
}

function toEntry({ seq, type, json, event }: NewEvent): StreamEntry {
  return { seq, type, json, summaryValue: summaryValueOf(event) };
}

function summaryValueOf(event: MonitorEvent): string {
  if (event.type === 'epoch') {
    const accuracy = event.data.test?.accuracy ?? Number.NaN;
    return Number.isFinite(accuracy) ? String(accuracy) : '';
  }
  if (event.type !== 'notice') return '';
  const { code } = event.data;
  return code === 'run.paused' || code === 'run.resumed' ? code : '';
}

/** Returns the event of an entry; undefined for an entry that another program has added between two events. */
function toEvent({ id, message }: { id: string; message: Record<string, string> }): FoundEvent | undefined {
  const seq = /^(\d+)-0$/.exec(id)?.[1];
  const { type, json = '' } = message;
  return seq === undefined
    ? undefined
    : { seq: Number(seq), type: type as EventType, json: type !== undefined && isJson(json) ? json : null };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function toRow(runId: string, fields: Record<string, string>): SummaryRow {
  const { first, last, bestAccuracy } = fields;
  return {
    runId,
    stream: fields.stream as string,
    title: fields.title ?? null,
    note: fields.note ?? null,
    pinned: Number(fields.pinned ?? 0),
    givenName: fields.givenName ?? null,
    givenTags: fields.givenTags ?? null,
    metricNames: fields.metricNames ?? (fields.version === '2' ? null : '[]'),
    bytes: Number(fields.bytes),
    received: fields.received === undefined ? null : Number(fields.received),
    lastSeq: Number(fields.lastSeq),
    version: fields.version === '2' ? 2 : 1,
    first: first ?? null,
    last: last ?? null,
    started: fields.started ?? null,
    batch: fields.batch ?? null,
    epoch: fields.epoch ?? null,
    bestAccuracy: bestAccuracy === undefined ? null : Number(bestAccuracy),
    lastPauseNotice: (fields.held as SummaryRow['lastPauseNotice']) ?? null,
  };
}
