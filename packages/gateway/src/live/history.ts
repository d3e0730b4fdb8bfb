import type { Limits } from '../limits.ts';
import { firstEvents } from '../store/pages.ts';
import type { Store } from '../store/store.ts';
import { type Chunk, FrameBatch, type Selection } from './frame-batch.ts';
import { batchType, everyType, typesIn } from './type-set.ts';

export interface HistoryOptions {
  store: Store;
  runId: string;
  limits: Pick<Limits, 'pageEvents' | 'unreadBytes'>;
}

/** Reads the next selected events of a run from the store: at most one page, and about `unreadBytes`. */
export async function readHistory(options: HistoryOptions, selection: Selection): Promise<Chunk> {
  const { store, runId, limits } = options;
  const { after, types, batchesFrom } = selection;
  const skipsBatches = after + 1 < batchesFrom;
  const readTypes = skipsBatches ? types & ~batchType : types;
  const end = skipsBatches ? batchesFrom - 1 : Number.POSITIVE_INFINITY;
  if (readTypes === 0) return { ranges: [], through: end };

  const page = await store.page(runId, {
    after,
    limit: limits.pageEvents,
    types: readTypes === everyType ? undefined : typesIn(readTypes),
  });
  const { events: fitting, through } = firstEvents(page, limits.unreadBytes);
  const events = fitting.filter(({ seq }) => seq <= end);
  return {
    ranges: events.length > 0 ? FrameBatch.of(events).ranges(selection) : [],
    through: Math.min(through, end),
  };
}
