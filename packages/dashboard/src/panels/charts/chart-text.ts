import type { ChartRun } from '../../state/chart-runs.ts';
import { type ChartSpec, machineName, percentTick } from '../../state/chart-specs.ts';
import { gpusOf } from '../../state/event-data.ts';
import { capitalize, formatCount, formatDifference, formatPlural } from '../../state/format.ts';
import type { NonFiniteRange } from '../../state/non-finite-ranges.ts';
import { type Run, seriesOf } from '../../state/run.ts';
import { announcesEverything, type StepWord, stepWordOf } from '../../state/run-words.ts';
import type { Viewport } from '../../state/viewport.ts';
import type { CurveKey } from '../../ui/curve-key.ts';
import type { ChartFrame, ChartOptions, Readout } from './frame-builder.ts';

/** The legend entry of one curve. */
export interface LegendItem extends CurveKey {
  name: string;
  value: string;
  /** The run of the curve, if there are several. */
  runId?: string | undefined;
}

type LegendRun = Pick<ChartRun, 'name' | 'color' | 'dash' | 'hidden'> & Partial<Pick<ChartRun, 'run'>>;
type Value = Readout['values'][number];

/**
 * Returns a chart's legend: the curves of a single run, or one entry for each of several runs with its difference to the first;
 * on the machine chart one entry for each column with a value.
 */
export function legendItems(
  spec: ChartSpec,
  runs: readonly LegendRun[],
  readout: Readout | undefined,
): LegendItem[] {
  const values = readout?.values ?? [];
  if (spec.series === 'machine') return machineItems(spec, values, runs[0]?.run);
  if (runs.length > 1)
    return runs
      .map(({ run, name, color, dash, hidden }, index) => ({
        ...{ name, kind: 'line' as const, color, dash, hidden, runId: run?.runId },
        value: comparedValue(spec, values[index], index === 0 ? undefined : values[0]),
      }))
      .filter(({ hidden }) => !hidden);
  return runItems(spec, runs[0], values[0]);
}

function machineItems(spec: ChartSpec, values: readonly Value[], run: Run | undefined): LegendItem[] {
  const gpuCount = run?.system ? gpusOf(run.system).length : 1;
  const items = spec.columns.map((column, index) => ({
    ...{ name: machineName(column, gpuCount), kind: 'line' as const, color: `--run-${index + 1}` },
    value: spec.format(values[index]?.raw),
  }));
  // The values of a device that the machine does not have are NaN.
  return items.filter((_, index) => values[index]?.raw !== undefined && !Number.isNaN(values[index].raw));
}

/**
 * Returns the legend entries of a run. The curve of the steps is left out if the run sends steps without its values; the test
 * results, if the run has none and does not announce any.
 */
function runItems(spec: ChartSpec, legendRun: LegendRun | undefined, value: Value | undefined): LegendItem[] {
  const { run, color = '--train' } = legendRun ?? {};
  const raw = spec.format(value?.raw);
  const hasTests = !run || announcesEverything(run.started) || hasTestResults(run, spec.test);
  const test: LegendItem[] =
    spec.test && hasTests
      ? [{ name: 'test', kind: 'test', color: '--test', value: spec.format(value?.test) }]
      : [];
  if (run && lacksCurve(run, spec)) return test;
  if (!spec.smoothed) return [{ name: 'value', kind: 'line', color, value: raw }, ...test];
  // The values of epochs are not smoothed.
  if (run?.byEpoch) return [{ name: 'train', kind: 'line', color, value: raw }, ...test];
  return [
    { name: spec.test ? 'train' : 'raw', kind: 'raw', color, value: raw },
    { name: 'smoothed', kind: 'line', color, value: spec.format(value?.smooth) },
    ...test,
  ];
}

const hasTestResults = ({ epochs }: Run, name: ChartSpec['test']): boolean =>
  epochs.some(({ test }) => name !== undefined && typeof test?.[name] === 'number');

/** Returns whether a run has sent steps, but none of the values of a chart's curve. */
const lacksCurve = (run: Run, { series, columns }: ChartSpec): boolean =>
  (run.batch !== null || run.byEpoch) && !columns.some((column) => seriesOf(run, series).known.has(column));

function comparedValue(spec: ChartSpec, value: Value | undefined, baseline: Value | undefined): string {
  const shownValue = (from: Value | undefined): number | undefined =>
    spec.smoothed ? from?.smooth : from?.raw;
  const [current, first] = [shownValue(value), shownValue(baseline)];
  if (current === undefined || Number.isNaN(current)) return '–';
  const text = spec.format(current);
  if (first === undefined || !Number.isFinite(first)) return text;
  return `${text} (${formatDifference(current - first, spec.format)})`;
}

/** Explains how the curves of a comparison differ. */
export const linesOfComparison = 'Thin lines: training, smoothed. Lines with rings: test results.';

