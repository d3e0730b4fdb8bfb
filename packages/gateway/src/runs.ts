import type { RunSummary } from '@mnist-monitor/shared';
import type { Publishers } from './ingest/publishers.ts';
import { runStatusOf, type StatusLimits } from './run-status.ts';
import type { KeptSummary, Store } from './store/store.ts';

/** What the status of a run follows from, of what the store keeps. */
export type KeptStatus = Pick<KeptSummary, 'runId' | 'status' | 'lastEventAt'>;

/** Where a run stands now, beside what the store keeps of it. */
export type RunState = Pick<RunSummary, 'status' | 'connected' | 'commands'>;

/** The runs as viewers see them: what the store keeps, and whether the publisher is there. */
export class Runs {
  readonly #store: Store;
  readonly #publishers: Publishers;
  readonly #limits: StatusLimits;
  readonly #startedAt = performance.now();

  constructor(store: Store, publishers: Publishers, limits: StatusLimits) {
    this.#store = store;
    this.#publishers = publishers;
    this.#limits = limits;
  }

  async summary(runId: string): Promise<RunSummary | undefined> {
    const kept = await this.#store.summary(runId);
    return kept && { ...kept, ...this.stateOf(kept) };
  }

  /** The newest first. */
  async list(limit: number): Promise<RunSummary[]> {
    return (await this.#store.summaries(limit)).map((kept) => ({ ...kept, ...this.stateOf(kept) }));
  }

  stateOf({ runId, status: told, lastEventAt }: KeptStatus): RunState {
    const now = performance.now();
    const publication = this.#publishers.connected(runId);
    const presence = this.#publishers.presence(runId);
    const facts = {
      told,
      connected: publication !== undefined,
      // Until its publisher has come back, only the publisher's clock tells.
      silentMs: presence ? now - presence.heardAt : Date.now() - Date.parse(lastEventAt),
      awayMs: now - (presence ? (presence.goneAt ?? now) : this.#startedAt),
      seen: presence !== undefined,
    };
    const status = runStatusOf(facts, this.#limits);
    return { status, connected: facts.connected, commands: [...(publication?.commands ?? [])] };
  }
}
