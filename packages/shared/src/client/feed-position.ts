import type { EventType } from '../protocol/constants.ts';

/** The address of the feed, and the query parameters that do not depend on the position. */
export interface FeedAddressOptions {
  url: string;
  run?: string;
  types?: readonly EventType[];
  maxRate?: number;
  complete?: boolean;
  /** Parameters to add as they are. */
  query?: URLSearchParams;
}

/** The run that a hello announces. */
export interface AnnouncedRun {
  runId: string | undefined;
  /** The stream of the run; undefined from a gateway that has no streams. */
  stream: string | undefined;
  /** The seq after which events follow; undefined from a gateway that does not state it. */
  after: number | undefined;
}

/** A client's position in the feed: the run, its stream, and the seq of the last event that it has read. */
export class FeedPosition {
  #runId: string | undefined;
  #stream: string | undefined;
  #seq: number;

  /** @param after The seq to begin after; 0 reads a run from its start. */
  constructor(after = 0) {
    this.#seq = after;
  }

  /** The run whose events arrive; undefined before the first hello and while there is no run. */
  get runId(): string | undefined {
    return this.#runId;
  }

  /**
   * Moves to the position that a hello announces. If the hello contains no position, a run other than the previous one is
   * read from its start.
   */
  enterRun({ runId, stream, after }: AnnouncedRun): void {
    if (after !== undefined) this.#seq = after;
    else if (this.#runId !== undefined && runId !== this.#runId) this.#seq = 0;
    this.#runId = runId;
    this.#stream = stream;
  }

  /** Moves to an event. Returns false, and does not move, for an event of another run or one that was read before. */
  advance({ runId, seq }: { runId: string; seq: number }): boolean {
    if (runId !== this.#runId || seq <= this.#seq) return false;
    this.#seq = seq;
    return true;
  }

  /** Moves past events that the gateway did not send. */
  skipTo(seq: number): void {
    this.#seq = Math.max(this.#seq, seq);
  }

  /**
   * Moves to the start if the removed run is the current one: a new run may have its id. With a stream, the position stays,
   * because the next hello states whether it still counts.
   */
  removeRun(runId: string): void {
    if (runId === this.#runId && this.#stream === undefined) this.#seq = 0;
  }

  /** Returns the address from which the feed continues at this position. */
  address({ url, run = 'latest', types, maxRate, complete, query: more }: FeedAddressOptions): string {
    const query = new URLSearchParams({ run, bundle: 'true' });
    for (const [name, value] of more ?? []) query.append(name, value);
    if (this.#seq > 0) {
      query.set('after', String(this.#seq));
      if (run === 'latest' && this.#runId !== undefined) query.set('afterRun', this.#runId);
      if (this.#stream !== undefined) query.set('stream', this.#stream);
    }
    if (types) query.set('types', types.join(','));
    if (maxRate !== undefined) query.set('maxRate', String(maxRate));
    if (complete) query.set('complete', 'true');
    return `${url}?${query}`;
  }
}