/** Returns the title of a legend, which names the step of its values: "Latest", or "Batch 412, epoch 4" under the cursor. */
export function legendTitle(
  { series }: Pick<ChartSpec, 'series'>,
  readout: Readout | undefined,
  { underCursor, stepWord }: { underCursor: boolean; stepWord: StepWord },
): string {
  if (!readout)
    return series === 'machine'
      ? 'No measurements yet'
      : `No ${stepWord === 'batch' ? 'batches' : 'values'} yet`;
  if (!underCursor) return 'Latest';
  const epoch =
    readout.epoch === undefined || stepWord === 'epoch' ? '' : `, epoch ${formatCount(readout.epoch)}`;
  return `${capitalize(stepWord)} ${formatCount(readout.step)}${epoch}`;
}

/** Returns a legend as a sentence for screen readers. */
export function legendSentence(title: string, items: readonly LegendItem[]): string {
  return `${title}: ${items.map(({ name, value }) => `${name} ${value}`).join(', ')}`;
}

/** A frame with the options that it was built with. */
export interface DrawnChart {
  frame: ChartFrame;
  options: ChartOptions;
}

export interface ChartTexts {
  caption: string;
  /** Warning beside the caption; empty for none. */
  warning: string;
  /** Text in place of the chart; empty for none. */
  placeholder: string;
}

/** Returns the texts around a chart. `drawn` is undefined before the first draw. */
export function chartTexts(
  spec: ChartSpec,
  { runs, viewport, drawn }: { runs: readonly ChartRun[]; viewport: Viewport; drawn: DrawnChart | undefined },
): ChartTexts {
  const main = runs[0]?.run;
  const hasData = runs.some(({ run }) => seriesOf(run, spec.series).length > 0);
  if (!drawn) return { caption: '', warning: '', placeholder: hasData ? '' : spec.empty };
  const { frame, options } = drawn;
  const emptyText = (): string => {
    if (!hasData) return spec.empty;
    if (runs.every(({ hidden }) => hidden)) return 'All runs are hidden. The legend shows them again.';
    return frame.hidesAll
      ? 'All values here are 0 or less, which a log axis cannot show. Choose “Linear”.'
      : 'No data in this range.';
  };
  const isWhole = viewport.kind === 'all' && spec.series !== 'machine';
  const thinned = isWhole && main ? seriesOf(main, spec.series).thinned : 0;
  const floor = options.scale === 'close' ? frame.plot.y.min : 0;
  const isErrorScale = options.scale === 'error';
  return {
    caption: runs.every(({ run }) => lacksCurve(run, spec))
      ? ''
      : chartCaption({ ...frame, thinned, floor, isErrorScale }),
    warning:
      spec.test === 'loss'
        ? nonFiniteWarning(frame.plot.nonFinite, main?.diverged?.step, stepWordOf(main))
        : '',
    placeholder: frame.isVisible && !frame.hidesAll ? '' : emptyText(),
  };
}

export interface CaptionCounts {
  /** Number of rows in the visible range. */
  rowCount: number;
  /** Number of points that are drawn; those of each run include at most one beyond each edge of the range. */
  pointCount: number;
  /** Number of rows that were removed to save memory. */
  thinned: number;
  /** Start of a close-up axis of percentages; 0 for any other axis. */
  floor: number;
  /** Whether values of 0 or below are left out. */
  hidesValues: boolean;
  /** Whether values are outside of the axis. */
  isCut: boolean;
  /** Whether the axis is an error scale of accuracies. */
  isErrorScale?: boolean;
}

/** Returns the caption of a chart: "1,180 points", or "2,000 of 46,900 points · axis from 95 %". */
export function chartCaption({
  rowCount,
  pointCount,
  thinned,
  floor,
  hidesValues,
  isCut,
  isErrorScale = false,
}: CaptionCounts): string {
  const all = formatPlural(rowCount + thinned, 'point', 'points');
  const counts = pointCount < rowCount + thinned ? `${formatCount(pointCount)} of ${all}` : all;
  if (hidesValues) return `${counts} · without values of 0 or less, which a log axis cannot show`;
  if (isCut) return `${counts} · the axis leaves out values far below most others`;
  if (isErrorScale && rowCount > 0) return `${counts} · 90, 99 and 99.9\u00a0% are evenly spaced`;
  return floor > 0 ? `${counts} · axis from ${percentTick(floor)}` : counts;
}

/** Returns the warning about a loss that is not finite: "not a number (NaN) from batch 1,300"; empty if it is finite. */
export function nonFiniteWarning(
  ranges: readonly NonFiniteRange[],
  firstStep: number | undefined,
  stepWord: StepWord = 'batch',
): string {
  const [range] = ranges;
  if (!range || firstStep === undefined) return '';
  const name = Number.isNaN(range.value) ? 'not a number (NaN)' : 'infinite';
  return `${name} from ${stepWord} ${formatCount(firstStep)}`;
}
