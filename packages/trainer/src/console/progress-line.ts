import type { BatchData } from '@mnist-monitor/shared';
import { decimal, duration, grouped, percent } from './format.ts';

export interface Totals {
  epochs: number;
  steps: number;
}

const full = '█';
const parts = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of `width` characters, filled to `fraction` by eighths of a character. */
export function bar(fraction: number, width: number): string {
  const eighths = Math.floor(Math.min(1, Math.max(0, fraction)) * width * 8);
  const filled = full.repeat(Math.floor(eighths / 8)) + parts[eighths % 8];
  return filled.padEnd(width, '░');
}

/** The figures of a step in words: overall progress, epoch, loss, accuracy, speed, time left. */
export function figures(batch: BatchData, totals: Totals): string[] {
  return [
    `epoch ${batch.epoch}/${totals.epochs}`,
    `loss ${decimal(batch.loss)}`,
    `accuracy ${percent(batch.accuracy)}`,
    `${grouped(batch.imagesPerSecond)} images/s`,
    batch.etaSeconds === null ? '' : `${duration(batch.etaSeconds)} left`,
  ].filter(Boolean);
}

const share = (batch: BatchData, totals: Totals): string =>
  `${Math.floor((batch.step / totals.steps) * 100)} %`.padStart(5);

/** The progress line for a terminal of so many columns: the bar takes what the figures leave. */
export function progressLine(batch: BatchData, totals: Totals, columns: number): string {
  const text = figures(batch, totals).join('  ');
  const room = columns - 1 - text.length - '   35 %    '.length;
  const drawn = room >= 8 ? `${bar(batch.step / totals.steps, Math.min(room, 40))}  ` : '';
  return `  ${share(batch, totals)}  ${drawn}${text}`.slice(0, Math.max(10, columns - 1));
}

/** The same where lines cannot be redrawn, in a log for example. */
export const plainLine = (batch: BatchData, totals: Totals): string =>
  [share(batch, totals), ...figures(batch, totals)].join('  ');
