import type { Limits } from '../limits.ts';
import { firstEvents } from '../store/pages.ts';
import type { Store } from '../store/store.ts';
import type { Channel } from './channel.ts';
import { type Chunk, FrameBatch, missingSeqs, type Selection } from './frame-batch.ts';
import { batchType, typesIn, version1Types } from './type-set.ts';

export interface HistoryOptions {
  store: Store;
  channel: Pick<Channel, 'runId' | 'stream' | 'lastSeq' | 'requireVersion'>;
  limits: Pick<Limits, 'pageEvents' | 'unreadBytes'>;
}

/** Events in the first page: few, because their size is not known yet. 100 of the largest events have 90 MB. */
const firstPageEvents = 16;

/** Reads the stored events of a run for one viewer. */
export class History {
  readonly #options: HistoryOptions;
  /** The number of events in the next page, adapted to their size, so that few are read without being sent. */
  #limit = firstPageEvents;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /**
   * Reads the next selected events: at most one page, and about `unreadBytes`.
   * @param lastSeq The last seq to read.
   */
  async read(selection: Selection, lastSeq = Number.POSITIVE_INFINITY): Promise<Chunk> {
    const { store, channel, limits } = this.#options;
    const { after, types, batchesFrom } = selection;
    const skipsBatches = after + 1 < batchesFrom;
    const readTypes = skipsBatches ? types & ~batchType : types;
    const end = Math.min(lastSeq, skipsBatches ? batchesFrom - 1 : Number.POSITIVE_INFINITY);
    if (readTypes === 0) return { ranges: [], through: Math.min(end, channel.lastSeq) };

    // Reads events of all types for viewers of version 1 too, which need fewer: only then is it known which events are missing.
    const readsAll = (readTypes & version1Types) === version1Types;
    const page = await store.page(channel.runId, {
      after,
      limit: Math.min(this.#limit, limits.pageEvents),
      types: readsAll ? undefined : typesIn(readTypes),
    });
    if (page.stream !== channel.stream) return { ranges: [], through: after, isReplaced: true };
    // The page may have events that are stored and not published yet.
    channel.requireVersion(page.version);
    const { events: fitting, through } = firstEvents(page, limits.unreadBytes);
    this.#limit =
      fitting.length < page.events.length ? fitting.length : Math.min(2 * this.#limit, limits.pageEvents);
    const events = fitting.filter(({ seq }) => seq <= end);
    const last = Math.min(through, end);
    return {
      ranges: events.length > 0 ? FrameBatch.of(events).ranges(selection) : [],
      // Without the other types, a seq that is not in the page may be an event of another type.
      missing: readsAll ? missingSeqs([...events.map(({ seq }) => seq), last + 1], after) : [],
      through: last,
    };
  }
}
