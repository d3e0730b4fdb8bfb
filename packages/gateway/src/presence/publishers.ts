import type { CommandTaker } from './command-target.ts';
import type { Presence } from './presence.ts';
import { type Elsewhere, nowhere } from './remote-presence.ts';

/** One publisher's hold on one run. */
export interface Publication extends CommandTaker {
  readonly presence: Presence;
  /** Ends the connection, since the same publisher has come again. */
  replace(): void;
  /** Ends the connection, since another publisher has the run at another gateway. */
  yield(): void;
  /** Resolves when everything that it took in is durable or given up. */
  settled(): Promise<void>;
}

export type Claim = { taken: true } | { taken: false; previous: Publication | undefined };

/** Who publishes which run, here or at another gateway. A run has one publisher at a time. */
export class Publishers {
  /** While they are connected, or still have events to write. */
  readonly #byRun = new Map<string, Publication>();
  /** Of every run that was published since the start: some hundred bytes each. */
  readonly #presences = new Map<string, Presence>();
  readonly #watchers = new Set<(runId: string) => void>();
  readonly #elsewhere: Elsewhere;

  constructor(elsewhere: Elsewhere = nowhere) {
    this.#elsewhere = elsewhere;
  }

  /** The runs whose publishers are connected here. */
  get here(): [runId: string, publication: Publication][] {
    return [...this.#byRun].filter(([, { presence }]) => presence.goneAt === undefined);
  }

  /** Whoever is connected for a run. */
  connected(runId: string): CommandTaker | undefined {
    return this.connectedHere(runId) ?? this.#elsewhere.connected(runId);
  }

  /** The publication whose connection is there. */
  connectedHere(runId: string): Publication | undefined {
    const publication = this.#byRun.get(runId);
    return publication?.presence.goneAt === undefined ? publication : undefined;
  }

  /** Of the publisher that was there last; undefined for a run that has had none since the start. */
  presence(runId: string): Presence | undefined {
    const [here, there] = [this.#presences.get(runId), this.#elsewhere.presence(runId)];
    if (!here || !there) return here ?? there;
    return (here.goneAt ?? Infinity) >= (there.goneAt ?? Infinity) ? here : there;
  }

  /**
   * Gives the run to a publication unless another publisher is connected. The previous holder has to settle
   * before the new one may ask where to go on.
   */
  claim(runId: string, next: Publication): Claim {
    const previous = this.#byRun.get(runId);
    const holder = this.connected(runId);
    if (holder && holder.publisherId !== next.publisherId) return { taken: true };
    this.#byRun.set(runId, next);
    this.#presences.set(runId, next.presence);
    previous?.replace();
    this.#changed(runId);
    return { taken: false, previous };
  }

  /** Its connection is gone; it may still have events to write. */
  left(runId: string, { presence }: Publication): void {
    presence.goneAt ??= performance.now();
    this.#changed(runId);
  }

  /** Frees the run, unless somebody else holds it by now. One that has not begun is forgotten altogether. */
  release(runId: string, publication: Publication, { hasBegun }: { hasBegun: boolean }): void {
    if (this.#byRun.get(runId) !== publication) return;
    this.#byRun.delete(runId);
    if (!hasBegun) this.#presences.delete(runId);
  }

  /** Calls back whenever the publisher of a run comes or goes. Returns the undo. */
  watch(watcher: (runId: string) => void): () => void {
    const undos = [this.watchHere(watcher), this.#elsewhere.watchRuns(watcher)];
    return () => {
      for (const undo of undos) undo();
    };
  }

  /** The same for those that are connected here. */
  watchHere(watcher: (runId: string) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #changed(runId: string): void {
    for (const watcher of this.#watchers) watcher(runId);
  }
}
