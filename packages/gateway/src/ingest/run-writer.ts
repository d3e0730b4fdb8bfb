import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { ProtocolVersion } from '@mnist-monitor/shared';
import type { Limits } from '../limits.ts';
import type { Hub } from '../live/hub.ts';
import { type NewEvent, type Store, versionOf } from '../store/store.ts';

export interface RunWriterOptions {
  runId: string;
  /** The stream id that a stored run must have, and that a new run gets. */
  stream: string;
  /** The last stored seq of the run. */
  lastSeq: number;
  /** The version of the run's stored events. */
  version: ProtocolVersion;
  store: Pick<Store, 'append'>;
  hub: Pick<Hub, 'publish' | 'pausesUntil'>;
  limits: Pick<Limits, 'commitIntervalMs' | 'commitEvents' | 'uncommittedBytes'>;
  /** Called when every event up to `seq` is durable and published. */
  onCommit: (seq: number) => void;
  /**
   * Called with true when more than `uncommittedBytes` wait for the disk, and with false when at most half of that still
   * wait.
   */
  onBackpressure: (isHigh: boolean) => void;
  /** Called when the store could not write. The events not yet committed are dropped. */
  onFailure: (error: unknown) => void;
}

/** Commits one run's events in the order of seq, many in one transaction, and then publishes them. */
export class RunWriter {
  readonly #options: RunWriterOptions;
  #queue: NewEvent[] = [];
  #queuedBytes = 0;
  #lastSeq: number;
  #committedSeq: number;
  /** The version of the run's events up to `#committedSeq`. */
  #committedVersion: ProtocolVersion;
  #commitBeganAt = Number.NEGATIVE_INFINITY;
  /** The time that the store took for the last commit. */
  #commitMs = 0;
  #acknowledgeRequested = false;
  #isHigh = false;
  #commits: Promise<void> | undefined;

  constructor(options: RunWriterOptions) {
    this.#options = options;
    this.#lastSeq = this.#committedSeq = options.lastSeq;
    this.#committedVersion = options.version;
  }

  /** The stream id that the stored run has to have. */
  get stream(): string {
    return this.#options.stream;
  }

  /** The last accepted seq, durable or not. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** The last seq that the store has confirmed. */
  get committedSeq(): number {
    return this.#committedSeq;
  }

  /** Queues an event, whose seq has to be `lastSeq + 1`. */
  add(event: NewEvent): void {
    this.#lastSeq = event.seq;
    this.#queue.push(event);
    this.#queuedBytes += event.json.length;
    this.#updateBackpressure();
    this.acknowledge();
  }

  /** Requests a call of `onCommit` with the last durable seq. Many requests are answered with one call. */
  acknowledge(): void {
    this.#acknowledgeRequested = true;
    this.#commits ??= this.#commitAll();
  }

  /** Resolves when every accepted event is durable, or was dropped because the store failed. */
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

  /**
   * Waits to collect more events: to the next turn of the event loop, to `commitIntervalMs` after the last commit began,
   * and to the end of the hub's pause. The commit begins before that end, by the time that the last commit took, so that its events
   * are ready when the pause ends.
   */
  async #waitForMore(): Promise<void> {
    const { hub, limits } = this.#options;
    const dueAt = Math.max(this.#commitBeganAt + limits.commitIntervalMs, hub.pausesUntil - this.#commitMs);
    const remainingMs = dueAt - performance.now();
    await (remainingMs > 0 ? delay(remainingMs) : nextTurn());
  }

  async #commit(): Promise<void> {
    const { runId, stream, store, hub, limits } = this.#options;
    const events = this.#queue.splice(0, limits.commitEvents);
    this.#commitBeganAt = performance.now();
    this.#committedSeq = await store.append(runId, events, stream);
    this.#commitMs = performance.now() - this.#commitBeganAt;
    if (versionOf(events) === 2) this.#committedVersion = 2;
    hub.publish(runId, events, stream, this.#committedVersion);
    for (const { json } of events) this.#queuedBytes -= json.length;
    this.#updateBackpressure();
  }

  #updateBackpressure(): void {
    const { limits, onBackpressure } = this.#options;
    const isHigh = this.#queuedBytes > (this.#isHigh ? limits.uncommittedBytes / 2 : limits.uncommittedBytes);
    if (isHigh !== this.#isHigh) onBackpressure(isHigh);
    this.#isHigh = isHigh;
  }
}
