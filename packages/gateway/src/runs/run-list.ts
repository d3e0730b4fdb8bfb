import type { RunListQuery } from '@mnist-monitor/shared';
import { listAllRuns } from '../store/pages.ts';
import type { RunListEntry, Store } from '../store/store.ts';
import { type IndexedRun, type RunIndex, type SortValue, sortValueOf } from './run-index.ts';

/** A page of the list of runs. It has only ids: each summary is read when it is sent. */
export interface RunListPage {
  /** The number of runs on all pages. */
  total: number;
  runIds: string[];
  nextCursor: string | null;
}

/** The position of a run in a sorted list. */
interface ListPosition extends Pick<RunListEntry, 'position' | 'pinned'> {
  /** The value that the list is sorted by; null without one, and in a list that is sorted by the start. */
  value: SortValue;
}

type Entry = RunListEntry & ListPosition;

/** Selects a page of the list of runs. A search or an order by values reads all runs that have changed since the last one. */
export async function selectRuns(
  { store, index }: { store: Pick<Store, 'runs'>; index: RunIndex },
  query: RunListQuery,
): Promise<RunListPage> {
  const { limit, cursor } = query;
  const found = await findRuns(await listAllRuns(store), index, query);
  const compare = comparatorOf(query);
  found.sort(compare);
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  const start = after ? found.findIndex((entry) => compare(entry, after) > 0) : 0;
  const page = start < 0 ? [] : found.slice(start, start + limit);
  const isLast = start < 0 || start + limit >= found.length;
  return {
    total: found.length,
    runIds: page.map(({ runId }) => runId),
    nextCursor: isLast ? null : cursorOf(page.at(-1)!),
  };
}

/** Returns the runs with all words of a search, and the value of each that the list is sorted by. */
async function findRuns(
  entries: readonly RunListEntry[],
  index: RunIndex,
  { search, sort }: Pick<RunListQuery, 'search' | 'sort'>,
): Promise<Entry[]> {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 && sort === 'started') return entries.map((entry) => ({ ...entry, value: null }));
  const runs = await index.read(entries);
  const hasWords = (run: IndexedRun): boolean => {
    const text = `${run.text} ${index.statusOf(run)}`;
    return words.every((word) => text.includes(word));
  };
  return entries.flatMap((entry, at) => {
    const run = runs[at];
    if (words.length > 0 && !(run && hasWords(run))) return [];
    return [{ ...entry, value: run && sort !== 'started' ? sortValueOf(run, sort) : null }];
  });
}

/** Returns the function that compares runs by their place in the list. */
function comparatorOf({ order, sort, direction }: Pick<RunListQuery, 'order' | 'sort' | 'direction'>) {
  const sign = direction === 'ascending' ? 1 : -1;
  return (one: ListPosition, other: ListPosition): number => {
    if (order === 'pinned' && one.pinned !== other.pinned) return one.pinned ? -1 : 1;
    if (sort === 'started') return sign * (one.position - other.position);
    // Runs without a value come last in both directions.
    if (one.value === null || other.value === null)
      return Number(one.value === null) - Number(other.value === null) || other.position - one.position;
    return sign * compareValues(one.value, other.value) || other.position - one.position;
  };
}

function compareValues(one: number | string, other: number | string): number {
  if (typeof one !== typeof other) return typeof one === 'number' ? -1 : 1;
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Encodes the position of a run in the list as a cursor, which stays valid when the run is removed. */
function cursorOf({ pinned, position, value }: ListPosition): string {
  const start = `${pinned ? 1 : 0}-${position}`;
  if (value === null) return start;
  const text = typeof value === 'number' ? `n${value}` : `t${value}`;
  return `${start}-${Buffer.from(text).toString('base64url')}`;
}

/** Decodes a cursor of the form that `runListQuerySchema` requires. Any other one is a position without a value. */
function parseCursor(cursor: string): ListPosition {
  const [, pin, position, encoded = ''] = /^(.)-(\d+)(?:-(.*))?$/.exec(cursor) ?? [];
  const text = Buffer.from(encoded, 'base64url').toString();
  const number = text.startsWith('n') ? Number(text.slice(1)) : Number.NaN;
  const value = text.startsWith('t') ? text.slice(1) : Number.isFinite(number) ? number : null;
  return { pinned: pin === '1', position: Number(position), value };
}
