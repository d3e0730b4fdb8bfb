import { lossOf, type RunSort, type RunStatus, secondsOf, testLossOf } from '@mnist-monitor/shared/browser';
import { divergedLoss } from '../../state/divergence.ts';
import type { RunSummary } from '../../state/event-data.ts';
import {
  formatCount,
  formatDateTime,
  formatDuration,
  formatLearningRate,
  formatLoss,
  formatNumber,
  formatPercent,
  formatPlural,
  shorten,
} from '../../state/format.ts';
import { deviceText, displayName, nameOf, statusNames, tagsOf } from '../../state/run-summaries.ts';
import { isOwnColumn, ownValueOf } from './run-sort.ts';

/** A row of the list of runs. */
export interface RunRow {
  runId: string;
  /** The run's name or, without one, its id. */
  name: string;
  /** Whether the run has a name of its own. */
  hasName: boolean;
  /** The status that sets the colour: `interrupted` for a run that has diverged, which is no success. */
  status: RunStatus;
  statusName: string;
  bestAccuracy: string;
  loss: string;
  /** Whether the loss is one in training, because the run has none on a test set. */
  isTrainingLoss: boolean;
  /** The setting or metric that the list is sorted by; undefined when it is sorted by another column. */
  own: string | undefined;
  duration: string;
  device: string;
  settings: string;
  tags: readonly string[];
  /** Local date and time of the start. */
  started: string;
  note: string;
  pinned: boolean;
}

/** The names of a status while the last results are those of a network that has diverged; any other status is more important. */
const divergedNames: Partial<Record<RunStatus, string>> = { running: 'Diverging', completed: 'Diverged' };

/** Returns the row of a run in a list with this order. */
export function runRow(summary: RunSummary, sort: RunSort = 'started'): RunRow {
  const { runId, note, pinned, status, started, startedAt } = summary;
  const diverged = divergedNames[status] !== undefined && divergedLoss(summary) !== undefined;
  const loss = lossOf(summary);
  return {
    ...{ runId, name: displayName(summary), hasName: nameOf(summary) !== null },
    // A run that has diverged is no success.
    ...{
      status: diverged ? 'interrupted' : status,
      statusName: (diverged && divergedNames[status]) || statusNames[status],
    },
    bestAccuracy: summary.bestAccuracy === null ? '' : formatPercent(summary.bestAccuracy),
    loss: loss === null ? '' : formatLoss(loss),
    isTrainingLoss: loss !== null && testLossOf(summary) === null,
    own: isOwnColumn(sort) ? settingText(ownValueOf(summary, sort)) : undefined,
    duration: secondsOf(summary) === null ? '' : formatDuration(secondsOf(summary)),
    device: deviceText(started?.device),
    settings: settingsText(started?.config ?? {}),
    tags: tagsOf(summary),
    started: formatDateTime(Date.parse(startedAt)),
    note: note ?? '',
    pinned,
  };
}

type Config = NonNullable<RunSummary['started']>['config'];

/** Maximum number of settings in a row, and maximum length of one that is a text. */
const [maxSettings, maxSettingLength] = [6, 24];

/** Settings that a row leaves out: they say nothing about the result, or the data says it already. */
const leftOut: ReadonlySet<string> = new Set(['seed', 'trainSize', 'testSize', 'engine']);

/** Describes the settings of a run in one line, the most important ones first. */
function settingsText(config: Config): string {
  const { epochs, batchSize, learningRate, optimizer, schedule, augment, recipe, ...others } = config;
  const texts = [
    typeof recipe === 'string' && recipe !== 'default' && `recipe ${recipe}`,
    typeof learningRate === 'number' && `rate ${formatLearningRate(learningRate)}`,
    typeof batchSize === 'number' && `batch ${formatCount(batchSize)}`,
    typeof epochs === 'number' && formatPlural(epochs, 'epoch', 'epochs'),
    optimizer,
    schedule,
    augment === true && 'augmented images',
    ...Object.entries(others)
      .filter(([name, value]) => value !== null && value !== undefined && !leftOut.has(name))
      .map(([name, value]) => `${name} ${settingText(value)}`),
  ].filter((text): text is string => typeof text === 'string' && text !== '');
  const more = texts.length - maxSettings;
  return [...texts.slice(0, maxSettings), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

/** Formats the value of a setting or of a custom metric. */
function settingText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'number') return Math.abs(value) < 1 ? formatLearningRate(value) : formatNumber(value);
  return shorten(String(value), maxSettingLength);
}
