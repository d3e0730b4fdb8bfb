import type { RunSummary } from '@mnist-monitor/shared';
import type { Publishers } from '../presence/publishers.ts';
import { ignoreDamage } from '../store/damaged-run.ts';
import { listAllRuns } from '../store/pages.ts';
import type { Store, StoredSummary } from '../store/store.ts';
import type { RunFolders } from './run-folders.ts';
import { deriveStatus, type StatusLimits } from './run-status.ts';

export interface RunSummariesOptions {
  store: Store;
  publishers: Publishers;
  folders: RunFolders;
  limits: StatusLimits;
}

/** The part of a stored summary that the status of a run is derived from. */
export type StoredStatus = Pick<StoredSummary, 'runId' | 'status' | 'lastEventAt'>;

/** The part of a run's summary that changes with its connections and with time. */
export type RunState = Pick<RunSummary, 'status' | 'connected' | 'commands'>;

/** Builds the summaries for viewers, from the store, the connected publishers and the runs' folders. */
export class RunSummaries {
  readonly #options: RunSummariesOptions;
  readonly #startedAt = performance.now();

  constructor(options: RunSummariesOptions) {
    this.#options = options;
  }

  /**
   * Resolves with the summary of a run; undefined when there is no such run.
   * @throws DamagedRunError
   */
  async summary(runId: string): Promise<RunSummary | undefined> {
    const stored = await this.#options.store.summary(runId);
    return stored && this.#complete(stored);
  }

  /** Resolves with the summary of a run for a list; undefined when there is no such run, or when it is damaged. */
  async listed(runId: string): Promise<RunSummary | undefined> {
    return this.summary(runId).catch(ignoreDamage);
  }

  /** Resolves with the state of a run; undefined when there is no such run. A damaged run counts as interrupted. */
  async state(runId: string): Promise<RunState | undefined> {
    const damaged = { runId, status: 'interrupted', lastEventAt: new Date(0).toISOString() } as const;
    return this.summary(runId).catch((error) => ignoreDamage(error) ?? this.stateOf(damaged));
  }

  /** Reads the summaries of all runs that are not damaged, the newest first, one at a time so that other work runs in between. */
  async *all(): AsyncGenerator<RunSummary> {
    for (const { runId } of await listAllRuns(this.#options.store)) {
      const summary = await this.listed(runId);
      // A run may be removed while others are read.
      if (summary) yield summary;
    }
  }

  /** Derives the current state of a run, without reading the store. */
  stateOf({ runId, status: reported, lastEventAt }: StoredStatus): RunState {
    const { publishers, limits } = this.#options;
    const now = performance.now();
    const publisher = publishers.publisherOf(runId);
    const presence = publishers.presenceOf(runId);
    const facts = {
      reported,
      connected: publisher !== undefined,
      // Until the run's publisher connects, only the time of the last event is known, which is by the publisher's clock.
      silentMs: presence ? now - presence.lastMessageAt : Date.now() - Date.parse(lastEventAt),
      absentMs: now - (presence ? (presence.disconnectedAt ?? now) : this.#startedAt),
      wasConnected: presence !== undefined,
    };
    const status = deriveStatus(facts, limits);
    return { status, connected: facts.connected, commands: [...(publisher?.commands ?? [])] };
  }

  async #complete(stored: StoredSummary): Promise<RunSummary> {
    const model = await this.#options.folders.hasModel(stored.runId);
    return { ...stored, ...this.stateOf(stored), model };
  }
}
