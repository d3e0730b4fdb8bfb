import { connectLive, type EventType, type LiveClient, type RunSummary } from '@mnist-monitor/shared/browser';
import { applyEvent, emptyRun, type Run } from '../state/run.ts';
import { liveUrl } from './connection.ts';

/** A run that is laid over the one that is shown. */
export interface OtherRun {
  run: Run;
  /** Null until the gateway has told of it. */
  summary: RunSummary | null;
  /** Why it cannot be shown; empty while it can. */
  problem: string;
}

/** What its curves and its row in the comparison are made of. */
const types: readonly EventType[] = ['run.started', 'batch', 'epoch', 'notice', 'run.finished'];

/** Follows further runs, each over a connection of its own, so that they grow as they train. */
export class OtherRuns {
  readonly #followed = new Map<string, { other: OtherRun; client: LiveClient }>();
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Those that are wanted from now on, in their order. */
  want(runIds: readonly string[]): OtherRun[] {
    for (const [runId, { client }] of this.#followed)
      if (!runIds.includes(runId)) {
        client.close();
        this.#followed.delete(runId);
      }
    return runIds.map((runId) => {
      const known = this.#followed.get(runId) ?? this.#follow(runId);
      this.#followed.set(runId, known);
      return known.other;
    });
  }

  #follow(runId: string): { other: OtherRun; client: LiveClient } {
    const other: OtherRun = { run: emptyRun(runId), summary: null, problem: '' };
    const client = connectLive({
      ...{ url: liveUrl(), run: runId, types },
      onHello: ({ run }) => {
        other.summary = run;
        this.#changed();
      },
      onEvent: (event) => {
        applyEvent(other.run, event);
        this.#changed();
      },
      // What has ended will not change: no need to keep listening.
      onLive: () => {
        if (other.run.finished) client.close();
      },
      onState: (state) => {
        if (state.name !== 'closed' || other.run.finished) return;
        other.problem = state.reason;
        this.#changed();
      },
    });
    return { other, client };
  }
}
