import { type ChartSpec, machineName, percentTick } from '../../state/chart-specs.ts';
import { formatCount, formatPlural } from '../../state/format.ts';
import type { Stretch } from '../../state/non-finite.ts';
import type { Reading } from './frame-builder.ts';

/** What stands in a legend for one curve. */
export interface LegendItem {
  name: string;
  /** How the curve is drawn. */
  kind: 'raw' | 'line' | 'test';
  /** Custom property of the page with its colour. */
  color: string;
  value: string;
}

/** A run as a legend names it. */
export interface NamedRun {
  name: string;
  color: string;
}

/** The legend of a chart; of several runs each is compared with the first. */
export function legendItems(
  spec: ChartSpec,
  runs: readonly NamedRun[],
  reading: Reading | undefined,
): LegendItem[] {
  const { values } = reading ?? { values: [] };
  if (spec.series === 'machine' && values.length === 0) return [];
  if (spec.series === 'machine')
    return spec.columns
      .map((column, at) => ({
        name: machineName(column),
        kind: 'line' as const,
        color: `--run-${at + 1}`,
        value: spec.format(values[at]?.raw),
      }))
      .filter((_, at) => !Number.isNaN(values[at]?.raw));
  if (runs.length > 1)
    return runs.map(({ name, color }, at) => ({
      name,
      kind: 'line',
      color,
      value: comparedValue(spec, values[at], at === 0 ? undefined : values[0]),
    }));
  const [value] = values;
  const color = runs[0]?.color ?? '--train';
  const items: LegendItem[] = [];
  if (spec.smoothed)
    items.push({
      name: spec.test ? 'train' : 'raw',
      kind: 'raw',
      color,
      value: spec.format(value?.raw),
    });
  items.push({
    name: spec.smoothed ? 'smoothed' : 'now',
    kind: 'line',
    color,
    value: spec.format(spec.smoothed ? value?.smooth : value?.raw),
  });
  if (spec.test) items.push({ name: 'test', kind: 'test', color: '--test', value: spec.format(value?.test) });
  return items;
}

type Value = Reading['values'][number];

function comparedValue(spec: ChartSpec, value: Value | undefined, baseline: Value | undefined): string {
  const read = (of: Value | undefined): number | undefined => (spec.smoothed ? of?.smooth : of?.raw);
  const [here, there] = [read(value), read(baseline)];
  if (here === undefined || Number.isNaN(here)) return '–';
  const text = spec.format(here);
  return there === undefined || !Number.isFinite(there)
    ? text
    : `${text} (${difference(spec, here - there)})`;
}

/** A difference with its sign: "+0.0123", "−0.4 %". */
export function difference(spec: Pick<ChartSpec, 'format'>, value: number): string {
  return `${value < 0 ? '−' : value > 0 ? '+' : '±'}${spec.format(Math.abs(value))}`;
}

/** What the values of a legend belong to: "Latest" or "Batch 412, epoch 4". */
export function legendPlace(
  { series }: Pick<ChartSpec, 'series'>,
  reading: Reading | undefined,
  hovered: boolean,
): string {
  if (!reading) return series === 'machine' ? 'Nothing measured yet' : 'No batches yet';
  return hovered ? `Batch ${formatCount(reading.step)}, epoch ${formatCount(reading.epoch)}` : 'Latest';
}

/** The reading as a sentence, for those who listen. */
export function spokenReading(place: string, items: readonly LegendItem[]): string {
  return `${place}: ${items.map(({ name, value }) => `${name} ${value}`).join(', ')}`;
}

/** What a caption tells of. */
export interface CaptionInput {
  /** Rows in the range that is shown, and how many of them are drawn. */
  rows: number;
  drawn: number;
  /** Rows that are no longer held. */
  thinned: number;
  /** Where an accuracy axis begins; 0 for an axis that leaves nothing out. */
  floor: number;
}

/** What is drawn, and what is not: "1,180 points", "2,000 of 46,900 points · axis from 95 %". */
export function chartCaption({ rows, drawn, thinned, floor }: CaptionInput): string {
  const all = formatPlural(rows + thinned, 'point', 'points');
  const counts = drawn < rows + thinned ? `${formatCount(drawn)} of ${all}` : all;
  return floor > 0 ? `${counts} · axis from ${percentTick(floor)}` : counts;
}

export function stretchCaption(stretches: readonly Stretch[], first: number | undefined): string {
  const [stretch] = stretches;
  if (!stretch || first === undefined) return '';
  const name = Number.isNaN(stretch.value) ? 'not a number (NaN)' : 'infinite';
  return `${name} from batch ${formatCount(first)}`;
}
