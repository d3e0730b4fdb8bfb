import type { ChartRun } from '../../state/chart-runs.ts';
import { type ChartSpec, machineName } from '../../state/chart-specs.ts';
import { formatCount } from '../../state/format.ts';
import type { ChartOptions, FrameBuilder } from './frame-builder.ts';
import { axisLabels, tickText } from './ticks.ts';

export interface TableInput {
  spec: ChartSpec;
  frameBuilder: FrameBuilder;
  runs: readonly ChartRun[];
  options: Pick<ChartOptions, 'axis' | 'range' | 'smoothing'>;
}

/** The numbers behind a chart. */
export interface ChartTable {
  caption: string;
  heads: string[];
  rows: string[][];
}

/** More rows are tedious to read; the export has every point. */
const rowLimit = 100;

/** Returns a chart's values in its visible range, at evenly spaced x when there are more than fit in a table. */
export function tableOf({ spec, frameBuilder, runs, options }: TableInput): ChartTable {
  const { range, axis } = options;
  const columns = spec.series === 'machine' ? spec.columns.map(machineName) : runs.map(({ name }) => name);
  const single = columns.length === 1 && spec.series === 'steps';
  const heads = single
    ? [spec.title, ...(spec.smoothed ? ['Smoothed'] : []), ...(spec.test ? ['Test'] : [])]
    : columns;
  const rows: string[][] = [];
  let lastStep = -1;
  for (let at = 0; at <= rowLimit; at++) {
    const x = range.min + ((range.max - range.min) * at) / rowLimit;
    const readout = frameBuilder.readout(runs, x, options);
    if (!readout || readout.step === lastStep) continue;
    lastStep = readout.step;
    const values = readout.values.flatMap(({ raw, smooth, test }) => {
      if (!single) return [spec.format(spec.smoothed ? smooth : raw)];
      return [
        spec.format(raw),
        ...(spec.smoothed ? [spec.format(smooth)] : []),
        ...(spec.test ? [spec.format(test)] : []),
      ];
    });
    rows.push([
      axis === 'step' ? formatCount(readout.step) : tickText(axis, readout.x, range),
      formatCount(readout.step),
      ...values,
    ]);
  }
  if (axis === 'step') for (const row of rows) row.splice(1, 1);
  const table = {
    caption: `${spec.title} at ${formatCount(rows.length)} points; the export has every point.`,
    heads: [axisLabels[axis], ...(axis === 'step' ? [] : ['Batch']), ...heads],
    rows,
  };
  return spec.series === 'machine' ? withoutEmptyColumns(table) : table;
}

/** Removes columns without any value: the machine may have no GPU. */
function withoutEmptyColumns({ caption, heads, rows }: ChartTable): ChartTable {
  const known = heads.map((_, at) => rows.length === 0 || rows.some((row) => row[at] !== '–'));
  const kept = (cells: string[]): string[] => cells.filter((_, at) => known[at]);
  return { caption, heads: kept(heads), rows: rows.map(kept) };
}
