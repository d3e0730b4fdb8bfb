import { readCurve } from '../../net/api.ts';
import type { RunSummary } from '../../state/event-data.ts';

/** Size of a curve in the list, in pixels. */
export const sparklineSize = { width: 104, height: 26 } as const;

/** Number of points of a curve: two for each bucket of four pixels. */
const points = 52;
/** Number of curves that are requested at once. */
const requestsAtOnce = 2;
/** Number of events up to which the gateway reads a curve of all batches within some 100 ms. */
const maxReadEvents = 20_000;
/** Maximum number of curves in memory. */
const maxCurves = 1_000;
/** Number of epochs from which their results make a curve. */
const enoughEpochs = 5;

/** A curve of the list: its name, and its values in the order of the events. */
export interface Sparkline {
  readonly label: string;
  readonly values: readonly number[];
}

/** Returns which curve of a run is in the list, as a field of series with its name; undefined when no curve is read. */
export function curveFieldOf(run: RunSummary): { field: string; label: string } | undefined {
  const { batch, epoch, metricNames = [], lastSeq } = run;
  const isLong = lastSeq > maxReadEvents;
  const byEpoch: readonly (readonly [unknown, string, string])[] = [
    [epoch?.train?.loss, 'epoch.train.loss', 'Training loss'],
    [epoch?.test?.loss, 'epoch.test.loss', 'Test loss'],
  ];
  const ofEpochs = byEpoch.find(([value]) => typeof value === 'number');
  if (batch && !isLong) return { field: 'batch.loss', label: 'Training loss' };
  if (epoch && ofEpochs && (!isLong || epoch.epoch >= enoughEpochs))
    return { field: ofEpochs[1], label: ofEpochs[2] };
  const [metric] = metricNames;
  return metric !== undefined && !isLong ? { field: `metrics.${metric}`, label: metric } : undefined;
}

/** Loads the curves of the runs that are in view, a few at a time, and again when a run has further events. */
export class Sparklines {
  readonly #curves = new Map<string, { lastSeq: number; curve: Sparkline }>();
  readonly #onLoad: () => void;
  #wanted: RunSummary[] = [];
  #requests = 0;

  constructor(onLoad: () => void) {
    this.#onLoad = onLoad;
  }

  /** Returns the curve of a run; undefined until it is loaded. */
  curveOf({ runId }: RunSummary): Sparkline | undefined {
    return this.#curves.get(runId)?.curve;
  }

  /** Loads the curves of these runs next, instead of those that were requested before and are not being read yet. */
  load(runs: readonly RunSummary[]): void {
    this.#wanted = runs.filter(
      (run) => this.#curves.get(run.runId)?.lastSeq !== run.lastSeq && curveFieldOf(run) !== undefined,
    );
    while (this.#requests < requestsAtOnce && this.#wanted.length > 0) void this.#loadNext();
  }

  async #loadNext(): Promise<void> {
    const run = this.#wanted.shift();
    const curve = run && curveFieldOf(run);
    if (!run || !curve) return;
    this.#requests++;
    const values = await readCurve(run.runId, curve.field, points);
    this.#requests--;
    // A curve that cannot be read is left out, and requested again when the run has further events.
    this.#curves.set(run.runId, {
      lastSeq: run.lastSeq,
      curve: { label: curve.label, values: values ?? [] },
    });
    for (const runId of this.#curves.keys()) if (this.#curves.size > maxCurves) this.#curves.delete(runId);
    this.#onLoad();
    await this.#loadNext();
  }
}

/**
 * Returns the path of a curve within `sparklineSize`. Values that are all positive are on a logarithmic scale, on which both the
 * fall at the start and the end of a loss are seen. A value that is not finite leaves a gap.
 */
export function sparklinePath(values: readonly number[]): string {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return '';
  const isLog = finite.every((value) => value > 0);
  const scaled = values.map((value) => (isLog ? Math.log(value) : value));
  const [min, max] = [
    Math.min(...scaled.filter(Number.isFinite)),
    Math.max(...scaled.filter(Number.isFinite)),
  ];
  const [width, height] = [sparklineSize.width - 4, sparklineSize.height - 4];
  const x = (index: number): string =>
    (2 + (values.length < 2 ? 0 : (index / (values.length - 1)) * width)).toFixed(1);
  const y = (value: number): string =>
    (2 + (max > min ? (max - value) / (max - min) : 0.5) * height).toFixed(1);
  let command = 'M';
  return scaled
    .map((value, index) => {
      const isDrawn = Number.isFinite(value);
      const part = isDrawn ? `${command}${x(index)} ${y(value)}` : '';
      command = isDrawn ? 'L' : 'M';
      // A point between two gaps is drawn as a dot, the round cap of a line without length.
      return isDrawn && part.startsWith('M') && !Number.isFinite(scaled[index + 1]) ? `${part}h0` : part;
    })
    .join('');
}
