import type { RunSummary } from '@mnist-monitor/shared';
import type { Publishers } from '../presence/publishers.ts';
import { Slices } from '../slices.ts';
import type { KeptSummary, Store } from '../store/store.ts';
import type { RunFolders } from './run-folders.ts';
import { runStatusOf, type StatusLimits } from './run-status.ts';

export interface RunsOptions {
  store: Store;
  publishers: Publishers;
  folders: RunFolders;
  limits: StatusLimits;
}

/** What the status of a run follows from, of what the store keeps. */
export type KeptStatus = Pick<KeptSummary, 'runId' | 'status' | 'lastEventAt'>;

/** Where a run stands now, beside what the store keeps of it. */
export type RunState = Pick<RunSummary, 'status' | 'connected' | 'commands'>;

/** The runs as viewers see them: what the store keeps, whether the publisher is there, and what lies in the run's folder. */
export class Runs {
  readonly #options: RunsOptions;
  readonly #startedAt = performance.now();

  constructor(options: RunsOptions) {
    this.#options = options;
  }

  async summary(runId: string): Promise<RunSummary | undefined> {
    const kept = await this.#options.store.summary(runId);
    return kept && this.#complete(kept);
  }

  /** The newest first; all when `limit` is left out. */
  async list(limit?: number): Promise<RunSummary[]> {
    const slices = new Slices();
    const found: Promise<RunSummary>[] = [];
    for (const kept of await this.#options.store.summaries(limit)) {
      found.push(this.#complete(kept));
      await slices.breathe();
    }
    return Promise.all(found);
  }

  stateOf({ runId, status: told, lastEventAt }: KeptStatus): RunState {
    const { publishers, limits } = this.#options;
    const now = performance.now();
    const publication = publishers.connected(runId);
    const presence = publishers.presence(runId);
    const facts = {
      told,
      connected: publication !== undefined,
      // Until its publisher has come back, only the publisher's clock tells.
      silentMs: presence ? now - presence.heardAt : Date.now() - Date.parse(lastEventAt),
      awayMs: now - (presence ? (presence.goneAt ?? now) : this.#startedAt),
      seen: presence !== undefined,
    };
    const status = runStatusOf(facts, limits);
    return { status, connected: facts.connected, commands: [...(publication?.commands ?? [])] };
  }

  async #complete(kept: KeptSummary): Promise<RunSummary> {
    const model = await this.#options.folders.hasModel(kept.runId);
    return { ...kept, ...this.stateOf(kept), model };
  }
}
