import type { RunSummary } from './event-data.ts';
import type { Layers } from './layers.ts';
import type { ProbeHistory } from './probe.ts';
import type { Run } from './run.ts';
import type { Series } from './series.ts';
import type { ReportedStatus } from './session.ts';

/** The state of the page at the moment when it was saved as a file. */
export interface SavedState {
  /** When it was saved, in milliseconds since 1970. */
  savedAt: number;
  /** The query of the view. */
  view: string;
  run: Run;
  summary: RunSummary | null;
  reported: ReportedStatus | null;
  gatewayVersion: string | null;
  /** Time since the last event of the run, in milliseconds. */
  lastEventAgeMs: number | null;
  others: readonly SavedOtherRun[];
  /** Files of the run by their address at the gateway. */
  files: ReadonlyMap<string, SavedFile>;
  /** Whether the file has weights of the run, with which it reads drawings. */
  hasWeights: boolean;
}

/** A compared run. */
export interface SavedOtherRun {
  run: Run;
  summary: RunSummary | null;
  problem: string;
}

/** A file of a run with the parts of its content that are saved; the rest counts as zeros. */
export interface SavedFile {
  length: number;
  parts: readonly { from: number; bytes: Uint8Array }[];
}

/** Returns the content of a file, with zeros for what is not saved. */
export function contentOf({ length, parts }: SavedFile): Uint8Array<ArrayBuffer> {
  const content = new Uint8Array(length);
  for (const { from, bytes } of parts) content.set(bytes, from);
  return content;
}

/**
 * Returns a run with at most as much of its history as a file of 2 MB holds: everything of ten epochs, and evenly spaced parts of
 * longer runs.
 * @param share The part of the usual limits to keep, from 0 to 1: less for a file that would be too large.
 */
export function condensedRun(run: Run, share: number): Run {
  const rows = Math.ceil(4_000 * share);
  const { metrics, epochs } = run;
  const perMetric = between(64, Math.floor((40_000 * share) / metrics.size), rows);
  const withMatrix = new Set(evenly(epochs, Math.ceil(100 * share)));
  return {
    ...run,
    steps: run.steps.thinnedCopy(rows),
    machine: run.machine.thinnedCopy(Math.ceil(1_000 * share)),
    metrics: mapValues(metrics, (series) => series.thinnedCopy(perMetric)),
    layers: condensedLayers(run.layers, share),
    probe: run.probe && condensedProbe(run.probe, share),
    epochs: epochs.map((epoch) =>
      withMatrix.has(epoch) || !epoch.test
        ? epoch
        : { ...epoch, test: { ...epoch.test, confusion: null, confusionCells: null } },
    ),
    samples: evenly(run.samples, Math.ceil(40 * share)),
    predictions: evenly(run.predictions, Math.ceil(20 * share)),
    figures: latestFigures(run.figures, 600_000 * share),
  };
}

/** Returns a compared run with what the curves and the comparison use. */
export const condensedOther = (run: Run, share: number): Run => ({
  ...condensedRun(run, share / 2),
  ...{ samples: [], predictions: [], figures: [], snapshots: [], probe: null },
});

function condensedLayers({ tensors, activations, histograms }: Layers, share: number): Layers {
  const limitFor = (count: number): number => between(32, Math.floor((20_000 * share) / count), 500);
  const thinned = <Name extends string>(all: ReadonlyMap<string, Series<Name>>) =>
    mapValues(all, (series) => series.thinnedCopy(limitFor(all.size)));
  const frames = between(2, Math.floor((600 * share) / histograms.size), 32);
  return {
    tensors: thinned(tensors),
    activations: thinned(activations),
    histograms: mapValues(histograms, (all) => evenly(all, frames)),
  };
}

const condensedProbe = (probe: ProbeHistory, share: number): ProbeHistory => ({
  ...probe,
  frames: evenly(probe.frames, Math.ceil(60 * share)),
});

/** Returns the latest figures of at most `limit` bytes together, as characters of their JSON. */
function latestFigures(figures: Run['figures'], limit: number): Run['figures'] {
  let size = 0;
  const first = figures.findLastIndex((figure) => {
    size += JSON.stringify(figure).length;
    return size > limit;
  });
  return figures.slice(first + 1);
}

/** Returns at most `count` items at even distances, with the first and the last one. */
export function evenly<T>(items: readonly T[], count: number): readonly T[] {
  if (items.length <= count) return items;
  if (count <= 1) return items.slice(-1);
  return Array.from(
    { length: count },
    (_, at) => items[Math.round((at * (items.length - 1)) / (count - 1))] as T,
  );
}

const between = (min: number, value: number, max: number): number => Math.max(min, Math.min(value, max));

const mapValues = <V, W>(map: ReadonlyMap<string, V>, change: (value: V) => W): ReadonlyMap<string, W> =>
  new Map([...map].map(([key, value]) => [key, change(value)]));
