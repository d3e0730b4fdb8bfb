import { formatPercent } from './format.ts';

/** A class with its probability. */
export interface ClassProbability {
  label: number;
  probability: number;
}

/**
 * Returns classes with their probabilities, the most probable first.
 *
 * @param classes - The number of the class of each probability. By default, the index of the probability.
 */
export const rankedClasses = (
  probabilities: ArrayLike<number>,
  classes?: readonly number[] | null,
): ClassProbability[] =>
  Array.from(probabilities, (probability, index) => ({ label: classes?.[index] ?? index, probability })).sort(
    (a, b) => b.probability - a.probability,
  );

/** Formats a probability. Close to 0 and 1 it is rounded to a limit: "more than 99.9 %" says as much as "99.999982 %". */
export const formatProbability = (probability: number): string =>
  limitOf(probability, 'more than', 'less than') ?? formatPercent(probability, 0);

/** Formats a probability in a column of numbers, with the limits of `formatProbability`: "> 99.9 %", "12 %", "3.4 %". */
export const probabilityFigure = (probability: number): string =>
  // Percentages from 9.95 % on, which are displayed as 10 % and more, have no decimal.
  limitOf(probability, '>', '<') ?? formatPercent(probability, probability > 0.0995 ? 0 : 1);

function limitOf(probability: number, more: string, less: string): string | undefined {
  if (probability > 0.999) return `${more} ${formatPercent(0.999, 1)}`;
  return probability < 0.001 ? `${less} ${formatPercent(0.001, 1)}` : undefined;
}
