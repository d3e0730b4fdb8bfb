import {
  decode,
  type EventOf,
  type EventType,
  eventSchema,
  type MonitorEvent,
  type ProtocolVersion,
  type RunChanges,
} from '@mnist-monitor/shared';
import { eventsAfter, jsonBytes, OtherStreamError } from '../../src/store/event-rules.ts';
import { addMetricNames, metricNamesOf } from '../../src/store/metric-names.ts';
import { shortenSummary } from '../../src/store/shorten-summary.ts';
import {
  type EventPage,
  type EventPageOptions,
  type NewEvent,
  type RunListEntry,
  type RunListOptions,
  type Store,
  type StoredEvent,
  type StoredSummary,
  type StreamPosition,
  versionOf,
} from '../../src/store/store.ts';
import { newStreamId } from '../../src/store/stream-id.ts';
import { normalTime } from '../../src/store/summary.ts';

/** A store in memory that passes the tests of all stores. Its methods are asynchronous, like those of a remote store. */
export class MemoryStore implements Store {
  readonly #runs = new Map<string, StoredEvent[]>();
  readonly #streams = new Map<string, string>();
  readonly #received = new Map<StoredEvent[], string>();
  readonly #versions = new Map<string, ProtocolVersion>();
  readonly #annotations = new Map<string, RunChanges>();
  #changes = 0;
  readonly #changeOf = new Map<string, string>();
  /** Awaited before and after each operation. Tests set it to delay the operations. */
  pause: () => Promise<void> = async () => {};

