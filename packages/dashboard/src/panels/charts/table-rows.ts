import { type ChartSpec, machineName } from '../../state/chart-specs.ts';
import { formatCount } from '../../state/format.ts';
import type { ChartLook, Painter, RunLine } from './frame-builder.ts';
import { axisLabels, tickText } from './ticks.ts';

export interface TableInput {
  spec: ChartSpec;
  painter: Painter;
  lines: readonly (RunLine & { name: string })[];
  look: Pick<ChartLook, 'axis' | 'range' | 'weight'>;
}

/** The numbers behind a chart. */
export interface ChartTable {
  caption: string;
  heads: string[];
  rows: string[][];
}

/** So many rows can be gone through; the export has every point. */
const rowLimit = 100;

/** What the chart draws within its range, at evenly spaced places when there is more than a table can show. */
export function tableOf({ spec, painter, lines, look }: TableInput): ChartTable {
  const { range, axis } = look;
  const columns = spec.series === 'machine' ? spec.columns.map(machineName) : lines.map(({ name }) => name);
  const single = columns.length === 1 && spec.series === 'steps';
  const heads = single
    ? [spec.title, ...(spec.smoothed ? ['Smoothed'] : []), ...(spec.test ? ['Test'] : [])]
    : columns;
  const rows: string[][] = [];
  let before = -1;
  for (let at = 0; at <= rowLimit; at++) {
    const place = range.min + ((range.max - range.min) * at) / rowLimit;
    const reading = painter.read(lines, place, look);
    if (!reading || reading.step === before) continue;
    before = reading.step;
    const values = reading.values.flatMap(({ raw, smooth, test }) => {
      if (!single) return [spec.format(spec.smoothed ? smooth : raw)];
      return [
        spec.format(raw),
        ...(spec.smoothed ? [spec.format(smooth)] : []),
        ...(spec.test ? [spec.format(test)] : []),
      ];
    });
    rows.push([
      axis === 'step' ? formatCount(reading.step) : tickText(axis, reading.place, range),
      formatCount(reading.step),
      ...values,
    ]);
  }
  if (axis === 'step') for (const row of rows) row.splice(1, 1);
  const table = {
    caption: `${spec.title} at ${formatCount(rows.length)} places; the export has every point.`,
    heads: [axisLabels[axis], ...(axis === 'step' ? [] : ['Batch']), ...heads],
    rows,
  };
  return spec.series === 'machine' ? withoutUnknown(table) : table;
}

/** Leaves out the columns of which nothing is known in any row: there may be no GPU. */
function withoutUnknown({ caption, heads, rows }: ChartTable): ChartTable {
  const known = heads.map((_, at) => rows.length === 0 || rows.some((row) => row[at] !== '–'));
  const kept = (cells: string[]): string[] => cells.filter((_, at) => known[at]);
  return { caption, heads: kept(heads), rows: rows.map(kept) };
}
