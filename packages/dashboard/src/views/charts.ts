import type { Reading } from '../charts/curves.ts';
import { formatCount, formatLoss, formatPercent, formatPlural } from '../state/format.ts';
import type { Stretch } from '../state/non-finite.ts';

/** The words beside a chart. */
export interface LegendText {
  /** What the values belong to: "Latest" or "Batch 412, epoch 4". */
  at: string;
  raw: string;
  smooth: string;
  test: string;
}

export function legendText(
  reading: Reading | undefined,
  { hovered, format }: { hovered: boolean; format: (value: number | undefined) => string },
): LegendText {
  if (!reading) return { at: 'No batches yet', raw: '–', smooth: '–', test: '–' };
  return {
    at: hovered ? `Batch ${formatCount(reading.step)}, epoch ${reading.epoch}` : 'Latest',
    raw: format(reading.raw),
    smooth: format(reading.smooth),
    test: format(reading.test),
  };
}

/** What a caption tells of. */
export interface CaptionInput {
  batches: number;
  drawn: number;
  /** Batches that are no longer held. */
  thinned: number;
  /** Where an accuracy axis begins; 0 for an axis that leaves nothing out. */
  floor: number;
}

/** What is drawn, and what is not: "1,180 batches", "2,000 of 46,900 batches drawn · axis from 95 %". */
export function chartCaption({ batches, drawn, thinned, floor }: CaptionInput): string {
  const all = formatPlural(batches + thinned, 'batch', 'batches');
  const counts = drawn < batches ? `${formatCount(drawn)} of ${all} drawn` : all;
  return floor > 0 ? `${counts} · axis from ${percentTick(floor)}` : counts;
}

export function stretchCaption(stretches: readonly Stretch[]): string {
  const first = stretches[0];
  if (!first) return '';
  const name = Number.isNaN(first.value) ? 'not a number (NaN)' : 'infinite';
  return `${name} from batch ${formatCount(first.from)}`;
}

export const formatters = {
  loss: (value: number | undefined) => formatLoss(value),
  accuracy: (value: number | undefined) => formatPercent(value),
};

/** Labels of the accuracy axis: no more digits than the distance of two of them needs. */
export function percentTick(value: number): string {
  return `${Number((value * 100).toFixed(2))}\u00a0%`;
}

/** Labels of the loss axis. */
export function lossTick(value: number): string {
  return value !== 0 && Math.abs(value) < 1e-4
    ? value.toExponential(0)
    : String(Number(value.toPrecision(6)));
}
