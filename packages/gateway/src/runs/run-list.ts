import type { RunListQuery, RunSummary } from '@mnist-monitor/shared';
import { listAllRuns } from '../store/pages.ts';
import type { RunListEntry, Store } from '../store/store.ts';
import { TimeSlicer } from '../time-slicer.ts';
import type { RunSummaries } from './run-summaries.ts';

/** A page of the list of runs. It has only ids: each summary is read when it is sent. */
export interface RunListPage {
  /** The number of runs on all pages. */
  total: number;
  runIds: string[];
  nextCursor: string | null;
}

/** Selects a page of the list of runs. A search reads the summaries of all runs, and yields to other work in between. */
export async function selectRuns(
  { store, runs }: { store: Pick<Store, 'runs'>; runs: RunSummaries },
  { limit, cursor, search, order }: RunListQuery,
): Promise<RunListPage> {
  const ordered = sortRuns(await listAllRuns(store), order);
  const found = await searchRuns(runs, ordered, search);
  const start = cursor === undefined ? 0 : positionAfter(found, { cursor, order });
  const page = found.slice(start, start + limit);
  const isLast = start + limit >= found.length;
  return {
    total: found.length,
    runIds: page.map(({ runId }) => runId),
    nextCursor: isLast ? null : cursorOf(page.at(-1)!),
  };
}

function sortRuns(newestFirst: RunListEntry[], order: RunListQuery['order']): RunListEntry[] {
  if (order === 'newest') return newestFirst;
  return [...newestFirst.filter(({ pinned }) => pinned), ...newestFirst.filter(({ pinned }) => !pinned)];
}

async function searchRuns(
  runs: RunSummaries,
  entries: RunListEntry[],
  search: string,
): Promise<RunListEntry[]> {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return entries;
  const slicer = new TimeSlicer();
  const found: RunListEntry[] = [];
  for (const entry of entries) {
    const summary = await runs.listed(entry.runId);
    const text = summary ? searchedText(summary) : '';
    if (summary && words.every((word) => text.includes(word))) found.push(entry);
    await slicer.yieldIfDue();
  }
  return found;
}

const searchedText = ({ runId, title, name, tags, note, status, started }: RunSummary): string => {
  const device = started?.device ? `${started.device.engine ?? ''} on ${started.device.kind}` : '';
  return [title, name, ...(tags ?? []), runId, note, status, device].join(' ').toLowerCase();
};

/** Encodes the position of a run in the list as a cursor, which stays valid when the run is removed. */
const cursorOf = ({ pinned, position }: RunListEntry): string => `${pinned ? 1 : 0}-${position}`;

/** Returns the index of the first run after the cursor. */
function positionAfter(
  entries: RunListEntry[],
  { cursor, order }: { cursor: string; order: RunListQuery['order'] },
): number {
  const [pin, position] = cursor.split('-').map(Number) as [number, number];
  const index = entries.findIndex((entry) => {
    if (order === 'pinned' && entry.pinned !== (pin === 1)) return !entry.pinned;
    return entry.position < position;
  });
  return index < 0 ? entries.length : index;
}
