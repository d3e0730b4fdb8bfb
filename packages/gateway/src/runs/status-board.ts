import type { EventType } from '@mnist-monitor/shared';
import type { Limits } from '../limits.ts';
import type { Hub } from '../live/hub.ts';
import type { WaitingTrainers } from '../presence/idle-trainers.ts';
import type { Publishers } from '../presence/publishers.ts';
import { type Elsewhere, nowhere } from '../presence/remote-presence.ts';
import type { Store } from '../store/store.ts';
import type { KeptStatus, RunState, Runs } from './runs.ts';

export interface StatusBoardOptions {
  store: Store;
  runs: Runs;
  hub: Hub;
  publishers: Publishers;
  trainers: WaitingTrainers;
  elsewhere?: Elsewhere;
  limits: Pick<Limits, 'statusIntervalMs' | 'listedRuns'>;
  /** The store cannot be read. */
  onFailure: (error: unknown) => void;
}

/** A run, and what viewers were told of it last. */
interface Watched {
  kept: KeptStatus;
  told: string | undefined;
}

/** Events after which a run may stand elsewhere. */
const telling: ReadonlySet<EventType> = new Set(['run.started', 'notice', 'run.finished']);

/** Tells viewers what no event says: where runs stand, who is connected, how many viewers and waiting trainers there are. */
export class StatusBoard {
  readonly #options: StatusBoardOptions;
  /** Those that may change without an event of their own. */
  readonly #watched = new Map<string, Watched>();
  readonly #elsewhere: Elsewhere;
  readonly #undos: (() => void)[];
  #toldTrainers = 0;
  #toldAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #looking = Promise.resolve();

  constructor(options: StatusBoardOptions) {
    const { hub, publishers, trainers, limits } = options;
    this.#options = options;
    this.#elsewhere = options.elsewhere ?? nowhere;
    const tell = (): void => this.#tellSoon();
    // Silence and absence are no events: they are looked for.
    const interval = setInterval(tell, limits.statusIntervalMs).unref();
    this.#undos = [
      () => clearInterval(interval),
      () => clearTimeout(this.#timer),
      hub.watchViewers(() => {
        // One who has just come has not heard what the others were told.
        const newest = this.#watched.get(hub.newestRun ?? '');
        if (newest) newest.told = undefined;
        tell();
      }),
      hub.watchNewestRun(tell),
      trainers.watch(tell),
      publishers.watch((runId) => this.#look(runId)),
      this.#elsewhere.watch(tell),
      hub.watchPublished((runId, events) =>
        this.heard(
          runId,
          events.map(({ type }) => type),
        ),
      ),
    ];
  }

  /** Takes up the runs that were not over when the gateway ended. */
  async open(): Promise<void> {
    const { store, limits } = this.#options;
    for (const kept of await store.summaries(limits.listedRuns)) {
      const watched = { kept, told: this.#describe(kept).text };
      if (this.#isWorthWatching(kept)) this.#watched.set(kept.runId, watched);
    }
  }

  /** A run has got events of these types, whether it is shown here or not. */
  heard(runId: string, types: readonly EventType[]): void {
    if (!this.#watched.has(runId) || types.some((type) => telling.has(type))) this.#look(runId);
  }

  /** Looks again at every run that may stand elsewhere by now. */
  refresh(): void {
    for (const runId of this.#watched.keys()) this.#look(runId);
  }

  close(): void {
    for (const undo of this.#undos) undo();
  }

  /** One after the other, so that what was read last is what holds. */
  #look(runId: string): void {
    const { store, onFailure } = this.#options;
    const take = (kept: KeptStatus | undefined): void => {
      if (kept) this.#watched.set(runId, { kept, told: this.#watched.get(runId)?.told });
      else this.#watched.delete(runId);
      this.#tellSoon();
    };
    this.#looking = this.#looking.then(() => store.summary(runId).then(take, onFailure));
  }

  /** With the number of viewers, when it is the newest run: they are told with one run only. */
  #describe(kept: KeptStatus): { state: RunState; text: string } {
    const { hub, runs } = this.#options;
    const state = runs.stateOf(kept);
    const viewers = kept.runId === hub.newestRun ? this.#viewerCount : undefined;
    return { state, text: JSON.stringify({ ...state, viewers }) };
  }

  /** Of all gateways. */
  get #viewerCount(): number {
    return this.#options.hub.viewerCount + this.#elsewhere.viewers;
  }

  /** Whether it may change without an event of its own: it is not over, or the newest. */
  #isWorthWatching(kept: KeptStatus): boolean {
    const { hub, runs } = this.#options;
    const { status, connected } = runs.stateOf(kept);
    return connected || ['running', 'paused', 'stalled'].includes(status) || kept.runId === hub.newestRun;
  }

  /** At once, or as soon as the last time is long enough ago. */
  #tellSoon(): void {
    const waitMs = this.#toldAt + this.#options.limits.statusIntervalMs - performance.now();
    this.#timer ??= setTimeout(() => this.#tell(), Math.max(0, waitMs)).unref();
  }

  #tell(): void {
    this.#timer = undefined;
    const { hub, trainers } = this.#options;
    let told = false;
    for (const [runId, watched] of this.#watched) {
      const { state, text } = this.#describe(watched.kept);
      if (text !== watched.told) {
        watched.told = text;
        told = true;
        hub.announce({ type: 'status', runId, ...state, viewers: this.#viewerCount });
      }
      if (!this.#isWorthWatching(watched.kept)) this.#watched.delete(runId);
    }
    if (trainers.count !== this.#toldTrainers) {
      this.#toldTrainers = trainers.count;
      told = true;
      hub.announce({ type: 'trainers', waiting: trainers.count });
    }
    if (told) this.#toldAt = performance.now();
  }
}
