import {
  lossOf,
  metricsOf,
  type RunConfig,
  type RunSort,
  type RunStatus,
  secondsOf,
} from '@mnist-monitor/shared';
import { LRUCache } from 'lru-cache';
import { ignoreDamage } from '../store/damaged-run.ts';
import type { RunListEntry, Store, StoredSummary } from '../store/store.ts';
import { TimeSlicer } from '../time-slicer.ts';
import type { RunSummaries, StoredStatus } from './run-summaries.ts';

/** Maximum size of the cached runs, in characters of their texts: some 10,000 runs, which take about 30 MB. */
const maxCachedCharacters = 16_000_000;
/** The characters that a cached run counts for besides its texts: about the memory of its objects. */
const entryCharacters = 500;
/** Number of summaries that are read from the store at once: few, because each may have 80 kB. */
const readsAtOnce = 8;
/** Length to which a text that runs are sorted by is cut, so that a cursor can contain it. */
const sortedTextLength = 200;

/** A value that runs are sorted by; null for none. */
export type SortValue = number | string | null;

/** The part of a summary that the list of runs is searched and sorted by. */
export interface IndexedRun {
  readonly stored: StoredStatus;
  /** The text to search, in lower case, without the status, which changes with time. */
  readonly text: string;
  readonly name: string;
  readonly bestAccuracy: number | null;
  readonly loss: number | null;
  readonly seconds: number | null;
  readonly config: RunConfig;
  readonly metrics: Readonly<Record<string, number | null>>;
}

/**
 * Caches what the list of runs is searched and sorted by, so that a search reads only the runs that have changed since the last
 * one. Runs beyond the limit of the cache are read again for each search.
 */
export class RunIndex {
  readonly #store: Pick<Store, 'summary'>;
  readonly #runs: Pick<RunSummaries, 'stateOf'>;
  readonly #cache = new LRUCache<string, { change: string; run: IndexedRun }>({
    maxSize: maxCachedCharacters,
    sizeCalculation: ({ run: { text, config } }) =>
      entryCharacters + text.length + JSON.stringify(config).length,
  });

  constructor({ store, runs }: { store: Pick<Store, 'summary'>; runs: Pick<RunSummaries, 'stateOf'> }) {
    this.#store = store;
    this.#runs = runs;
  }

  /** Resolves with the run of each entry; undefined where the run is damaged or was removed. Yields to other work in between. */
  async read(entries: readonly RunListEntry[]): Promise<(IndexedRun | undefined)[]> {
    const slicer = new TimeSlicer();
    const found: (IndexedRun | undefined)[] = [];
    for (let start = 0; start < entries.length; start += readsAtOnce) {
      const runs = entries.slice(start, start + readsAtOnce).map((entry) => this.#read(entry));
      found.push(
        ...(runs.some((run) => run instanceof Promise) ? await Promise.all(runs) : (runs as IndexedRun[])),
      );
      await slicer.yieldIfDue();
    }
    return found;
  }

  /** Returns the current status of a run. */
  statusOf({ stored }: IndexedRun): RunStatus {
    return this.#runs.stateOf(stored).status;
  }

  #read({ runId, change }: RunListEntry): IndexedRun | Promise<IndexedRun | undefined> {
    const known = this.#cache.get(runId);
    return known?.change === change ? known.run : this.#readSummary(runId, change);
  }

  async #readSummary(runId: string, change: string): Promise<IndexedRun | undefined> {
    const summary = await this.#store.summary(runId).catch(ignoreDamage);
    if (!summary) return undefined;
    const run = indexedRun(summary);
    this.#cache.set(runId, { change, run });
    return run;
  }
}

function indexedRun(summary: StoredSummary): IndexedRun {
  const { runId, status, lastEventAt, title, name, tags, note, started, bestAccuracy } = summary;
  const device = started?.device ? `${started.device.engine ?? ''} on ${started.device.kind}` : '';
  const settings = Object.entries(started?.config ?? {}).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  const words = [
    title,
    name,
    ...(tags ?? []),
    runId,
    note,
    device,
    started?.dataset?.name,
    ...settings.flat(),
  ];
  return {
    stored: { runId, status, lastEventAt },
    text: words.join(' ').toLowerCase(),
    name: title ?? name ?? runId,
    bestAccuracy,
    loss: lossOf(summary),
    seconds: secondsOf(summary),
    config: started?.config ?? {},
    metrics: metricsOf(summary),
  };
}

/** Returns the value of a run that the list is sorted by, other than `started`. Texts are such that their order is the list's. */
export function sortValueOf(run: IndexedRun, sort: Exclude<RunSort, 'started'>): SortValue {
  const value = rawValueOf(run, sort);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  return value === null || value === undefined ? null : sortedText(String(value));
}

function rawValueOf(run: IndexedRun, sort: Exclude<RunSort, 'started'>): unknown {
  if (sort.startsWith('config.')) return ownValue(run.config, sort.slice('config.'.length));
  if (sort.startsWith('metrics.')) return ownValue(run.metrics, sort.slice('metrics.'.length));
  return run[sort as 'name' | 'bestAccuracy' | 'loss' | 'seconds'];
}

/** Returns a value of a record, and not one that each object inherits. */
const ownValue = (record: object, name: string): unknown =>
  Object.hasOwn(record, name) ? record[name as keyof typeof record] : undefined;

/** Returns a text whose order is that of people: in lower case, and with numbers in the order of their values. */
const sortedText = (text: string): string =>
  text
    .slice(0, sortedTextLength)
    .toLowerCase()
    .replace(/\d+/g, (digits) => digits.padStart(6, '0'))
    .slice(0, sortedTextLength)
    // A cut character would not survive in a cursor.
    .toWellFormed();
