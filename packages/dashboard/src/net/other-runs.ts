import {
  connectLive,
  type EventType,
  type LiveClient,
  type RunAnnotated,
} from '@mnist-monitor/shared/browser';
import type { RunSummary } from '../state/event-data.ts';
import { applyEvent, emptyRun, type Run, type RunLimits } from '../state/run.ts';
import { withName } from '../state/run-summaries.ts';
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

/**
 * Maximum numbers of rows of a compared run, of 64 bytes each for its batches and 40 for a metric: eleven such runs take at most
 * 46 MB for their batches. A chart has fewer pixels.
 */
const limits: RunLimits = { steps: 2 ** 16, metric: 2 ** 10 };

/** Maximum number of runs whose stored events are read at once: more would arrive no sooner, and delay those of the main run. */
const readingLimit = 3;

interface FollowedRun {
  other: OtherRun;
  /** Null until it is the run's turn to be read. */
  client: LiveClient | null;
  /** Whether its stored events are arriving. */
  isReading: boolean;
}

/** The runs compared with the one on display, each followed over a connection of its own. */
export class OtherRuns {
  readonly #followed = new Map<string, FollowedRun>();
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Follows exactly these runs, and returns them in the given order. */
  follow(runIds: readonly string[]): OtherRun[] {
    for (const [runId, { client }] of this.#followed)
      if (!runIds.includes(runId)) {
        client?.close();
        this.#followed.delete(runId);
      }
    const others = runIds.map((runId) => {
      const known = this.#followed.get(runId);
      if (known) return known.other;
      const other: OtherRun = { run: emptyRun(runId, limits), summary: null, problem: '' };
      this.#followed.set(runId, { other, client: null, isReading: false });
      return other;
    });
    this.#connectNext();
    return others;
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
    followed.client?.close();
    followed.other.problem = withName(`Run ${runId} was deleted.`, followed.other.summary);
    this.#endReading(followed);
  }

  /** Connects the next runs, as long as few enough are being read. */
  #connectNext(): void {
    for (const followed of this.#followed.values()) {
      const reading = [...this.#followed.values()].filter(({ isReading }) => isReading);
      if (reading.length >= readingLimit) return;
      if (followed.client || followed.other.problem) continue;
      followed.isReading = true;
      followed.client = this.#connect(followed);
    }
  }

  #endReading(followed: FollowedRun): void {
    followed.isReading = false;
    this.#connectNext();
    this.#onChange();
  }

  #connect(followed: FollowedRun): LiveClient {
    const { other } = followed;
    const client = connectLive({
      ...{ url: liveUrl(), run: other.run.runId, types },
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
        this.#endReading(followed);
      },
      onState: (state) => {
        // `normal` is a close by this page.
        if (state.name !== 'closed' || state.code === 'normal') return;
        other.problem = withName(state.reason, other.summary);
        this.#endReading(followed);
      },
    });
    return client;
  }
}
