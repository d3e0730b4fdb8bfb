import type { Version1EventOf } from '@mnist-monitor/shared';
import { bar, formatCount, formatDuration, formatLoss, formatPercent } from '@mnist-monitor/shared/console';

type BatchData = Version1EventOf<'batch'>['data'];

/** Numbers of epochs and steps in a whole run. */
export interface Totals {
  epochs: number;
  steps: number;
}

/** Formats the values of a step: epoch, loss, accuracy, speed, time left. */
export function formatFigures(batch: BatchData, totals: Totals): string[] {
  return [
    `epoch ${batch.epoch}/${totals.epochs}`,
    `loss ${formatLoss(batch.loss)}`,
    `accuracy ${formatPercent(batch.accuracy)}`,
    `${formatCount(batch.imagesPerSecond)} images/s`,
    batch.etaSeconds === null ? '' : `${formatDuration(batch.etaSeconds)} left`,
  ].filter(Boolean);
}

const percentDone = (batch: BatchData, totals: Totals): string =>
  `${Math.floor((batch.step / totals.steps) * 100)} %`.padStart(5);

/** Width of the percentage in the progress line, with the spaces around it and after the bar. */
const percentWidth = '   35 %    '.length;

/** Formats the progress line for a terminal of `columns` characters; the bar fills the space beside the values. */
export function progressLine(batch: BatchData, totals: Totals, columns: number): string {
  const text = formatFigures(batch, totals).join('  ');
  const space = columns - 1 - text.length - percentWidth;
  const drawnBar = space >= 8 ? `${bar(batch.step / totals.steps, Math.min(space, 40))}  ` : '';
  return `  ${percentDone(batch, totals)}  ${drawnBar}${text}`.slice(0, Math.max(10, columns - 1));
}

/** Formats the progress line without a bar, for outputs that cannot redraw a line, for example a log file. */
export const plainLine = (batch: BatchData, totals: Totals): string =>
  [percentDone(batch, totals), ...formatFigures(batch, totals)].join('  ');
