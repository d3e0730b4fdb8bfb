import { type EventType, MonitorError, type MonitorEvent } from '@mnist-monitor/shared';
import { TimeSlicer } from '../time-slicer.ts';
import type { Store, StoredEvent } from './store.ts';

export interface ReadPagesOptions {
  runId: string;
  /** The last seq to read. */
  to: number;
  /** The types of events to read; all when omitted. */
  types?: readonly EventType[];
}

/** Events that are read and processed before other work gets its turn: about a millisecond. */
const pageEvents = 100;

/**
 * Reads the events of a run up to a seq, one page in memory at a time. Other work gets its turn between pages.
 * @throws MonitorError `run.not_found` when the run is removed before its last page.
 */
export async function* readPages(
  store: Store,
  { runId, to, types }: ReadPagesOptions,
): AsyncGenerator<StoredEvent[]> {
  const slicer = new TimeSlicer();
  for (let after = 0; after < to; ) {
    const page = await store.page(runId, { after, limit: pageEvents, types });
    yield page.events.filter(({ seq }) => seq <= to);
    if (!page.more && page.through < to)
      throw new MonitorError('run.not_found', `run ${runId} was removed while it was read`);
    after = page.through;
    await slicer.yieldIfDue();
  }
}

/** Parses a stored event. It was validated before it was stored; numbers that are not finite are strings. */
export const parseEvent = ({ json }: StoredEvent): MonitorEvent => JSON.parse(json);
