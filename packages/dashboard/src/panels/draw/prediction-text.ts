import { formatPercent } from '../../state/format.ts';

/** What the network makes of a drawing. */
export interface TopPrediction {
  /** The class that it takes the drawing for. */
  label: number;
  name: string;
  /** "98 % sure" */
  sure: string;
}

export function topPrediction(probabilities: ArrayLike<number>, classes: readonly string[]): TopPrediction {
  const values = Array.from(probabilities);
  const label = values.indexOf(Math.max(...values));
  return { label, name: classes[label] ?? String(label), sure: `${formatPercent(values[label], 0)} sure` };
}

/** How one drawing was read after each epoch: "epoch 2: 3, 61 % sure". */
export interface EpochReading {
  epoch: number;
  name: string;
  sure: string;
}

/** The readings with that of an epoch among them, ascending; of an epoch that is there already, the new one. */
export const withReading = (readings: readonly EpochReading[], reading: EpochReading): EpochReading[] =>
  [...readings.filter(({ epoch }) => epoch !== reading.epoch), reading].sort((a, b) => a.epoch - b.epoch);
