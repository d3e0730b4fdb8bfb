import type { MonitorEvent } from '@mnist-monitor/shared';

// This file imports no zod, which the threads of the database would take 0.3 s to load.

/** The largest number of names of custom metrics in a run's summary: those of one event, or 7 kB of JSON. */
export const maxSummaryMetricNames = 100;

/** Returns the names of the custom metrics in events, each once, in the order in which they first occur. */
export function metricNamesOf(events: readonly { event: MonitorEvent }[]): string[] {
  const names = new Set<string>();
  for (const { event } of events) {
    if (event.type === 'run.started' || !('metrics' in event.data)) continue;
    for (const name in event.data.metrics) names.add(name);
  }
  return [...names];
}

/** Adds names to the list of a run; returns the same list if it contains all of them. */
export function addMetricNames(known: readonly string[], names: readonly string[]): readonly string[] {
  const all = new Set([...known, ...names]);
  return all.size === known.length ? known : [...all].slice(0, maxSummaryMetricNames);
}
