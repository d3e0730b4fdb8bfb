import { metricsOf, type RunSort } from '@mnist-monitor/shared/browser';
import type { SortOrder } from '../../net/api.ts';
import type { RunSummary } from '../../state/event-data.ts';
import { ownValue } from '../../state/own-value.ts';
import { settingLabel, settingLabels } from '../../state/setting-labels.ts';

/** The newest runs first. */
export const newestFirst: SortOrder = { sort: 'started', direction: 'descending' };

/** A choice of what the list can be sorted by. */
export interface SortChoice {
  sort: RunSort;
  label: string;
}

const fixedChoices: readonly SortChoice[] = [
  { sort: 'started', label: 'Start' },
  { sort: 'name', label: 'Name' },
  { sort: 'bestAccuracy', label: 'Best test accuracy' },
  { sort: 'loss', label: 'Loss' },
  { sort: 'seconds', label: 'Training time' },
];

/** Maximum number of settings, and of metrics, among the choices: more cannot be found in a menu. */
const maxOwnChoices = 60;

/** Returns what the list can be sorted by: the columns, and the settings and custom metrics of the runs. */
export function sortChoices(runs: readonly RunSummary[], current: RunSort): SortChoice[] {
  const settings = new Set<string>();
  const metrics = new Set<string>();
  for (const run of runs) {
    for (const name of Object.keys(run.started?.config ?? {})) settings.add(name);
    for (const name of Object.keys(metricsOf(run))) metrics.add(name);
  }
  // The current choice stays in the menu, even if no run of the list has a value for it.
  if (current.startsWith('config.')) settings.add(settingOf(current));
  if (current.startsWith('metrics.')) metrics.add(metricOf(current));
  const known = (Object.keys(settingLabels) as string[]).filter((name) => settings.has(name));
  const own = [...settings].filter((name) => !known.includes(name)).sort();
  return [
    ...fixedChoices,
    ...[...known, ...own].slice(0, maxOwnChoices).map((name) => choiceOf(`config.${name}`)),
    ...[...metrics]
      .sort()
      .slice(0, maxOwnChoices)
      .map((name) => choiceOf(`metrics.${name}`)),
  ];
}

const settingOf = (sort: RunSort): string => sort.slice('config.'.length);
const metricOf = (sort: RunSort): string => sort.slice('metrics.'.length);

const choiceOf = (sort: RunSort): SortChoice => ({ sort, label: labelOf(sort) });

/** Returns the name of what the list is sorted by. */
export function labelOf(sort: RunSort): string {
  const fixed = fixedChoices.find((choice) => choice.sort === sort);
  if (fixed) return fixed.label;
  return sort.startsWith('config.') ? settingLabel(settingOf(sort)) : metricOf(sort);
}

/** Returns whether the list needs a column of its own for what it is sorted by. */
export const isOwnColumn = (sort: RunSort): sort is `config.${string}` | `metrics.${string}` =>
  sort.startsWith('config.') || sort.startsWith('metrics.');

/** Returns a setting or a custom metric of a run; undefined when it has none. */
export function ownValueOf(run: RunSummary, sort: `config.${string}` | `metrics.${string}`): unknown {
  const [record, name] = sort.startsWith('config.')
    ? [run.started?.config, settingOf(sort)]
    : [metricsOf(run), metricOf(sort)];
  return ownValue(record, name);
}

/** Returns the order after a click on a column: the other direction of the column, or the more useful one of another column. */
export function nextOrder(current: SortOrder, sort: RunSort, runs: readonly RunSummary[]): SortOrder {
  if (current.sort !== sort) return { sort, direction: usualDirection(sort, runs) };
  return { sort, direction: current.direction === 'ascending' ? 'descending' : 'ascending' };
}

/** Returns the direction that lists what is looked for first: the best results, the newest runs, and texts from A to Z. */
function usualDirection(sort: RunSort, runs: readonly RunSummary[]): SortOrder['direction'] {
  if (sort === 'started' || sort === 'bestAccuracy') return 'descending';
  if (!sort.startsWith('metrics.')) return 'ascending';
  const definitions = runs.map(({ started }) => ownValue(started?.metrics, metricOf(sort)));
  return definitions.find(Boolean)?.direction === 'minimize' ? 'ascending' : 'descending';
}
