import { type EventType, MonitorError, type MonitorEvent } from '@mnist-monitor/shared';
import { TimeSlicer } from '../time-slicer.ts';
import { DamagedRunError } from './damaged-run.ts';
import type { EventPage, RunListEntry, Store, StoredEvent } from './store.ts';

export interface ReadPagesOptions {
  runId: string;
  /** Only events with a greater seq are read; 0 when omitted. */
  after?: number;
  /** The last seq to read. */
  to: number;
  /** The types of events to read; all when omitted. */
  types?: readonly EventType[] | undefined;
  /** Ends the reading before its next page, without an error: nobody needs the events any more. */
  signal?: AbortSignal | undefined;
}

/** Maximum number of events in a page, which take about a millisecond to process. */
const pageEvents = 100;
/** Maximum number of events first read from the store: few, because their size is not known yet. 100 of the largest have 90 MB. */
const firstPageEvents = 8;

/**
 * Reads the events of a run up to a seq, and yields them in pages of at most 64 kB of JSON, or of one larger event. Other
 * work runs between pages.
 * @throws MonitorError `run.not_found` when the run is removed before its last page, DamagedRunError when an event of it cannot
 * be read, or is missing from the store. With `types`, missing events are noticed only at the end of the run.
 */
export async function* readPages(
  store: Store,
  { runId, after: start = 0, to, types, signal }: ReadPagesOptions,
): AsyncGenerator<Pick<EventPage, 'events' | 'through'>> {
  const slicer = new TimeSlicer();
  let limit = firstPageEvents;
  for (let after = start; after < to; ) {
    if (signal?.aborted) return;
    const page = await store.page(runId, { after, limit, types });
    const { events, through } = firstEvents(page, pageBytes);
    limit = Math.min(pageEvents, events.length < page.events.length ? events.length : 2 * limit);
    if (!page.more && page.through < to) throw await shortRunError(store, { runId, to, last: page.through });
    const unreadable = page.unreadable?.find((seq) => seq <= Math.min(through, to));
    if (unreadable !== undefined) throw unreadableEvent(runId, unreadable);
    if (!types) ensureComplete(runId, { events, after, through });
    after = through;
    yield { events: events.filter(({ seq }) => seq <= to), through: Math.min(through, to) };
    await slicer.yieldIfDue();
  }
}

/** Returns the error of a run that ends before `to`: it was removed, or its last events are missing. */
async function shortRunError(
  store: Store,
  { runId, to, last }: { runId: string; to: number; last: number },
): Promise<MonitorError> {
  if ((await store.lastSeq(runId)) >= to) return missingEvent(runId, last + 1);
  return new MonitorError('run.not_found', `run ${runId} was removed while it was read`);
}

/** Makes the error for a run with an event that is no JSON any more. */
export const unreadableEvent = (runId: string, seq: number): DamagedRunError =>
  new DamagedRunError(runId, `event ${seq} cannot be read`);

const missingEvent = (runId: string, seq: number): DamagedRunError =>
  new DamagedRunError(runId, `event ${seq} is missing from the store`);

function ensureComplete(
  runId: string,
  { events, after, through }: Pick<EventPage, 'events' | 'through'> & { after: number },
): void {
  const gap = events.findIndex(({ seq }, index) => seq !== after + 1 + index);
  if (gap < 0 && after + events.length === through) return;
  throw missingEvent(runId, after + 1 + (gap < 0 ? events.length : gap));
}

/** Maximum size of the page that stays in memory while a client does not read; Node.js reads files in such pieces too. */
const pageBytes = 64 * 1024;

/** Returns the first events of a page up to a size, and at least one. The others are read again when needed. */
export function firstEvents(
  { events, through }: Pick<EventPage, 'events' | 'through'>,
  bytes: number,
): Pick<EventPage, 'events' | 'through'> {
  let size = 0;
  const end = events.findIndex(({ json }) => {
    size += json.length;
    return size > bytes;
  });
  if (end < 0) return { events, through };
  const first = events.slice(0, Math.max(1, end));
  return first.length === events.length ? { events, through } : { events: first, through: first.at(-1)!.seq };
}

/** Parses a stored event. It was validated before it was stored; numbers that are not finite are strings. */
export const parseEvent = ({ json }: StoredEvent): MonitorEvent => JSON.parse(json);

/** Number of entries that one query of the store reads, in about a millisecond. */
const chunkRuns = 500;

/** Resolves with the entries of all runs, the newest first. Each takes about 100 bytes of memory. */
export async function listAllRuns(store: Pick<Store, 'runs'>): Promise<RunListEntry[]> {
  const slicer = new TimeSlicer();
  const all: RunListEntry[] = [];
  for (;;) {
    const chunk = await store.runs({ limit: chunkRuns, before: all.at(-1)?.position });
    all.push(...chunk);
    if (chunk.length < chunkRuns) return all;
    await slicer.yieldIfDue();
  }
}
