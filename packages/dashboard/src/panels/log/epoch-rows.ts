import type { EpochData } from '../../state/event-data.ts';
import { formatDuration, formatLoss, formatPercent } from '../../state/format.ts';
import type { Run } from '../../state/run.ts';
import { lowerBound } from '../../state/series.ts';

/** A row of the table of epochs, with formatted values. */
export interface EpochRow {
  epoch: string;
  trainLoss: string;
  trainAccuracy: string;
  testLoss: string;
  testAccuracy: string;
  seconds: string;
  /** Whether the epoch is the first with the highest test accuracy. */
  best: boolean;
}

/** The row of the epoch that a run is in: its means so far. */
export type EpochSoFar = Omit<EpochRow, 'best'>;

/** Returns the rows of the table of epochs: at most `limit`, newest first. */
export function epochRows(epochs: readonly EpochData[], limit = 200): EpochRow[] {
  const best = bestEpoch(epochs);
  return epochs
    .slice(-limit)
    .reverse()
    .map(({ epoch, train, test, seconds }) => ({
      epoch: String(epoch),
      trainLoss: formatLoss(train?.loss),
      trainAccuracy: formatPercent(train?.accuracy),
      testLoss: formatLoss(test?.loss),
      testAccuracy: formatPercent(test?.accuracy),
      seconds: formatDuration(seconds),
      best: epoch === best,
    }));
}

/**
 * Returns the means so far of the epoch that a run is in; undefined between epochs, after the end of the run, and if its batches
 * do not name their epoch.
 */
export function epochSoFar({
  steps,
  batch,
  epochs,
  finished,
}: Pick<Run, 'steps' | 'batch' | 'epochs' | 'finished'>): EpochSoFar | undefined {
  const last = epochs.at(-1);
  const epoch = batch?.epoch;
  if (finished || typeof epoch !== 'number' || epoch <= (last?.epoch ?? 0)) return undefined;
  const from = last ? lowerBound(steps.x, steps.length, last.step + 1) : 0;
  const mean = (name: 'loss' | 'accuracy'): number | undefined => {
    const values = steps.columns[name].subarray(from, steps.length);
    const sum = values.reduce((total, value) => total + value, 0);
    return Number.isNaN(sum) ? undefined : sum / values.length;
  };
  const unknown = formatLoss(undefined);
  return {
    ...{ epoch: String(epoch), testLoss: unknown, testAccuracy: unknown, seconds: unknown },
    trainLoss: formatLoss(mean('loss')),
    trainAccuracy: formatPercent(mean('accuracy')),
  };
}

type EpochColumn = Exclude<keyof EpochRow, 'epoch' | 'best'>;

/** The columns of the table of epochs beside the epoch itself, with their titles. */
const columnTitles: Record<EpochColumn, string> = {
  trainLoss: 'Train loss',
  trainAccuracy: 'Train acc.',
  testLoss: 'Test loss',
  testAccuracy: 'Test acc.',
  seconds: 'Time',
};

/** Returns the columns for which a row has a value. */
export function epochColumns(rows: readonly EpochSoFar[]): { name: EpochColumn; title: string }[] {
  const unknown = formatLoss(undefined);
  return (Object.keys(columnTitles) as EpochColumn[])
    .filter((name) => rows.some((row) => row[name] !== unknown))
    .map((name) => ({ name, title: columnTitles[name] }));
}

/** Returns the first epoch with the highest test accuracy; epochs whose test loss is not finite are ignored. */
function bestEpoch(epochs: readonly EpochData[]): number | undefined {
  let best: { epoch: number; accuracy: number } | undefined;
  for (const { epoch, test } of epochs) {
    const accuracy = test?.accuracy;
    if (typeof accuracy !== 'number' || !Number.isFinite(test?.loss ?? 0)) continue;
    if (accuracy > (best?.accuracy ?? -1)) best = { epoch, accuracy };
  }
  return best?.epoch;
}
