import type { RunSummary } from '@mnist-monitor/shared';
import type { Publishers } from './ingest/publishers.ts';
import type { KeptSummary, Store } from './store/store.ts';

/** The runs as viewers see them: what the store keeps, and whether the publisher is there. */
export class Runs {
  readonly #store: Store;
  readonly #publishers: Publishers;

  constructor(store: Store, publishers: Publishers) {
    this.#store = store;
    this.#publishers = publishers;
  }

  async summary(runId: string): Promise<RunSummary | undefined> {
    const kept = await this.#store.summary(runId);
    return kept && this.#complete(kept);
  }

  /** The newest first. */
  async list(limit: number): Promise<RunSummary[]> {
    return (await this.#store.summaries(limit)).map((kept) => this.#complete(kept));
  }

  #complete(kept: KeptSummary): RunSummary {
    return { ...kept, connected: this.#publishers.isConnected(kept.runId) };
  }
}
