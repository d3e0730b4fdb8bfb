import { formatCount, formatPercent, shortClassNames } from '../../state/format.ts';
import { classRows, imageCounts, recallOf } from './class-accuracy.ts';
import { nonZeroCells } from './confusion-matrix.ts';
import type { EpochResults } from './epoch-results.ts';

/** The columns by which the table of classes can be sorted, with their titles. */
export const classColumns = {
  name: 'Class',
  images: 'Images',
  recall: 'Recall',
  precision: 'Precision',
  change: 'Change',
} as const;
export type ClassColumn = keyof typeof classColumns;

/** A class in the table: the texts to show, and the numbers to sort by, which are null when not known. */
export interface ClassEntry {
  name: string;
  /** The number of the class, with which a matrix without room for names labels it; empty when all names are short. */
  number: string;
  texts: Record<ClassColumn, string>;
  values: Record<ClassColumn, number | null>;
}

/** Returns a row for each class. */
export function classEntries({ classes, epoch, previous }: EpochResults): ClassEntry[] {
  const images = imageCounts(nonZeroCells(epoch.test), classes.length);
  const recall = recallOf(epoch.test, classes.length);
  const hasNumbers = shortClassNames(classes)[0] !== classes[0];
  const before = recallOf(previous?.test, classes.length);
  return classRows(classes, epoch, previous).rows.map(({ label, name, value, precision, change }) => {
    const [now, then] = [recall[label] ?? null, before[label] ?? null];
    return {
      name,
      number: hasNumbers ? String(label) : '',
      texts: {
        ...{ name, recall: now === null ? '' : value, precision, change },
        images: images[label] ? formatCount(images[label]) : '',
      },
      values: {
        ...{ name: label, images: images[label] ?? null, recall: now },
        precision: epoch.test?.precision?.[label] ?? null,
        change: now === null || then === null ? null : now - then,
      },
    };
  });
}

/** Returns the columns that have a value in at least one row. */
export const knownColumns = (entries: readonly ClassEntry[]): ClassColumn[] =>
  (Object.keys(classColumns) as ClassColumn[]).filter((column) =>
    entries.some(({ texts }) => texts[column] !== ''),
  );

/** The order of the table of classes. */
export interface ClassOrder {
  column: ClassColumn;
  ascending: boolean;
}

/** Returns the entries whose name contains the text, or whose number is the text, in an order; entries without a value come last. */
export function sortedEntries(
  entries: readonly ClassEntry[],
  { column, ascending }: ClassOrder,
  search: string,
): ClassEntry[] {
  const text = search.trim().toLowerCase();
  const sign = ascending ? 1 : -1;
  return entries
    .filter(({ name, number }) => name.toLowerCase().includes(text) || (text !== '' && number === text))
    .sort((a, b) => {
      const [left, right] = [a.values[column], b.values[column]];
      if (left === null || right === null) return Number(left === null) - Number(right === null);
      return (left - right) * sign;
    });
}

/** Summarizes the classes: "Recall from 61.00 % (B) to 100.00 %; 3 of 47 classes below 80 %."; empty without values. */
export function recallSummary({ classes, epoch }: EpochResults): string {
  const known = recallOf(epoch.test, classes.length)
    .map((recall, label) => ({ recall, label }))
    .filter((entry): entry is { recall: number; label: number } => entry.recall !== null);
  if (known.length === 0) return '';
  const worst = known.reduce((least, entry) => (entry.recall < least.recall ? entry : least));
  const best = Math.max(...known.map(({ recall }) => recall));
  const low = known.filter(({ recall }) => recall < lowRecall).length;
  return `Recall from ${formatPercent(worst.recall)} (${classes[worst.label]}) to ${formatPercent(best)}; ${formatCount(low)} of ${formatCount(classes.length)} classes below ${formatPercent(lowRecall, 0)}.`;
}

/** Recall below which the summary counts a class. */
const lowRecall = 0.8;
