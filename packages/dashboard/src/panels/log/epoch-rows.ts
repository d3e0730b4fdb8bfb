import type { EpochData } from '@mnist-monitor/shared/browser';
import { formatDuration, formatLoss, formatPercent } from '../../state/format.ts';

export interface EpochRow {
  epoch: string;
  trainLoss: string;
  trainAccuracy: string;
  testLoss: string;
  testAccuracy: string;
  seconds: string;
  /** Whether no other epoch has a higher test accuracy. */
  best: boolean;
}

/** The epochs, newest first, `limit` at most. */
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

/** The first epoch with the highest test accuracy; a network whose loss is not a number has learnt nothing. */
function bestEpoch(epochs: readonly EpochData[]): number | undefined {
  let best: EpochData | undefined;
  for (const epoch of epochs)
    if (Number.isFinite(epoch.test.loss) && epoch.test.accuracy > (best?.test.accuracy ?? -1)) best = epoch;
  return best?.epoch;
}
