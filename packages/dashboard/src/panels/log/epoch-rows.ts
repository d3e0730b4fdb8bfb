import type { EpochData } from '../../state/complete-data.ts';
import { formatDuration, formatLoss, formatPercent } from '../../state/format.ts';

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

/** Returns the rows of the table of epochs: at most `limit`, newest first. */
export function epochRows(epochs: readonly EpochData[], limit = 200): EpochRow[] {
  const best = bestEpoch(epochs);
  return epochs
    .slice(-limit)
    .reverse()
    .map(({ epoch, train, test, seconds }) => ({
      epoch: String(epoch),
      trainLoss: formatLoss(train.loss),
      trainAccuracy: formatPercent(train.accuracy),
      testLoss: formatLoss(test.loss),
      testAccuracy: formatPercent(test.accuracy),
      seconds: formatDuration(seconds),
      best: epoch === best,
    }));
}

/** Returns the first epoch with the highest test accuracy; epochs whose test loss is not finite are ignored. */
function bestEpoch(epochs: readonly EpochData[]): number | undefined {
  let best: EpochData | undefined;
  for (const epoch of epochs)
    if (Number.isFinite(epoch.test.loss) && epoch.test.accuracy > (best?.test.accuracy ?? -1)) best = epoch;
  return best?.epoch;
}
