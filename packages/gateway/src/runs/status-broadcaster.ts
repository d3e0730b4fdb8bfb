import type { EventType } from '@mnist-monitor/shared';
import type { Limits } from '../limits.ts';
import type { Hub } from '../live/hub.ts';
import type { IdleTrainers } from '../presence/idle-trainers.ts';
import { noRemotePresence, type RemotePresence } from '../presence/presence.ts';
import type { Publishers } from '../presence/publishers.ts';
import type { Store } from '../store/store.ts';
import type { RunState, RunSummaries, StoredStatus } from './run-summaries.ts';

export interface StatusBroadcasterOptions {
  store: Store;
  runs: RunSummaries;
  hub: Hub;
  publishers: Publishers;
  idleTrainers: IdleTrainers;
  remote?: RemotePresence;
  limits: Pick<Limits, 'statusIntervalMs' | 'listedRuns'>;
  /** The store cannot be read. */
  onFailure: (error: unknown) => void;
}

/** A run, and what viewers were told of it last. */
interface WatchedRun {
  stored: StoredStatus;
  announced: string | undefined;
}

/** Events after which a run may stand elsewhere. */
const statusEvents: ReadonlySet<EventType> = new Set(['run.started', 'notice', 'run.finished']);

/** Tells viewers what no event says: where runs stand, who is connected, how many viewers and waiting trainers there are. */
export class StatusBroadcaster {
  readonly #options: StatusBroadcasterOptions;
  /** Those that may change without an event of their own. */
  readonly #watched = new Map<string, WatchedRun>();
  readonly #remote: RemotePresence;
  readonly #undos: (() => void)[];
  #announcedTrainers = 0;
  #announcedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #reads = Promise.resolve();

  constructor(options: StatusBroadcasterOptions) {
    const { hub, publishers, idleTrainers, limits } = options;
    this.#options = options;
    this.#remote = options.remote ?? noRemotePresence;
    const tell = (): void => this.#scheduleAnnouncement();
    // Silence and absence are no events: they are looked for.
    const interval = setInterval(tell, limits.statusIntervalMs).unref();
    this.#undos = [
      () => clearInterval(interval),
      () => clearTimeout(this.#timer),
      hub.onViewersChange(() => {
        // One who has just come has not heard what the others were told.
        const newest = this.#watched.get(hub.newestRunId ?? '');
        if (newest) newest.announced = undefined;
        tell();
      }),
      hub.onNewestRunChange(tell),
      idleTrainers.onChange(tell),
      publishers.onChange((runId) => this.#readStatus(runId)),
      this.#remote.onChange(tell),
      hub.onPublished((runId, events) =>
        this.noteEvents(
          runId,
          events.map(({ type }) => type),
        ),
      ),
    ];
  }

  /** Takes up the runs that were not over when the gateway ended. */
  async open(): Promise<void> {
    const { store, limits } = this.#options;
    for (const stored of await store.summaries(limits.listedRuns)) {
      const watched = { stored, announced: this.#describe(stored).text };
      if (this.#isWorthWatching(stored)) this.#watched.set(stored.runId, watched);
    }
  }

  /** A run has got events of these types, whether it is shown here or not. */
  noteEvents(runId: string, types: readonly EventType[]): void {
    if (!this.#watched.has(runId) || types.some((type) => statusEvents.has(type))) this.#readStatus(runId);
  }

  /** Looks again at every run that may stand elsewhere by now. */
  refresh(): void {
    for (const runId of this.#watched.keys()) this.#readStatus(runId);
  }

  close(): void {
    for (const undo of this.#undos) undo();
  }

  /** One after the other, so that what was read last is what holds. */
  #readStatus(runId: string): void {
    const { store, onFailure } = this.#options;
    const take = (stored: StoredStatus | undefined): void => {
      if (stored) this.#watched.set(runId, { stored, announced: this.#watched.get(runId)?.announced });
      else this.#watched.delete(runId);
      this.#scheduleAnnouncement();
    };
    this.#reads = this.#reads.then(() => store.summary(runId).then(take, onFailure));
  }

  /** With the number of viewers, when it is the newest run: they are told with one run only. */
  #describe(stored: StoredStatus): { state: RunState; text: string } {
    const { hub, runs } = this.#options;
    const state = runs.stateOf(stored);
    const viewers = stored.runId === hub.newestRunId ? this.#viewerCount : undefined;
    return { state, text: JSON.stringify({ ...state, viewers }) };
  }

  /** Of all gateways. */
  get #viewerCount(): number {
    return this.#options.hub.viewerCount + this.#remote.viewerCount;
  }

  /** Whether it may change without an event of its own: it is not over, or the newest. */
  #isWorthWatching(stored: StoredStatus): boolean {
    const { hub, runs } = this.#options;
    const { status, connected } = runs.stateOf(stored);
    return connected || ['running', 'paused', 'stalled'].includes(status) || stored.runId === hub.newestRunId;
  }

  /** At once, or as soon as the last time is long enough ago. */
  #scheduleAnnouncement(): void {
    const waitMs = this.#announcedAt + this.#options.limits.statusIntervalMs - performance.now();
    this.#timer ??= setTimeout(() => this.#announce(), Math.max(0, waitMs)).unref();
  }

  #announce(): void {
    this.#timer = undefined;
    const { hub, idleTrainers } = this.#options;
    let changed = false;
    for (const [runId, watched] of this.#watched) {
      const { state, text } = this.#describe(watched.stored);
      if (text !== watched.announced) {
        watched.announced = text;
        changed = true;
        hub.broadcast({ type: 'status', runId, ...state, viewers: this.#viewerCount });
      }
      if (!this.#isWorthWatching(watched.stored)) this.#watched.delete(runId);
    }
    if (idleTrainers.count !== this.#announcedTrainers) {
      this.#announcedTrainers = idleTrainers.count;
      changed = true;
      hub.broadcast({ type: 'trainers', waiting: idleTrainers.count });
    }
    if (changed) this.#announcedAt = performance.now();
  }
}
