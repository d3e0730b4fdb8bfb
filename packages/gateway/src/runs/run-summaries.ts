import type { RunSummary } from '@mnist-monitor/shared';
import type { Publishers } from '../presence/publishers.ts';
import type { Store, StoredSummary } from '../store/store.ts';
import { TimeSlicer } from '../time-slicer.ts';
import type { RunFolders } from './run-folders.ts';
import { deriveStatus, type StatusLimits } from './run-status.ts';

export interface RunSummariesOptions {
  store: Store;
  publishers: Publishers;
  folders: RunFolders;
  limits: StatusLimits;
}

/** What the status of a run follows from, of what the store keeps. */
export type StoredStatus = Pick<StoredSummary, 'runId' | 'status' | 'lastEventAt'>;

/** Where a run stands now, beside what the store keeps of it. */
export type RunState = Pick<RunSummary, 'status' | 'connected' | 'commands'>;

/** The runs as viewers see them: what the store keeps, whether the publisher is there, and what lies in the run's folder. */
export class RunSummaries {
  readonly #options: RunSummariesOptions;
  readonly #startedAt = performance.now();

  constructor(options: RunSummariesOptions) {
    this.#options = options;
  }

  async summary(runId: string): Promise<RunSummary | undefined> {
    const kept = await this.#options.store.summary(runId);
    return kept && this.#complete(kept);
  }

  /** The newest first; all when `limit` is left out. */
  async list(limit?: number): Promise<RunSummary[]> {
    const slices = new TimeSlicer();
    const found: Promise<RunSummary>[] = [];
    for (const kept of await this.#options.store.summaries(limit)) {
      found.push(this.#complete(kept));
      await slices.yieldIfDue();
    }
    return Promise.all(found);
  }

  stateOf({ runId, status: reported, lastEventAt }: StoredStatus): RunState {
    const { publishers, limits } = this.#options;
    const now = performance.now();
    const publication = publishers.publisherOf(runId);
    const presence = publishers.presenceOf(runId);
    const facts = {
      reported,
      connected: publication !== undefined,
      // Until its publisher has come back, only the publisher's clock tells.
      silentMs: presence ? now - presence.lastMessageAt : Date.now() - Date.parse(lastEventAt),
      absentMs: now - (presence ? (presence.disconnectedAt ?? now) : this.#startedAt),
      wasConnected: presence !== undefined,
    };
    const status = deriveStatus(facts, limits);
    return { status, connected: facts.connected, commands: [...(publication?.commands ?? [])] };
  }

  async #complete(kept: StoredSummary): Promise<RunSummary> {
    const model = await this.#options.folders.hasModel(kept.runId);
    return { ...kept, ...this.stateOf(kept), model };
  }
}
