import { formatProbability } from '../../state/probability.ts';

/** The most probable class of a drawing. */
export interface TopPrediction {
  label: number;
  name: string;
  /** Text of the probability of the class: "98 % sure". */
  confidence: string;
  /** The class with the second highest probability: "1 with 4 %"; empty for a single class. */
  second: string;
}

/** Returns the class with the highest probability. */
export function topPrediction(probabilities: ArrayLike<number>, classes: readonly string[]): TopPrediction {
  const values = Array.from(probabilities);
  const [label = 0, next] = values
    .map((_, index) => index)
    .sort((a, b) => (values[b] as number) - (values[a] as number));
  return {
    label,
    name: classes[label] ?? String(label),
    confidence: `${formatProbability(values[label] ?? 0)} sure`,
    second: next === undefined ? '' : `${classes[next] ?? next} with ${formatProbability(values[next] ?? 0)}`,
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
