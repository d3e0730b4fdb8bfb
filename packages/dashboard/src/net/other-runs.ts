import {
  connectLive,
  type EventType,
  type LiveClient,
  type RunAnnotated,
} from '@mnist-monitor/shared/browser';
import type { RunSummary } from '../state/event-data.ts';
import { applyEvent, emptyRun, type Run } from '../state/run.ts';
import { withAnnotations } from '../state/session.ts';
import { liveUrl } from './api.ts';

/** A run compared with the one on display. */
export interface OtherRun {
  run: Run;
  /** The gateway's summary of the run; null before the first `hello` message. */
  summary: RunSummary | null;
  /** Why the run cannot be read; empty while it can. */
  problem: string;
}

/** The types of the events that the curves and the comparison use. */
const types: readonly EventType[] = ['run.started', 'batch', 'metrics', 'epoch', 'notice', 'run.finished'];

/** The runs compared with the one on display, each followed over a connection of its own. */
export class OtherRuns {
  readonly #followed = new Map<string, { other: OtherRun; client: LiveClient }>();
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Follows exactly these runs, and returns them in the given order. */
  follow(runIds: readonly string[]): OtherRun[] {
    for (const [runId, { client }] of this.#followed)
      if (!runIds.includes(runId)) {
        client.close();
        this.#followed.delete(runId);
      }
    return runIds.map((runId) => {
      const followed = this.#followed.get(runId) ?? this.#connect(runId);
      this.#followed.set(runId, followed);
      return followed.other;
    });
  }

  /** Changes the annotations of a run. The run's own connection reports such changes too, but is closed after the run has ended. */
  annotate(message: RunAnnotated): void {
    const other = this.#followed.get(message.runId)?.other;
    if (other?.summary) other.summary = withAnnotations(other.summary, message);
  }

  /** Marks a run as deleted. The run's own connection reports that too, but is closed after the run has ended. */
  markDeleted(runId: string): void {
    const followed = this.#followed.get(runId);
    if (!followed) return;
    followed.client.close();
    followed.other.problem = `Run ${runId} was deleted.`;
    this.#onChange();
  }

  #connect(runId: string): { other: OtherRun; client: LiveClient } {
    const other: OtherRun = { run: emptyRun(runId), summary: null, problem: '' };
    const client = connectLive({
      ...{ url: liveUrl(), run: runId, types },
      onHello: ({ run }) => {
        other.summary = run;
        this.#onChange();
      },
      onEvent: (event) => {
        applyEvent(other.run, event);
        this.#onChange();
      },
      // Usually no events follow the end of a run, so the connection is not needed any more.
      onLive: () => {
        if (other.run.finished) client.close();
      },
      onState: (state) => {
        // `normal` is a close by this page.
        if (state.name !== 'closed' || state.code === 'normal') return;
        other.problem = state.reason;
        this.#onChange();
      },
    });
    return { other, client };
  }
}
