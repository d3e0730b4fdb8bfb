import { type EventType, MonitorError, type MonitorEvent } from '@mnist-monitor/shared';
import { TimeSlicer } from '../time-slicer.ts';
import type { Store, StoredEvent } from './store.ts';

export interface ReadPagesOptions {
  runId: string;
  /** The last seq wanted. */
  to: number;
  /** Only these types; all when left out. */
  types?: readonly EventType[];
}

/** Read together, and looked at before others get their turn: about a millisecond. */
const pageEvents = 100;

/**
 * The events of a run up to a seq, a page at a time and never more; in between others get their turn.
 * @throws MonitorError `run.not_found` when the run is removed meanwhile.
 */
export async function* readPages(
  store: Store,
  { runId, to, types }: ReadPagesOptions,
): AsyncGenerator<StoredEvent[]> {
  const slices = new TimeSlicer();
  for (let after = 0; after < to; ) {
    const page = await store.page(runId, { after, limit: pageEvents, types });
    yield page.events.filter(({ seq }) => seq <= to);
    if (!page.more && page.through < to)
      throw new MonitorError('run.not_found', `run ${runId} was removed while it was read`);
    after = page.through;
    await slices.yieldIfDue();
  }
}

/** What an event says, numbers that are not finite as words: it was checked when it came. */
export const parseEvent = ({ json }: StoredEvent): MonitorEvent => JSON.parse(json);
