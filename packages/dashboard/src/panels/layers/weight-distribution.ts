import { csvName } from '../../state/csv.ts';
import { formatCount, formatNumber } from '../../state/format.ts';
import type { WeightHistogram } from '../../state/layers.ts';

/** Quantiles of the weights of a tensor at a step, each exact to the width of a bin. */
export interface WeightQuantiles {
  step: number;
  smallest: number;
  /** A quarter of the weights are below. */
  lower: number;
  median: number;
  /** A quarter of the weights are above. */
  upper: number;
  largest: number;
}

/** Returns the quantiles of a histogram, whose bins are taken as evenly filled. */
export function quantiles({ step, edges, counts }: WeightHistogram): WeightQuantiles {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const at = (share: number): number => {
    let below = 0;
    for (const [bin, count] of counts.entries()) {
      const [from, to] = [edges[bin] ?? 0, edges[bin + 1] ?? 0];
      if (count > 0 && below + count >= share * total)
        return from + ((to - from) * (share * total - below)) / count;
      below += count;
    }
    return edges.at(-1) ?? 0;
  };
  const [smallest, largest] = [edges[0] ?? 0, edges.at(-1) ?? 0];
  return { step, smallest, lower: at(0.25), median: at(0.5), upper: at(0.75), largest };
}

/** A bin of a histogram in a picture of all steps: y from 0, the largest weight, to 1, the smallest. */
export interface PictureBin {
  y: number;
  height: number;
  /** Number of weights divided by the height, scaled so that the densest bin of the picture has 1. */
  density: number;
}

/** Returns a column of bins for each histogram, on one scale of weights. */
export function pictureColumns(histograms: readonly WeightHistogram[]): PictureBin[][] {
  const low = Math.min(...histograms.map(({ edges }) => edges[0] ?? 0));
  const high = Math.max(...histograms.map(({ edges }) => edges.at(-1) ?? 0));
  const range = high - low || 1;
  const columns = histograms.map(({ edges, counts }) => {
    const total = counts.reduce((sum, count) => sum + count, 0) || 1;
    return Array.from(counts, (count, bin): PictureBin => {
      const [from, to] = [edges[bin] ?? 0, edges[bin + 1] ?? 0];
      const height = (to - from) / range;
      return { y: (high - to) / range, height, density: height > 0 ? count / total / height : 0 };
    });
  });
  const densest = Math.max(...columns.flat().map(({ density }) => density)) || 1;
  return columns.map((bins) => bins.map((bin) => ({ ...bin, density: bin.density / densest })));
}

/**
 * Describes how the weights have spread: "At batch 50, half of the weights are from -0.1667 to 0.7500, all from -2 to 2; at batch
 * 1 half were from -0.5000 to 0.5000."
 */
export function distributionSentence(histograms: readonly WeightHistogram[], stepWord: string): string {
  const [first, last] = [histograms[0], histograms.at(-1)];
  if (!first || !last) return '';
  const range = (from: number, to: number): string => `${formatNumber(from)} to ${formatNumber(to)}`;
  const now = quantiles(last);
  const sentence = `At ${stepWord} ${formatCount(last.step)}, half of the weights are from ${range(now.lower, now.upper)}, all from ${range(now.smallest, now.largest)}`;
  if (first === last) return `${sentence}.`;
  const before = quantiles(first);
  return `${sentence}; at ${stepWord} ${formatCount(first.step)} half were from ${range(before.lower, before.upper)}.`;
}

/** Returns the histograms of all tensors as CSV: a line for each bin. */
export const histogramsCsv = (tensors: ReadonlyMap<string, readonly WeightHistogram[]>): string =>
  [
    'step,tensor,from,to,count',
    ...[...tensors].flatMap(([name, histograms]) =>
      histograms.flatMap(({ step, edges, counts }) =>
        Array.from(counts, (count, bin) =>
          [step, csvName(name), edges[bin], edges[bin + 1], count].join(','),
        ),
      ),
    ),
    '',
  ].join('\n');
