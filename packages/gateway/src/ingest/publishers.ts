/** One publisher's hold on one run. */
export interface Publication {
  readonly publisherId: string;
  /** Whether its connection is there; when not, it may still have events to write. */
  readonly connected: boolean;
  /** Ends the connection, since the same publisher has come again. */
  replace(): void;
  /** Resolves when everything that it took in is durable or given up. */
  settled(): Promise<void>;
}

export type Claim = { taken: true } | { taken: false; previous: Publication | undefined };

/** Who publishes which run. A run has one publisher at a time. */
export class Publishers {
  readonly #byRun = new Map<string, Publication>();

  isConnected(runId: string): boolean {
    return this.#byRun.get(runId)?.connected ?? false;
  }

  /**
   * Gives the run to a publication unless another publisher is connected. The previous holder has to settle
   * before the new one may ask where to go on.
   */
  claim(runId: string, next: Publication): Claim {
    const previous = this.#byRun.get(runId);
    if (previous?.connected && previous.publisherId !== next.publisherId) return { taken: true };
    this.#byRun.set(runId, next);
    previous?.replace();
    return { taken: false, previous };
  }

  /** Frees the run, unless somebody else holds it by now. */
  release(runId: string, publication: Publication): void {
    if (this.#byRun.get(runId) === publication) this.#byRun.delete(runId);
  }
}
