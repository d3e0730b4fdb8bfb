import type { RunChanges } from '@mnist-monitor/shared';
import { eventsAfter, jsonBytes, OtherStreamError } from '../../src/store/event-rules.ts';
import { addMetricNames, metricNamesOf } from '../../src/store/metric-names.ts';
import {
  type EventPage,
  type EventPageOptions,
  type NewEvent,
  type RunListEntry,
  type RunListOptions,
  type Store,
  type StoredSummary,
  type StreamPosition,
  versionOf,
} from '../../src/store/store.ts';
import { newStreamId } from '../../src/store/stream-id.ts';
import { type SummaryRow, toSummary } from '../../src/store/summary.ts';

interface StoredRun {
  stream: string;
  position: number;
  events: NewEvent[];
  receivedAt: number;
  annotations: RunChanges;
  /** Differs after each change, among all runs. */
  change: number;
  /** The summary since the last change; undefined until it is read. */
  summary: StoredSummary | undefined;
}

/** A store in memory that passes the tests of all stores. Its methods are asynchronous, like those of a remote store. */
export class MemoryStore implements Store {
  readonly #runs = new Map<string, StoredRun>();
  #begun = 0;
  #changes = 0;
  /** Awaited before and after each operation. Tests set it to delay the operations. */
  pause: () => Promise<void> = async () => {};

  async append(runId: string, events: readonly NewEvent[], stream?: string): Promise<number> {
    await this.pause();
    const run = this.#runs.get(runId);
    if (run && stream !== undefined && stream !== run.stream) throw new OtherStreamError(runId);
    const fresh = eventsAfter(events, run?.events.length ?? 0);
    const last = (run?.events.length ?? 0) + fresh.length;
    if (fresh.length > 0) this.#add(runId, fresh, stream);
    await this.pause();
    return last;
  }

  async lastSeq(runId: string): Promise<number> {
    const seq = this.#runs.get(runId)?.events.length ?? 0;
    await this.pause();
    return seq;
  }

  async position(runId: string): Promise<StreamPosition | undefined> {
    const run = this.#runs.get(runId);
    const position = run && {
      stream: run.stream,
      lastSeq: run.events.length,
      version: versionOf(run.events),
    };
    await this.pause();
    return position;
  }

  async renewStream(runId: string, stream: string): Promise<boolean> {
    await this.pause();
    const run = this.#runs.get(runId);
    if (run?.stream !== stream) return false;
    run.stream = newStreamId(stream);
    this.#noteChange(run);
    return true;
  }

  /** Returns the stream of a run that has events, synchronously. */
  streamOf(runId: string): string {
    return this.#runs.get(runId)?.stream as string;
  }

  /** Returns the stored events of a run, synchronously. */
  eventsOf(runId: string): readonly NewEvent[] {
    return this.#runs.get(runId)?.events ?? [];
  }

  /** Removes the events of a run after `lastSeq`, like a failover to a replica that has not received them. */
  loseEnd(runId: string, lastSeq: number): void {
    const run = this.#runs.get(runId);
    run?.events.splice(lastSeq);
    if (run) this.#noteChange(run);
    if (lastSeq === 0) this.#runs.delete(runId);
  }

  async page(runId: string, { after, limit, types }: EventPageOptions): Promise<EventPage> {
    await this.pause();
    const run = this.#runs.get(runId);
    const kept = run?.events ?? [];
    const wanted = kept.slice(after).filter(({ type }) => types?.includes(type) ?? true);
    const events = wanted.slice(0, limit).map(({ seq, type, json }) => ({ seq, type, json }));
    const through = events.length === limit ? (events.at(-1)?.seq ?? after) : Math.max(after, kept.length);
    const page = {
      events,
      stream: run?.stream,
      version: versionOf(kept),
      through,
      more: through < kept.length,
    };
    await this.pause();
    return page;
  }

  async summary(runId: string): Promise<StoredSummary | undefined> {
    await this.pause();
    const run = this.#runs.get(runId);
    if (run) run.summary ??= toSummary(summaryRow(runId, run), 'memory');
    return run?.summary;
  }

  async runs({ before = Number.POSITIVE_INFINITY, limit }: RunListOptions): Promise<RunListEntry[]> {
    const entries = [...this.#runs].map(([runId, { position, annotations, change }]) => ({
      ...{ runId, position, pinned: annotations.pinned ?? false },
      change: String(change),
    }));
    return entries
      .reverse()
      .filter(({ position }) => position < before)
      .slice(0, limit);
  }

  async annotate(runId: string, changes: RunChanges): Promise<boolean> {
    await this.pause();
    const run = this.#runs.get(runId);
    if (!run) return false;
    run.annotations = { ...run.annotations, ...changes };
    this.#noteChange(run);
    return true;
  }

  async remove(runId: string): Promise<boolean> {
    await this.pause();
    return this.#runs.delete(runId);
  }

  async check(): Promise<void> {}

  async close(): Promise<void> {}

  #add(runId: string, events: readonly NewEvent[], stream = newStreamId()): void {
    const run: StoredRun = this.#runs.get(runId) ?? {
      ...{ stream, position: this.#begun++, events: [], receivedAt: 0, annotations: {} },
      ...{ change: 0, summary: undefined },
    };
    run.events.push(...events);
    run.receivedAt = Date.now();
    this.#noteChange(run);
    this.#runs.set(runId, run);
  }

  #noteChange(run: StoredRun): void {
    run.change = ++this.#changes;
    run.summary = undefined;
  }
}

/** Returns the values from which the summary of a run is built, as a database stores them. */
function summaryRow(runId: string, { stream, events, receivedAt, annotations }: StoredRun): SummaryRow {
  const { title = null, note = null, pinned = false, name, tags } = annotations;
  const last = (type: NewEvent['type']): string | null =>
    events.findLast((event) => event.type === type)?.json ?? null;
  const accuracies = events.flatMap(({ event }) =>
    event.type === 'epoch' ? [event.data.test?.accuracy ?? Number.NaN] : [],
  );
  const finite = accuracies.filter(Number.isFinite);
  return {
    ...{ runId, stream, title, note, pinned: Number(pinned), received: receivedAt },
    givenName: name === undefined ? null : JSON.stringify(name),
    givenTags: tags === undefined ? null : JSON.stringify(tags),
    metricNames: JSON.stringify([...addMetricNames([], metricNamesOf(events))]),
    bytes: jsonBytes(events),
    lastSeq: events.length,
    version: versionOf(events),
    first: events[0]?.json ?? null,
    last: events.at(-1)?.json ?? null,
    started: events.find(({ type }) => type === 'run.started')?.json ?? null,
    batch: last('batch'),
    epoch: last('epoch'),
    bestAccuracy: finite.length > 0 ? Math.max(...finite) : null,
    lastPauseNotice: lastPauseNotice(events),
  };
}

function lastPauseNotice(events: readonly NewEvent[]): SummaryRow['lastPauseNotice'] {
  const codes = events.flatMap(({ event }) => (event.type === 'notice' ? [event.data.code] : []));
  return (
    codes.findLast(
      (code): code is 'run.paused' | 'run.resumed' => code === 'run.paused' || code === 'run.resumed',
    ) ?? null
  );
}
