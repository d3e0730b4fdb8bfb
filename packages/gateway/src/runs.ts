import type { RunSummary } from '@mnist-monitor/shared';
import type { Publishers } from './ingest/publishers.ts';
import type { RunFolders } from './run-folders.ts';
import { Slices } from './slices.ts';
import type { KeptSummary, Store } from './store/store.ts';

/** The runs as viewers see them: what the store keeps, whether the publisher is there, and what lies in the run's folder. */
export class Runs {
  readonly #store: Store;
  readonly #publishers: Publishers;
  readonly #folders: RunFolders;

  constructor(store: Store, publishers: Publishers, folders: RunFolders) {
    this.#store = store;
    this.#publishers = publishers;
    this.#folders = folders;
  }

  async summary(runId: string): Promise<RunSummary | undefined> {
    const kept = await this.#store.summary(runId);
    return kept && this.#complete(kept);
  }

  /** The newest first; all when `limit` is left out. */
  async list(limit?: number): Promise<RunSummary[]> {
    const slices = new Slices();
    const found: Promise<RunSummary>[] = [];
    for (const kept of await this.#store.summaries(limit)) {
      found.push(this.#complete(kept));
      await slices.breathe();
    }
    return Promise.all(found);
  }

  async #complete(kept: KeptSummary): Promise<RunSummary> {
    const connected = this.#publishers.isConnected(kept.runId);
    return { ...kept, connected, model: await this.#folders.hasModel(kept.runId) };
  }
}
