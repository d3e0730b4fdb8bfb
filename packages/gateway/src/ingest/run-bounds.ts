import { eventLimits, type MonitorEvent, type ValidationIssue } from '@mnist-monitor/shared';
import { LRUCache } from 'lru-cache';
import type { Limits } from '../limits.ts';

/** Checks the limits that concern several events of a run, which a schema cannot express. */
export class RunBounds {
  readonly #limits: Pick<Limits, 'metricNamesPerRun'>;
  readonly #metricNames = new Set<string>();
  #lastFigureAt = Number.NEGATIVE_INFINITY;

  constructor(limits: Pick<Limits, 'metricNamesPerRun'>) {
    this.#limits = limits;
  }

  /** Counts the next event of the run; or returns the issue, without counting the event, when it exceeds a limit. */
  check(event: MonitorEvent): ValidationIssue | undefined {
    if (event.type === 'figure') return this.#checkFigure(event.time);
    if (event.type === 'run.started' || !('metrics' in event.data) || !event.data.metrics) return undefined;
    return this.#checkNames(event.data.metrics);
  }

  /**
   * Compares the times of figures by the publisher's clock, so that figures are accepted that a publisher kept while it had
   * no connection, and sends together.
   */
  #checkFigure(time: string): ValidationIssue | undefined {
    const at = Date.parse(time);
    const { figureIntervalSeconds } = eventLimits;
    const seconds = (at - this.#lastFigureAt) / 1_000;
    // A clock that was set back is no reason to refuse figures until it has caught up.
    if (seconds >= 0 && seconds < figureIntervalSeconds)
      return {
        path: 'time',
        message: `expected at most one figure in ${figureIntervalSeconds} s, got one ${seconds} s after the last`,
      };
    this.#lastFigureAt = at;
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
  readonly #runs: LRUCache<string, RunBounds>;

  constructor(limits: Pick<Limits, 'metricNamesPerRun' | 'publishers'>) {
    this.#limits = limits;
    this.#runs = new LRUCache({ max: limits.publishers });
  }

  /** Returns the bounds of a run, which its stream id identifies. */
  of(stream: string): RunBounds {
    const known = this.#runs.get(stream) ?? new RunBounds(this.#limits);
    this.#runs.set(stream, known);
    return known;
  }
}
