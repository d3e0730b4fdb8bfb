import { formatPercent } from '../../state/format.ts';

/** The most probable class of a drawing. */
export interface TopPrediction {
  label: number;
  name: string;
  /** Its probability: "98 % sure". */
  sure: string;
}

/** Returns the class with the highest probability. */
export function topPrediction(probabilities: ArrayLike<number>, classes: readonly string[]): TopPrediction {
  const values = Array.from(probabilities);
  const label = values.indexOf(Math.max(...values));
  return { label, name: classes[label] ?? String(label), sure: `${formatPercent(values[label], 0)} sure` };
}

/** The top prediction of one drawing with the weights of one epoch. */
export interface EpochPrediction {
  epoch: number;
  name: string;
  sure: string;
}

/** Returns the predictions by epoch, ascending, with one added; it replaces an earlier one of the same epoch. */
export const withPrediction = (
  predictions: readonly EpochPrediction[],
  added: EpochPrediction,
): EpochPrediction[] =>
  [...predictions.filter(({ epoch }) => epoch !== added.epoch), added].sort((a, b) => a.epoch - b.epoch);
