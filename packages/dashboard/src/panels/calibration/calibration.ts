import type { TestResults } from '../../state/event-data.ts';

/** A bin of the reliability diagram that has test samples. All values are from 0 to 1, except the count. */
export interface CalibrationBar {
  /** The range of confidence of the bin. */
  from: number;
  to: number;
  count: number;
  /** Mean confidence of the samples. */
  confidence: number;
  accuracy: number;
}

/** Returns the bins that have test samples. */
export const calibrationBars = (bins: NonNullable<TestResults['calibration']>): CalibrationBar[] =>
  bins.flatMap(({ count, confidence, accuracy }, index) =>
    count > 0 && confidence !== null && accuracy !== null
      ? [{ from: index / bins.length, to: (index + 1) / bins.length, count, confidence, accuracy }]
      : [],
  );

/**
 * Returns the expected calibration error: the mean distance between confidence and accuracy, weighted by the number of
 * samples in each bin (Guo et al. 2017); undefined without samples.
 */
export function expectedCalibrationError(bars: readonly CalibrationBar[]): number | undefined {
  const total = bars.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return undefined;
  return (
    bars.reduce((sum, { count, confidence, accuracy }) => sum + count * Math.abs(confidence - accuracy), 0) /
    total
  );
}
