import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { Limits } from '../limits.ts';
import type { Hub } from '../live/hub.ts';
import type { NewEvent, Store } from '../store/store.ts';

export interface RunWriterOptions {
  runId: string;
  /** What the store holds of the run. */
  lastSeq: number;
  store: Store;
  hub: Hub;
  limits: Pick<Limits, 'commitIntervalMs' | 'commitEvents' | 'uncommittedBytes'>;
  /** Everything up to `seq` is durable and published. */
  onCommit: (seq: number) => void;
  /** `true` when too much waits for the disk, `false` when half of it is written. */
  onBackpressure: (high: boolean) => void;
  /** The store could not write; nothing more is taken. */
  onFailure: (error: unknown) => void;
}

/** Writes one run's events in the order in which they come: many in one commit, and published after it. */
export class RunWriter {
  readonly #options: RunWriterOptions;
  #queue: NewEvent[] = [];
  #queuedBytes = 0;
  #lastSeq: number;
  #committedSeq: number;
  #committedAt = 0;
  #acknowledgeRequested = false;
  #isHigh = false;
  #commits: Promise<void> | undefined;

  constructor(options: RunWriterOptions) {
    this.#options = options;
    this.#lastSeq = this.#committedSeq = options.lastSeq;
  }

  /** The last seq taken in, durable or not. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Takes in the event after `lastSeq`. */
  add(event: NewEvent): void {
    this.#lastSeq = event.seq;
    this.#queue.push(event);
    this.#queuedBytes += event.json.length;
    this.#updateBackpressure();
    this.acknowledge();
  }

  /** Says soon, and once for many calls, what is durable. */
  acknowledge(): void {
    this.#acknowledgeRequested = true;
    this.#commits ??= this.#commitAll();
  }

  /** Resolves when nothing waits any more. */
  async settled(): Promise<void> {
    await this.#commits;
  }

  async #commitAll(): Promise<void> {
    const { onCommit, onFailure } = this.#options;
    try {
      while (this.#acknowledgeRequested) {
        await this.#waitForMore();
        if (this.#queue.length > 0) await this.#commit();
        this.#acknowledgeRequested = this.#queue.length > 0;
        if (this.#committedSeq > 0) onCommit(this.#committedSeq);
      }
    } catch (error) {
      this.#queue = [];
      this.#queuedBytes = 0;
      onFailure(error);
    } finally {
      this.#commits = undefined;
    }
  }

  /** Waits for what comes in the same turn of the event loop, and longer when the last commit was just now. */
  async #waitForMore(): Promise<void> {
    const rest = this.#committedAt + this.#options.limits.commitIntervalMs - performance.now();
    await (rest > 0 ? delay(rest) : nextTurn());
  }

  async #commit(): Promise<void> {
    const { runId, store, hub, limits } = this.#options;
    const events = this.#queue.splice(0, limits.commitEvents);
    this.#committedSeq = await store.append(runId, events);
    this.#committedAt = performance.now();
    hub.publish(runId, events);
    for (const { json } of events) this.#queuedBytes -= json.length;
    this.#updateBackpressure();
  }

  #updateBackpressure(): void {
    const { limits, onBackpressure: onPressure } = this.#options;
    const high = this.#queuedBytes > (this.#isHigh ? limits.uncommittedBytes / 2 : limits.uncommittedBytes);
    if (high !== this.#isHigh) onPressure(high);
    this.#isHigh = high;
  }
}
