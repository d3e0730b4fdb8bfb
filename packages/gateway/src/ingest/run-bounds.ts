import {
  decode,
  eventLimits,
  eventSchema,
  type MonitorEvent,
  type ValidationIssue,
} from '@mnist-monitor/shared';
import { LRUCache } from 'lru-cache';
import type { Limits } from '../limits.ts';
import type { Store, StreamPosition } from '../store/store.ts';
import { addFacts, contradictions, type RunFacts } from './run-facts.ts';

/** Checks the rules for several events of a run together, which no schema expresses: limits, and numbers that have to agree. */
export class RunBounds {
  readonly #limits: Pick<Limits, 'metricNamesPerRun'>;
  readonly #metricNames = new Set<string>();
  readonly #facts: RunFacts = {};
  #isDescribed = false;
  #lastFigure: { seq: number; at: number } | undefined;

  constructor(limits: Pick<Limits, 'metricNamesPerRun'>) {
    this.#limits = limits;
  }

  /** Whether the run has a `run.started`, with which later events are compared. */
  get isDescribed(): boolean {
    return this.#isDescribed;
  }

  /** Adds the facts of an accepted `run.started`, with which later events are compared. */
  describe(started: MonitorEvent): void {
    this.#isDescribed = true;
    addFacts(this.#facts, started);
  }

  /**
   * Counts the next event of the run; or returns its issues, without counting the event, when it exceeds a limit or contradicts
   * earlier events.
   */
  check(event: MonitorEvent): ValidationIssue[] {
    const contradicted = contradictions(event, this.#facts);
    if (contradicted.length > 0) return contradicted;
    const excess = this.#checkLimits(event);
    if (excess) return [excess];
    if (event.type === 'run.started') this.describe(event);
    if (event.type === 'probe') addFacts(this.#facts, event);
    return [];
  }

  #checkLimits(event: MonitorEvent): ValidationIssue | undefined {
    if (event.type === 'figure') return this.#checkFigure(event);
    if (event.type === 'run.started' || !('metrics' in event.data) || !event.data.metrics) return undefined;
    return this.#checkNames(event.data.metrics);
  }

  /**
   * Compares the times of figures by the publisher's clock: a publisher may send several figures together that it kept while it
   * was not connected.
   */
  #checkFigure({ seq, time }: MonitorEvent): ValidationIssue | undefined {
    const at = Date.parse(time);
    const { figureIntervalSeconds } = eventLimits;
    const last = this.#lastFigure;
    const seconds = last ? (at - last.at) / 1_000 : Number.POSITIVE_INFINITY;
    // Accepts a figure with the same or an earlier seq, which is sent again because the store could not write it, and a figure with
    // an earlier time: the clock was set back.
    if (last && seq > last.seq && seconds >= 0 && seconds < figureIntervalSeconds)
      return {
        path: 'time',
        message: `expected at most one figure in ${figureIntervalSeconds} s, got one ${seconds} s after the last`,
      };
    this.#lastFigure = { seq, at };
    return undefined;
  }

  #checkNames(metrics: Record<string, number>): ValidationIssue | undefined {
    const { metricNamesPerRun } = this.#limits;
    const names = this.#metricNames;
    const added = Object.keys(metrics).filter((name) => !names.has(name));
    const excess = added[metricNamesPerRun - names.size];
    if (excess !== undefined)
      return {
        path: `data.metrics.${excess}`,
        message: `expected at most ${metricNamesPerRun} names of custom metrics in a run, got another one`,
      };
    for (const name of added) names.add(name);
    return undefined;
  }
}

/** Keeps the bounds of the runs that were published last, also while their publishers reconnect. */
export class RunBoundsCache {
  readonly #limits: Pick<Limits, 'metricNamesPerRun' | 'publishers'>;
  readonly #store: Pick<Store, 'page'>;
  readonly #runs: LRUCache<string, RunBounds>;

  constructor(limits: Pick<Limits, 'metricNamesPerRun' | 'publishers'>, store: Pick<Store, 'page'>) {
    this.#limits = limits;
    this.#store = store;
    this.#runs = new LRUCache({ max: limits.publishers });
  }

  /**
   * Resolves with the bounds of a run, by its stream id. Reads the `run.started` of a stored run from the store if it is not in
   * memory: the run may have been published to another gateway, or before this one was started.
   */
  async of(
    runId: string,
    { stream, lastSeq }: Pick<StreamPosition, 'stream' | 'lastSeq'>,
  ): Promise<RunBounds> {
    const bounds = this.#runs.get(stream) ?? new RunBounds(this.#limits);
    this.#runs.set(stream, bounds);
    if (lastSeq > 0 && !bounds.isDescribed) {
      const page = await this.#store.page(runId, { after: 0, limit: 1, types: ['run.started'] });
      const [started] = page.stream === stream ? page.events : [];
      const decoded = started && decode(eventSchema, started.json);
      if (decoded?.ok) bounds.describe(decoded.value);
    }
    return bounds;
  }
}
