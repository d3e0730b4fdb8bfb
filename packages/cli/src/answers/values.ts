import type { RunSummary } from '@mnist-monitor/shared';

/** A number of an event: not finite values are strings there. */
export type Measure = number | 'NaN' | 'Infinity' | '-Infinity' | null | undefined;

/** Rounds a number to five significant digits, as answers show it; null where there is none. */
export function rounded(value: Measure): number | string | null {
  if (value === undefined) return null;
  if (typeof value !== 'number') return value;
  return Number.isFinite(value) ? Number(value.toPrecision(5)) : String(value);
}

/** Longest text of a publisher in an answer, in characters. */
const maxTextLength = 120;

/**
 * Returns a text as answers contain it: in one line, without control and invisible characters, and cut where it is long. Publishers
 * and viewers write such texts, so that answers have them only below the key `texts`.
 */
export function shortText(text: string, length = maxTextLength): string {
  const visible = text.replace(/[\p{C}\s]+/gu, ' ').trim();
  const characters = Array.from(visible);
  return characters.length > length ? `${characters.slice(0, length - 1).join('')}…` : visible;
}

/** Removes the entries that are null, undefined, or empty lists and objects. */
export function withoutEmpty<T extends object>(object: T): Partial<T> {
  const isEmpty = (value: unknown): boolean =>
    value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !isEmpty(value))) as Partial<T>;
}

/** Returns the texts with which a publisher or a viewer has named a run. */
export const runTexts = ({ title, name, tags }: RunSummary): object =>
  withoutEmpty({
    title: title === null ? null : shortText(title),
    name: name == null ? null : shortText(name),
    tags: tags?.slice(0, 5).map((tag) => shortText(tag)),
  });