  async append(runId: string, events: readonly NewEvent[], stream?: string): Promise<number> {
    await this.pause();
    const kept = this.#runs.get(runId) ?? [];
    if (kept.length > 0 && stream !== undefined && stream !== this.#streams.get(runId))
      throw new OtherStreamError(runId);
    if (kept.length === 0) this.#versions.delete(runId);
    if (versionOf(events) === 2) this.#versions.set(runId, 2);
    if (kept.length === 0) this.#streams.set(runId, stream ?? newStreamId());
    for (const { seq, type, json } of eventsAfter(events, kept.length)) kept.push({ seq, type, json });
    if (kept.length > 0) this.#runs.set(runId, kept);
    this.#received.set(kept, new Date().toISOString());
    this.#noteChange(runId);
    await this.pause();
    return kept.length;
  }

  async lastSeq(runId: string): Promise<number> {
    const seq = this.#runs.get(runId)?.length ?? 0;
    await this.pause();
    return seq;
  }

  async position(runId: string): Promise<StreamPosition | undefined> {
    const lastSeq = this.#runs.get(runId)?.length;
    const stream = this.#streams.get(runId);
    const version = this.#versions.get(runId) ?? 1;
    await this.pause();
    return lastSeq === undefined || stream === undefined ? undefined : { stream, lastSeq, version };
  }

  async renewStream(runId: string, stream: string): Promise<boolean> {
    await this.pause();
    if (!this.#runs.has(runId) || this.#streams.get(runId) !== stream) return false;
    this.#streams.set(runId, newStreamId(stream));
    this.#noteChange(runId);
    return true;
  }

  /** Returns the stream of a run that has events, synchronously. */
  streamOf(runId: string): string {
    return this.#streams.get(runId) as string;
  }

  /** Removes the events of a run after `lastSeq`, like a failover to a replica that has not received them. */
  loseEnd(runId: string, lastSeq: number): void {
    this.#runs.get(runId)?.splice(lastSeq);
  }

  async page(runId: string, { after, limit, types }: EventPageOptions): Promise<EventPage> {
    await this.pause();
    const kept = this.#runs.get(runId) ?? [];
    const wanted = kept.filter(({ seq, type }) => seq > after && (types?.includes(type) ?? true));
    const events = wanted.slice(0, limit);
    const through = events.length === limit ? (events.at(-1)?.seq ?? after) : Math.max(after, kept.length);
    const stream = this.#runs.has(runId) ? this.#streams.get(runId) : undefined;
    const version = this.#versions.get(runId) ?? 1;
    const page = { events, stream, version, through, more: through < kept.length };
    await this.pause();
    return page;
  }

  async summary(runId: string): Promise<StoredSummary | undefined> {
    await this.pause();
    const kept = this.#runs.get(runId);
    return kept && this.#summarise(runId, kept);
  }

  async runs({ before = Number.POSITIVE_INFINITY, limit }: RunListOptions): Promise<RunListEntry[]> {
    const entries = [...this.#runs.keys()].map((runId, position) => ({
      ...{ runId, position, pinned: this.#annotations.get(runId)?.pinned ?? false },
      change: this.#changeOf.get(runId)!,
    }));
    return entries
      .reverse()
      .filter(({ position }) => position < before)
      .slice(0, limit);
  }

  async annotate(runId: string, changes: RunChanges): Promise<boolean> {
    await this.pause();
    if (!this.#runs.has(runId)) return false;
    this.#annotations.set(runId, { ...this.#annotations.get(runId), ...changes });
    this.#noteChange(runId);
    return true;
  }

  #noteChange(runId: string): void {
    this.#changeOf.set(runId, String(++this.#changes));
  }

  async remove(runId: string): Promise<boolean> {
    await this.pause();
    this.#annotations.delete(runId);
    return this.#runs.delete(runId);
  }

  async check(): Promise<void> {}

  async close(): Promise<void> {}

  #summarise(runId: string, kept: StoredEvent[]): StoredSummary {
    const summary = summarise(kept.map(parse));
    const changes = this.#annotations.get(runId) ?? {};
    const { title = null, note = null, pinned = false } = changes;
    const { name = summary.started?.name ?? null, tags = summary.started?.tags ?? [] } = changes;
    const lastReceivedAt = this.#received.get(kept)!;
    const version = this.#versions.get(runId) ?? 1;
    const metricNames = [...addMetricNames([], metricNamesOf(kept.map((each) => ({ event: parse(each) }))))];
    const parts = { title, note, pinned, name, tags, metricNames, bytes: jsonBytes(kept), lastReceivedAt };
    return shortenSummary({
      ...summary,
      ...parts,
      stream: this.#streams.get(runId)!,
      version,
    });
  }
}

function parse({ json }: StoredEvent): MonitorEvent {
  const result = decode(eventSchema, json);
  if (!result.ok) throw new Error(`expected an event, got ${json}`);
  return result.value;
}

function summarise(events: MonitorEvent[]): Omit<StoredSummary, 'title' | 'note' | 'pinned' | 'bytes'> {
  const first = events[0] as MonitorEvent;
  const last = events.at(-1) as MonitorEvent;
  const of = <T extends EventType>(type: T) =>
    events.filter((each): each is EventOf<T> => each.type === type);
  const pauseOrResume = of('notice').findLast(({ data }) =>
    ['run.paused', 'run.resumed'].includes(data.code),
  );
  const finished = last.type === 'run.finished' ? last.data : null;
  return {
    runId: first.runId,
    status: finished?.status ?? (pauseOrResume?.data.code === 'run.paused' ? 'paused' : 'running'),
    startedAt: normalTime(first.time),
    lastEventAt: normalTime(last.time),
    lastSeq: last.seq,
    started: of('run.started')[0]?.data ?? null,
    batch: of('batch').at(-1)?.data ?? null,
    epoch: of('epoch').at(-1)?.data ?? null,
    bestAccuracy: bestOf(of('epoch').map(({ data }) => data.test?.accuracy ?? Number.NaN)),
    finished,
  };
}

function bestOf(accuracies: number[]): number | null {
  const best = Math.max(...accuracies.filter(Number.isFinite));
  return Number.isFinite(best) ? best : null;
}
