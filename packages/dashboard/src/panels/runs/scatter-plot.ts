import uPlot from 'uplot';
import { accuracyAt, errorPosition, errorTicks } from '../charts/error-scale.ts';
import { logTicks, yAxisWidth } from '../charts/ticks.ts';
import { type Scatter, type ScatterAxis, type ScatterPoint, tickTextOf } from './scatter-data.ts';

/** Distance from the pointer up to which a point is the nearest one, in pixels. */
const reach = 32;
/** Steps between ticks of dates, in seconds: from a minute to a month. */
const dateSteps = [60, 600, 3_600, 21_600, 86_400, 604_800, 2_592_000, 31_536_000];

/** Least distance of the labels of a horizontal axis, in pixels. */
const labelGap = 8;
/** Least distance of two ticks of an axis of accuracies, as a share of the axis. */
const minTickShare = 0.09;

/** The content of the plot, and its callbacks. */
export interface ScatterPlotOptions {
  host: HTMLElement;
  scatter: Scatter;
  isSelected(runId: string): boolean;
  onPoint(point: ScatterPoint | undefined): void;
  onChoose(point: ScatterPoint): void;
}

/** The points of runs on a canvas, drawn by uPlot. */
export class ScatterPlot {
  readonly #options: ScatterPlotOptions;
  readonly #uplot: uPlot;
  readonly #mark = document.createElement('i');
  #marked: ScatterPoint | undefined;
  readonly #observer: ResizeObserver;

  constructor(options: ScatterPlotOptions) {
    const { host, scatter, onPoint, onChoose } = options;
    this.#options = options;
    this.#uplot = new uPlot(this.#uplotOptions(), this.#data(), host);
    this.#mark.className = 'scatter-mark';
    this.#mark.hidden = true;
    const { over } = this.#uplot;
    over.append(this.#mark);
    over.addEventListener('pointermove', ({ offsetX, offsetY }) => onPoint(this.#nearest(offsetX, offsetY)));
    over.addEventListener('pointerleave', () => onPoint(undefined));
    over.addEventListener('click', ({ offsetX, offsetY }) => {
      const point = this.#nearest(offsetX, offsetY);
      if (point) onChoose(point);
    });
    this.#observer = new ResizeObserver(() => this.#uplot.setSize(sizeOf(host)));
    this.#observer.observe(host);
    host.dataset.points = String(scatter.points.length);
  }

  /** Draws again, after the selection has changed. */
  redraw(): void {
    this.#uplot.setData(this.#data());
  }

  /** Puts the mark at a point, or removes it. */
  mark(point: ScatterPoint | undefined): void {
    this.#marked = point;
    this.#placeMark();
  }

  #placeMark(): void {
    this.#mark.hidden = this.#marked === undefined;
    if (!this.#marked) return;
    const [left, top] = this.#position(this.#marked);
    this.#mark.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  destroy(): void {
    this.#observer.disconnect();
    this.#uplot.destroy();
    this.#options.host.replaceChildren();
  }

  #position({ x, y }: ScatterPoint): [left: number, top: number] {
    return [this.#uplot.valToPos(x, 'x'), this.#uplot.valToPos(y, 'y')];
  }

  #nearest(left: number, top: number): ScatterPoint | undefined {
    let [nearest, least]: [ScatterPoint | undefined, number] = [undefined, reach];
    for (const point of this.#options.scatter.points) {
      const [x, y] = this.#position(point);
      const distance = Math.hypot(x - left, y - top);
      if (distance < least) [nearest, least] = [point, distance];
    }
    return nearest;
  }

  #data(): uPlot.AlignedData {
    const { scatter, isSelected } = this.#options;
    const { points } = scatter;
    return [
      points.map(({ x }) => x),
      points.map(({ y }) => y),
      points.map(({ y, runId }) => (isSelected(runId) ? y : null)),
    ];
  }

  #uplotOptions(): uPlot.Options {
    const { host, scatter } = this.#options;
    const color = (name: string) => () => getComputedStyle(host).getPropertyValue(name);
    const font = `12px ${getComputedStyle(host).fontFamily}`;
    // `distr` is 3 for a logarithmic scale, 1 for a linear one, and 100 for one with functions.
    const scale = ({ isLog, errorScale, range }: ScatterAxis): uPlot.Scale => ({
      ...{ time: false, distr: errorScale ? 100 : isLog ? 3 : 1, range: () => [range.min, range.max] },
      ...(errorScale && {
        fwd: (accuracy) => errorPosition(errorScale, accuracy),
        bwd: (position) => accuracyAt(errorScale, position),
      }),
    });
    const common = {
      font,
      stroke: color('--text-muted'),
      grid: { stroke: color('--grid'), width: 1 },
      ticks: { show: false },
    };
    const points = (size: number, fill: string, stroke: string): uPlot.Series => ({
      paths: () => null,
      points: { show: true, size, width: 1.5, fill: color(fill), stroke: color(stroke) },
    });
    return {
      ...sizeOf(host),
      legend: { show: false },
      padding: [12, 24, 0, 0],
      scales: { x: scale(scatter.x), y: scale(scatter.y) },
      axes: [
        { ...common, ...withRoom(ticksOf(scatter.x), font), size: 28, space: 90 },
        {
          ...{ ...common, ...ticksOf(scatter.y), space: 40, gap: 8 },
          size: (plot, texts) => yAxisWidth(texts ?? [], (text) => textWidth(plot, text, font)),
        },
      ],
      series: [{}, points(8, '--train-faint', '--train'), points(12, '--test', '--surface')],
      cursor: { show: false },
      // The scales are known only when the plot is drawn.
      hooks: { draw: [() => this.#placeMark()] },
    };
  }
}

function ticksOf(axis: ScatterAxis): Partial<uPlot.Axis> & { values: uPlot.Axis.DynamicValues } {
  const values: uPlot.Axis.DynamicValues = (_plot, splits) => splits.map((value) => tickTextOf(axis, value));
  if (axis.categories) return { values, splits: () => [...(axis.categories ?? []).keys()] };
  const { errorScale, range } = axis;
  if (errorScale) return { values, splits: () => errorTicks(errorScale, range, minTickShare) };
  if (axis.isLog)
    return { values, splits: () => logTicks(range, minTickShare), filter: (_plot, splits) => splits };
  return { values, ...(axis.sort === 'started' && { incrs: dateSteps }) };
}

/** Returns the ticks of a horizontal axis without the labels that have no room beside each other. */
function withRoom(
  ticks: Partial<uPlot.Axis> & { values: uPlot.Axis.DynamicValues },
  font: string,
): Partial<uPlot.Axis> {
  const values: uPlot.Axis.DynamicValues = (plot, splits, ...rest) => {
    const texts = ticks.values(plot, splits, ...rest).map((text) => String(text ?? ''));
    let end = Number.NEGATIVE_INFINITY;
    return texts.map((text, index) => {
      const middle = plot.valToPos(splits[index] as number, 'x');
      const half = textWidth(plot, text, font) / 2;
      if (middle - half < end + labelGap) return '';
      end = middle + half;
      return text;
    });
  };
  return { ...ticks, values };
}

function textWidth({ ctx }: uPlot, text: string, font: string): number {
  ctx.save();
  ctx.font = font;
  const { width } = ctx.measureText(text);
  ctx.restore();
  return width;
}

const sizeOf = (host: HTMLElement): { width: number; height: number } => ({
  width: Math.max(200, host.clientWidth),
  height: Math.max(200, host.clientHeight),
});
