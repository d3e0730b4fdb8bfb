import type { RunStatus } from '@mnist-monitor/shared/browser';
import { endedDiverged } from '../../state/divergence.ts';
import type { RunSummary } from '../../state/event-data.ts';
import {
  formatCount,
  formatDateTime,
  formatDuration,
  formatLearningRate,
  formatPercent,
  formatPlural,
} from '../../state/format.ts';
import {
  deviceText,
  displayName,
  nameOf,
  statusNames,
  tagsOf,
  trainingSeconds,
} from '../../state/run-summaries.ts';

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
  duration: string;
  device: string;
  /** Epochs, batch size, learning rate and schedule. */
  settings: string;
  tags: readonly string[];
  /** Local date and time of the start. */
  started: string;
  note: string;
  pinned: boolean;
}

/** Returns the row of a run. */
export function runRow(summary: RunSummary): RunRow {
  const { runId, note, pinned, status, started, startedAt } = summary;
  const config = started?.config;
  const diverged = status === 'completed' && endedDiverged(summary);
  return {
    ...{
      runId,
      name: displayName(summary),
      hasName: nameOf(summary) !== null,
      // A run that has diverged is no success.
      status: diverged ? 'interrupted' : status,
      statusName: diverged ? 'Diverged' : statusNames[status],
    },
    bestAccuracy: summary.bestAccuracy === null ? '' : formatPercent(summary.bestAccuracy),
    duration: trainingSeconds(summary) === undefined ? '' : formatDuration(trainingSeconds(summary)),
    device: deviceText(started?.device),
    settings: [
      typeof config?.epochs === 'number' && formatPlural(config.epochs, 'epoch', 'epochs'),
      typeof config?.batchSize === 'number' && `batch size ${formatCount(config.batchSize)}`,
      typeof config?.learningRate === 'number' && `learning rate ${formatLearningRate(config.learningRate)}`,
      config?.schedule,
    ]
      .filter(Boolean)
      .join(', '),
    tags: tagsOf(summary),
    started: formatDateTime(Date.parse(startedAt)),
    note: note ?? '',
    pinned,
  };
}

/** Returns the rows that contain all words of the filter, pinned runs first. */
export function listedRows(summaries: readonly RunSummary[], filter: string): RunRow[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = summaries.map(runRow).filter((row) => {
    const text = [row.name, row.runId, row.note, row.statusName, row.device, ...row.tags]
      .join(' ')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return [...rows.filter(({ pinned }) => pinned), ...rows.filter(({ pinned }) => !pinned)];
}
