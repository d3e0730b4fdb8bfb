import { type ChartSpec, metricSpec } from '../../state/chart-specs.ts';
import { ownValue } from '../../state/own-value.ts';
import type { Run } from '../../state/run.ts';

/** Number of metrics that are shown at first. When there are more, there is a search field, and a button that shows all. */
export const shownAtFirst = 8;

/**
 * The charts of the metrics of one group. The group of a metric is the declared one or, without one, the prefix of its name. Metrics
 * with neither come first, under an empty title.
 */
export interface MetricGroup {
  title: string;
  specs: ChartSpec[];
}

/** The custom metrics of the runs, as far as they are shown. */
export interface ShownMetrics {
  groups: MetricGroup[];
  /** Number of metrics of all runs. */
  total: number;
  /** Number of metrics that match the search. */
  found: number;
}

/**
 * Returns the custom metrics of the runs by group, in the order in which the runs declare or first send them.
 * @param search Words that the name or the group of a metric contains.
 * @param limit Maximum number of metrics.
 */
export function shownMetrics(runs: readonly Run[], search: string, limit: number): ShownMetrics {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const names = metricNames(runs);
  const all = names.map((name) => {
    const definition = definitionOf(runs, name);
    return { name, definition, group: definition?.group ?? prefixOf(name) };
  });
  const found = all.filter(({ name, group }) => {
    const text = `${group} ${name}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const groups = new Map<string, ChartSpec[]>([['', []]]);
  for (const { name, definition, group } of found.slice(0, limit)) {
    const specs = groups.get(group) ?? [];
    specs.push(metricSpec(name, definition));
    groups.set(group, specs);
  }
  return {
    groups: [...groups].filter(([, specs]) => specs.length > 0).map(([title, specs]) => ({ title, specs })),
    total: all.length,
    found: found.length,
  };
}

/** Returns the names of the metrics that have values, the declared ones first. */
function metricNames(runs: readonly Run[]): string[] {
  const sent = new Set(runs.flatMap(({ metrics }) => [...metrics.keys()]));
  const declared = runs.flatMap(({ started }) => Object.keys(started?.metrics ?? {}));
  return [...new Set([...declared.filter((name) => sent.has(name)), ...sent])];
}

/** Returns the declaration of a metric by the first run that has one. */
const definitionOf = (runs: readonly Run[], name: string) =>
  runs.map(({ started }) => ownValue(started?.metrics, name)).find((definition) => definition !== undefined);

/** Returns the group of a metric without a declared one: "eval" for "eval/f1". */
const prefixOf = (name: string): string => (name.includes('/') ? name.slice(0, name.indexOf('/')) : '');
