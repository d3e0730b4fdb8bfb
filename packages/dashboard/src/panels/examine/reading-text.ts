import { csvName } from '../../state/csv.ts';
import { formatCount } from '../../state/format.ts';
import { type ClassProbability, formatProbability, rankedClasses } from '../../state/probability.ts';
import type { Reading } from './snapshot-readings.ts';

const topLabel = ({ probabilities }: Reading): number => rankedClasses(probabilities)[0]?.label ?? 0;

interface Words {
  classes: readonly string[];
  /** The word for a step: `batch`, `step` or `epoch`. */
  stepWord: string;
  /** The true class; null where it is not known. */
  label: number | null;
}

/** Describes how the reading changed over the run: "Read as 7 from batch 214 on; before that mostly as 1." */
export function historySentence(readings: readonly Reading[], { classes, stepWord, label }: Words): string {
  const last = readings.at(-1);
  if (!last) return '';
  const nameOf = (each: number): string => classes[each] ?? String(each);
  const final = topLabel(last);
  const begin = readings.findLastIndex((reading) => topLabel(reading) !== final) + 1;
  const truth = label === null ? '' : label === final ? ', which is right' : `; it is ${nameOf(label)}`;
  const first = readings[begin];
  if (begin === 0 || !first) return `Read as ${nameOf(final)} all the time${truth}.`;
  const before = mostFrequent(readings.slice(0, begin).map(topLabel));
  const earlier = before === final ? 'and not always before' : `before that mostly as ${nameOf(before)}`;
  return `Read as ${nameOf(final)} from ${stepWord} ${formatCount(first.step)} on${truth}; ${earlier}.`;
}

function mostFrequent(labels: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? 0;
}

/** Describes a reading with its second guess: "7 with 93 %, or else 1 with 4 %". */
export function readingText(probabilities: ArrayLike<number>, classes: readonly string[]): string {
  const [first, second] = rankedClasses(probabilities);
  const text = ({ label, probability }: ClassProbability): string =>
    `${classes[label] ?? label} with ${formatProbability(probability)}`;
  if (!first) return '';
  return second ? `${text(first)}, or else ${text(second)}` : text(first);
}

/** Returns the readings as CSV: a row for each snapshot, with the probability of each class. */
export function readingsCsv(readings: readonly Reading[], classes: readonly string[]): string {
  const head = ['step', ...classes.map((name) => csvName(`p(${name})`))].join(',');
  const rows = readings.map(({ step, probabilities }) =>
    [step, ...Array.from(probabilities, (value) => value.toPrecision(6))].join(','),
  );
  return `${[head, ...rows].join('\n')}\n`;
}

/** Returns the column that an arrow key, Home or End moves to; undefined for other keys. */
export function moveColumn(key: string, current: number, columns: number): number | undefined {
  const next = {
    ArrowLeft: current - 1,
    ArrowDown: current - 1,
    ArrowRight: current + 1,
    ArrowUp: current + 1,
    Home: 0,
    End: columns - 1,
  }[key];
  return next === undefined ? undefined : Math.min(columns - 1, Math.max(0, next));
}
