import { formatPercent } from '../../state/format.ts';

/** The most probable class of a drawing. */
export interface TopPrediction {
  label: number;
  name: string;
  /** Text of the probability of the class: "98 % sure". */
  confidence: string;
}

/** Returns the class with the highest probability. */
export function topPrediction(probabilities: ArrayLike<number>, classes: readonly string[]): TopPrediction {
  const values = Array.from(probabilities);
  const label = values.indexOf(Math.max(...values));
  return {
    label,
    name: classes[label] ?? String(label),
    confidence: `${formatPercent(values[label], 0)} sure`,
  };
}

/** The top prediction of one drawing with the weights of one epoch. */
export interface EpochPrediction {
  epoch: number;
  name: string;
  confidence: string;
}

/** Returns the predictions in the order of their epochs, with one added or, for an epoch already listed, replaced. */
export const withPrediction = (
  predictions: readonly EpochPrediction[],
  added: EpochPrediction,
): EpochPrediction[] =>
  [...predictions.filter(({ epoch }) => epoch !== added.epoch), added].sort((a, b) => a.epoch - b.epoch);
