import type { ChartSpec, YScale } from '../../state/chart-specs.ts';
import { type Run, seriesOf } from '../../state/run.ts';

/** The choices for the y axis of a chart. */
export interface YScaleChoice {
  offered: readonly YScale[];
  /** The scale until the viewer chooses one. */
  initial: YScale;
}

/**
 * Returns the choices for the y axis of a chart. A logarithmic axis is not offered for values below 0, which it cannot
 * show, and is not the initial one for values of 0.
 */
export function yScaleChoice(spec: ChartSpec, runs: readonly Run[]): YScaleChoice {
  const lowest = lowestValue(spec, runs);
  const linear = spec.scales.filter((scale) => scale !== 'log');
  const [initial] = lowest > 0 ? spec.scales : linear;
  return { offered: lowest < 0 ? linear : spec.scales, initial: initial as YScale };
}

/** Returns the lowest value of the curves and test results of a chart; infinite without any. */
function lowestValue({ series, columns, test }: ChartSpec, runs: readonly Run[]): number {
  let lowest = Number.POSITIVE_INFINITY;
  const add = (value: number | null | undefined): void => {
    if (typeof value === 'number' && value < lowest) lowest = value;
  };
  for (const run of runs) {
    for (const column of columns) add(seriesOf(run, series).lowest.get(column));
    if (test) for (const epoch of run.epochs) add(epoch.test?.[test]);
  }
  return lowest;
}
