import { encode } from '@mnist-monitor/shared';
import { maxSummaryBytes, type StoredSummary } from './store.ts';

/** The lengths in characters to which texts are cut, tried in turn until the summary fits. Every summary fits the last. */
const textLengths = [500, 100, 20];

/**
 * Shortens a summary so that its JSON, without the title and note, has at most `maxSummaryBytes`. A larger summary loses
 * its files and all layers except the first, which the schema requires; if that is not enough, its long texts are cut.
 */
export function shortenSummary(summary: StoredSummary): StoredSummary {
  if (fits(summary)) return summary;
  const { started, finished } = summary;
  const withoutLists: StoredSummary = {
    ...summary,
    started: started && { ...started, model: { ...started.model, layers: started.model.layers.slice(0, 1) } },
    finished: finished && { ...finished, files: [] },
    shortened: true,
  };
  const shorter = textLengths.map((length) => withTexts(withoutLists, length));
  return [withoutLists, ...shorter].find(fits) ?? shorter.at(-1)!;
}

const fits = ({ title, note, ...rest }: StoredSummary): boolean =>
  Buffer.byteLength(encode(rest)) <= maxSummaryBytes;

/** Cuts the texts of the events' data. Ids and times are short by their schemas. */
const withTexts = (summary: StoredSummary, length: number): StoredSummary => ({
  ...summary,
  started: mapTexts(summary.started, (text) => cut(text, length)),
  finished: mapTexts(summary.finished, (text) => cut(text, length)),
});

function mapTexts<T>(data: T, change: (text: string) => string): T {
  const map = (value: unknown): unknown => {
    if (typeof value === 'string') return change(value);
    if (Array.isArray(value)) return value.map(map);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, map(each)]));
  };
  return map(data) as T;
}

/** Cuts a text to a length, without splitting a surrogate pair. */
const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
