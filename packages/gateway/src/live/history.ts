import type { Limits } from '../limits.ts';
import type { Store, StoredEvent } from '../store/store.ts';
import { type Chunk, FrameBatch, type Selection } from './frame-batch.ts';
import { batchType, everyType, typesIn } from './type-set.ts';

export interface HistoryOptions {
  store: Store;
  runId: string;
  limits: Pick<Limits, 'pageEvents' | 'unreadBytes'>;
}

/** Reads what is wanted next of a run from the store, at most a page and about as much as may be unread. */
export async function readHistory(options: HistoryOptions, wanted: Selection): Promise<Chunk> {
  const { store, runId, limits } = options;
  const { after, types, batchesFrom } = wanted;
  const skips = after + 1 < batchesFrom;
  const asked = skips ? types & ~batchType : types;
  const end = skips ? batchesFrom - 1 : Number.POSITIVE_INFINITY;
  if (asked === 0) return { ranges: [], through: end };

  const page = await store.page(runId, {
    after,
    limit: limits.pageEvents,
    types: asked === everyType ? undefined : typesIn(asked),
  });
  const fitting = beginning(page.events, limits.unreadBytes);
  const through = fitting.length < page.events.length ? fitting.at(-1)!.seq : page.through;
  const events = fitting.filter(({ seq }) => seq <= end);
  return {
    ranges: events.length > 0 ? FrameBatch.of(events).ranges(wanted) : [],
    through: Math.min(through, end),
  };
}

/** The first events up to a size, but at least one. What is left is read again when there is room for it. */
function beginning(events: readonly StoredEvent[], bytes: number): readonly StoredEvent[] {
  let size = 0;
  const end = events.findIndex(({ json }) => {
    size += json.length;
    return size > bytes;
  });
  return end < 0 ? events : events.slice(0, Math.max(1, end));
}
