import type { Version1EventOf } from '@mnist-monitor/shared';
import { formatCount, formatDuration, formatLoss, formatPercent } from './format.ts';

type BatchData = Version1EventOf<'batch'>['data'];

/** Numbers of epochs and steps in a whole run. */
export interface Totals {
  epochs: number;
  steps: number;
}

const fullBlock = '█';
/** Block characters whose left 0, 1, … 7 eighths are filled. */
const partialBlocks = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** Draws a bar of `width` characters, filled to `fraction` in steps of an eighth of a character. */
export function bar(fraction: number, width: number): string {
  const eighths = Math.floor(Math.min(1, Math.max(0, fraction)) * width * 8);
  const filled = fullBlock.repeat(Math.floor(eighths / 8)) + partialBlocks[eighths % 8];
  return filled.padEnd(width, '░');
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
