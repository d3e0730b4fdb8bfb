import { html, type TemplateResult } from 'lit-html';
import type { ChartRun } from '../../state/chart-runs.ts';
import { type ChartSpec, machineName } from '../../state/chart-specs.ts';
import { formatCount, formatPlural } from '../../state/format.ts';
import { stepWordOf } from '../../state/run-words.ts';
import type { ChartOptions, FrameBuilder, Readout } from './frame-builder.ts';
import { axisLabel, tickText } from './ticks.ts';

export interface ChartTableInput {
  spec: ChartSpec;
  frameBuilder: FrameBuilder;
  runs: readonly ChartRun[];
  options: Pick<ChartOptions, 'axis' | 'range' | 'smoothing'>;
}

/** The values of a chart as text. */
export interface ChartTable {
  caption: string;
  heads: string[];
  rows: string[][];
}

/**
 * Number of equal intervals into which the visible values are divided; their ends give at most 21 rows, which need no scrolling of their
 * own below a chart. The same number of a part of the run is finer, and the export contains every point.
 */
const intervalCount = 20;

/** Returns a chart's values at the points nearest to evenly spaced x in its visible range, each step at most once. */
export function tableOf(input: ChartTableInput): ChartTable {
  const { spec, frameBuilder, runs, options } = input;
  const { axis, range } = options;
  const stepWord = stepWordOf(runs[0]?.run);
  const rows: string[][] = [];
  // The axis may begin before the first value and end after the last one.
  const start = Math.max(range.min, frameBuilder.readout(runs, range.min, options)?.x ?? range.min);
  const end = Math.min(range.max, frameBuilder.readout(runs, range.max, options)?.x ?? range.max);
  let lastStep = -1;
  for (let index = 0; index <= intervalCount; index++) {
    const x = start + ((end - start) * index) / intervalCount;
    const readout = frameBuilder.readout(runs, x, options);
    if (!readout || readout.step === lastStep) continue;
    lastStep = readout.step;
    const step = formatCount(readout.step);
    const position = axis === 'step' ? [step] : [tickText(axis, readout.x, range), step];
    rows.push([...position, ...readout.values.flatMap((value) => valueCells(value, input))]);
  }
  const table = {
    caption: `${spec.title} at ${formatPlural(rows.length, 'point', 'points')}. Zoom in for others; the export has every point.`,
    heads: [
      axisLabel(axis, stepWord),
      ...(axis === 'step' ? [] : [axisLabel('step', stepWord)]),
      ...valueHeads(input),
    ],
    rows,
  };
  return spec.series === 'machine' ? withoutEmptyColumns(table) : table;
}

/** Whether the table has raw, smoothed and test values of one run, not a value for each run or each column of the machine. */
const isDetailed = ({ spec, runs }: ChartTableInput): boolean =>
  spec.series !== 'machine' && runs.length === 1;

function valueHeads(input: ChartTableInput): string[] {
  const { spec, runs } = input;
  if (spec.series === 'machine') return spec.columns.map((column) => machineName(column));
  if (!isDetailed(input)) return runs.map(({ name }) => name);
  return [spec.title, ...(spec.smoothed ? ['Smoothed'] : []), ...(spec.test ? ['Test'] : [])];
}

function valueCells({ raw, smooth, test }: Readout['values'][number], input: ChartTableInput): string[] {
  const { format, smoothed, test: tested } = input.spec;
  if (!isDetailed(input)) return [format(smoothed ? smooth : raw)];
  return [format(raw), ...(smoothed ? [format(smooth)] : []), ...(tested ? [format(test)] : [])];
}

/** Removes columns without any value: the machine may have no GPU. */
function withoutEmptyColumns({ caption, heads, rows }: ChartTable): ChartTable {
  const hasValues = heads.map((_, column) => rows.length === 0 || rows.some((row) => row[column] !== '–'));
  const kept = (cells: string[]): string[] => cells.filter((_, column) => hasValues[column]);
  return { caption, heads: kept(heads), rows: rows.map(kept) };
}

/** Renders the table of a chart's values. */
export const chartTable = (input: ChartTableInput): TemplateResult => {
  const { caption, heads, rows } = tableOf(input);
  return html`
    <table class="table">
      <caption>${caption}</caption>
      <thead><tr>${heads.map((head) => html`<th scope="col" class="cut" title=${head}>${head}</th>`)}</tr></thead>
      <tbody>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
    </table>`;
};
