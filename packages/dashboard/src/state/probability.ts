import { formatPercent } from './format.ts';

/** Formats a probability. Close to 0 and 1 it is rounded to a limit: "more than 99.9 %" says as much as "99.999982 %". */
export function formatProbability(probability: number): string {
  if (probability > 0.999) return `more than ${formatPercent(0.999, 1)}`;
  return probability < 0.001 ? `less than ${formatPercent(0.001, 1)}` : formatPercent(probability, 0);
}
