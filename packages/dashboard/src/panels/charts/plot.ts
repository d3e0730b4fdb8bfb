import uPlot from 'uplot';
import type { AxisName } from '../../state/axis.ts';
import type { NonFiniteRange } from '../../state/non-finite-ranges.ts';
import type { StepWord } from '../../state/run-words.ts';
import type { Range } from '../../state/viewport.ts';
import { accuracyAt, type ErrorScale, errorPosition, errorTicks } from './error-scale.ts';
import { type Columns, lonePoints } from './join-columns.ts';
import {
  drawBaseline,
  drawEpochLines,
  drawEventMarkers,
  drawNonFiniteRanges,
  drawTargetLine,
  type EventMarker,
  type PlotArea,
} from './overlays.ts';
import {
  axisLabel,
  clockTexts,
  clockTicks,
  linearTicks,
  logTicks,
  tickGap,
  tickSteps,
  tickText,
  tickTexts,
  typicalTick,
  yAxisWidth,
} from './ticks.ts';

/** The style of a column: a very thin, a thin or a usual line, or points joined by a line. */
export interface CurveStyle {
  kind: 'raw' | 'thin' | 'line' | 'test';
  /** Name of the CSS custom property with its colour. */
  color: string;
  dash?: readonly number[];
}

/** The settings of a plot, fixed for its lifetime. */
export interface PlotSettings {
  curves: readonly CurveStyle[];
  axis: AxisName;
  stepWord: StepWord;
  /** Whether each axis is logarithmic. */
  log: { x: boolean; y: boolean };
  /** The scale of a y axis of accuracies; null for any other axis. */
  errorScale: ErrorScale | null;
  /** Formats a tick of the y axis with a number of significant digits. */
  formatY: (value: number, digits: number) => string;
}

/** The settings of a plot in the page. */
export interface PlotOptions extends PlotSettings {
  /** The element that contains the plot and decides on its size. */
  host: HTMLElement;
  /** Size of texts and lines, as a multiple of their usual size. */
  zoom?: number;
  /** Receives the x of the point under the cursor of any linked plot; null when the cursor has left. */
  onCursor: (x: number | null) => void;
  onResize: () => void;
}

/** The content of one drawing of a plot. */
export interface PlotFrame {
  columns: Columns;
  x: Range;
  y: Range;
  /** Positions on the x axis at which epochs end. */
  epochEnds: readonly number[];
  markers: readonly EventMarker[];
  /** Ranges of x in which the first curve is not finite. */
  nonFinite: readonly NonFiniteRange[];
  /** y of the target line; null for none. */
  target: number | null;
  /** y of the line at what guessing leads to; null for none. */
  baseline: number | null;
  /** Whether the curves have no value: the numbers of the y axis would be arbitrary. */
  isEmpty: boolean;
  /** Whether each curve is drawn faintly, so that others stand out. */
  faded: readonly boolean[];
}

/** Opacity of a curve while another one stands out. */
const fadedAlpha = 0.18;

/** Least distance of two ticks of the y axis, in CSS pixels; those of a linear axis are all equally far apart. */
const minTickDistance = { linear: 36, other: 26 };

const emptyRanges = { x: { min: 0, max: 100 }, y: { min: 0.01, max: 3 } };

/** A chart on a canvas, drawn by uPlot. */
export class Plot {
  readonly #options: PlotOptions;
  readonly #font: string;
  readonly #zoom: number;
  readonly #observer: ResizeObserver;
  readonly #uplot: uPlot;
  /** Marks the position of the timeline: an element of its own, so that the timeline moves without drawing the curves again. */
  readonly #momentMarker = document.createElement('div');
  #moment: number | null = null;
  #palette: Palette;
  #frame: PlotFrame;
  /** The linked plot whose cursor this one follows; undefined while other plots follow the cursor of this one. */
  #cursorSource: uPlot | undefined;

  constructor(options: PlotOptions) {
    const { host, curves, log, zoom = 1 } = options;
    this.#options = options;
    this.#zoom = zoom;
    this.#palette = readPalette(curves);
    this.#font = `${12 * zoom}px ${getComputedStyle(host).fontFamily}`;
    this.#frame = {
      ...{ columns: [[], ...curves.map(() => [])], epochEnds: [], markers: [], nonFinite: [] },
      ...{ target: null, baseline: null, isEmpty: false, faded: [] },
      x: log.x ? { ...emptyRanges.x, min: 1 } : emptyRanges.x,
      y: emptyRanges.y,
    };
    this.#momentMarker.className = 'plot-moment';
    this.#momentMarker.hidden = true;
    this.#uplot = new uPlot(this.#uplotOptions(), this.#frame.columns as uPlot.AlignedData, host);
    this.#uplot.over.append(this.#momentMarker);
    this.#observer = new ResizeObserver(() => this.#fit());
    this.#observer.observe(host);
  }

  /** The element above the curves, which receives pointer events. */
  get overlay(): HTMLElement {
    return this.#uplot.over;
  }

  get canvas(): HTMLCanvasElement {
    return this.#uplot.ctx.canvas;
  }

  /** Width of the area of the curves in device pixels. */
  get width(): number {
    return this.#uplot.bbox.width;
  }

  draw(frame: PlotFrame): void {
    this.#frame = frame;
    this.#uplot.series.forEach((series, index) => {
      series.alpha = frame.faded[index - 1] ? fadedAlpha : 1;
    });
    // At once, and not after the current task: a cursor that is set then has the position on the new axis.
    this.#uplot.batch(() => this.#uplot.setData(frame.columns as uPlot.AlignedData));
  }

  /** Marks the position of the timeline on the x axis; null for none. */
  markMoment(x: number | null): void {
    if (x === this.#moment) return;
    this.#moment = x;
    this.#placeMoment();
  }

  /** Draws the same frame with the current colours and size. */
  recolor(): void {
    this.#palette = readPalette(this.#options.curves);
    this.#fit();
    this.#uplot.redraw(false, true);
  }

  /**
   * Moves the cursor by a number of drawn points; stops at both ends. Without a cursor, it begins before the first point, or after
   * the last one when it moves back.
   */
  moveCursor(points: number): void {
    const [x] = this.#uplot.data;
    if (x.length === 0) return;
    const from = this.#uplot.cursor.idx ?? (points < 0 ? x.length : -1);
    this.setCursor(x[Math.min(x.length - 1, Math.max(0, from + points))] as number);
  }

  /** Puts the cursor of all linked plots at an x. */
  setCursor(x: number): void {
    this.#publishCursor({ left: this.#uplot.valToPos(x, 'x'), top: 0 });
  }

  clearCursor(): void {
    this.#publishCursor({ left: -10, top: -10 });
  }

  destroy(): void {
    this.#observer.disconnect();
    this.#uplot.destroy();
  }

  #publishCursor(position: { left: number; top: number }): void {
    // uPlot's types leave out the third argument, which moves the cursors of linked plots too.
    const setCursor: (at: typeof position, fireHook: boolean, publish: boolean) => void =
      this.#uplot.setCursor;
    setCursor(position, true, true);
  }

  #placeMoment(): void {
    const { min, max } = this.#frame.x;
    const x = this.#moment;
    const isVisible = x !== null && x >= min && x <= max;
    this.#momentMarker.hidden = !isVisible;
    if (isVisible)
      this.#momentMarker.style.transform = `translateX(${Math.round(this.#uplot.valToPos(x, 'x'))}px)`;
  }

  #fit(): void {
    const size = sizeOf(this.#options.host);
    // Nobody sees a plot without room. It keeps its size, so that it needs no drawing when it has the same room again.
    if (this.#options.host.clientWidth === 0) return;
    if (size.width === this.#uplot.width && size.height === this.#uplot.height) return;
    this.#uplot.setSize(size);
    this.#options.onResize();
  }

  #uplotOptions(): uPlot.Options {
    const { host, curves, log, errorScale } = this.#options;
    const zoom = this.#zoom;
    return {
      ...sizeOf(host),
      legend: { show: false },
      padding: [10 * zoom, 18 * zoom, 0, 0],
      // `distr` is 3 for a logarithmic scale, 1 for a linear one, and 100 for one with functions.
      scales: {
        x: { time: false, distr: log.x ? 3 : 1, range: () => [this.#frame.x.min, this.#frame.x.max] },
        y: {
          distr: log.y ? 3 : errorScale ? 100 : 1,
          ...(errorScale && {
            fwd: (accuracy) => errorPosition(errorScale, accuracy),
            bwd: (position) => accuracyAt(errorScale, position),
          }),
          range: () => [this.#frame.y.min, this.#frame.y.max],
        },
      },
      axes: this.#axes(),
      series: [
        {},
        ...curves.map((style, index) => uplotSeries(style, { palette: () => this.#palette, index, zoom })),
      ],
      cursor: {
        sync: { key: 'charts', scales: ['x', null], filters: this.#cursorFilters() },
        drag: { x: false, y: false, setScale: false },
        y: false,
        points: { size: 8 },
      },
      hooks: {
        setCursor: [(plot) => this.#options.onCursor(cursorX(this.#cursorSource ?? plot))],
        drawAxes: [(plot) => this.#drawBehindCurves(this.#area(plot))],
        draw: [
          (plot) => {
            this.#drawOverCurves(this.#area(plot));
            this.#placeMoment();
          },
        ],
      },
    };
  }

  #axes(): uPlot.Axis[] {
    const { axis, stepWord, log, formatY } = this.#options;
    const zoom = this.#zoom;
    const common = {
      stroke: () => this.#palette.text,
      font: this.#font,
      grid: { stroke: () => this.#palette.grid, width: zoom },
      ticks: { show: false },
    } satisfies uPlot.Axis;
    // uPlot leaves out the ticks of an axis for which it has no increment, such as one up to 1e48: any is enough where `splits` computes
    // the ticks.
    const ownTicks = (splits: (plot: uPlot) => number[]): uPlot.Axis => ({
      incrs: [Number.MAX_VALUE],
      splits,
      filter: (_plot, ticks) => ticks,
    });
    const xSpace = (plot: uPlot, range: Range): number =>
      Math.max(
        (axis === 'clock' ? 100 : 70) * zoom,
        this.#textWidth(plot, typicalTick(axis, range)) + tickGap,
      );
    return [
      {
        ...common,
        ...{ grid: { show: false }, size: 26 * zoom, gap: 6 * zoom },
        space: (plot, _index, min, max) => xSpace(plot, { min, max }),
        ...{ label: axisLabel(axis, stepWord), labelSize: 20 * zoom, labelGap: 0, labelFont: this.#font },
        incrs: tickSteps[axis],
        values: (plot, splits) =>
          this.#withoutCutTexts(
            plot,
            splits,
            axis === 'clock'
              ? clockTexts(splits, this.#frame.x)
              : tickTexts(splits, (value, digits) => tickText(axis, value, this.#frame.x, digits)),
          ),
        ...(axis === 'clock' && {
          splits: (_plot, _index, min, max, step) =>
            clockTicks({ min, max }, step, (time) => new Date(time).getTimezoneOffset() * 60_000),
        }),
        ...(log.x &&
          ownTicks((plot) => {
            const { x } = this.#frame;
            return logTicks(x, xSpace(plot, x) / (plot.bbox.width / uPlot.pxRatio));
          })),
      },
      {
        ...common,
        gap: tickGap * zoom,
        size: (plot, texts) => yAxisWidth(texts ?? [], (text) => this.#textWidth(plot, text) / zoom) * zoom,
        values: (_plot, splits) => tickTexts(splits, formatY),
        ...ownTicks((plot) => this.#yTicks(plot)),
      },
    ];
  }

  #yTicks({ bbox }: uPlot): number[] {
    const { log, errorScale } = this.#options;
    const { y, isEmpty } = this.#frame;
    if (isEmpty) return [];
    const share = (distance: number): number => (distance * this.#zoom * uPlot.pxRatio) / bbox.height;
    if (errorScale) return errorTicks(errorScale, y, share(minTickDistance.other));
    return log.y ? logTicks(y, share(minTickDistance.other)) : linearTicks(y, share(minTickDistance.linear));
  }

  /** Returns the texts of an x axis, empty where one does not fit before the right edge of the plot. */
  #withoutCutTexts(plot: uPlot, ticks: readonly number[], texts: readonly string[]): string[] {
    const left = plot.bbox.left / uPlot.pxRatio;
    return texts.map((text, index) => {
      const middle = left + plot.valToPos(ticks[index] as number, 'x');
      return middle + this.#textWidth(plot, text) / 2 > plot.width ? '' : text;
    });
  }

  /** Returns the width of a text of the axes in CSS pixels. */
  #textWidth({ ctx }: uPlot, text: string): number {
    ctx.save();
    ctx.font = this.#font;
    const { width } = ctx.measureText(text);
    ctx.restore();
    return width;
  }

  /** Tracks the source of the cursor: uPlot calls `pub` when this plot sends its cursor, `sub` when it receives one. */
  #cursorFilters(): uPlot.Cursor.Sync.Filters {
    return {
      pub: () => {
        this.#cursorSource = undefined;
        return true;
      },
      sub: (_type, source) => {
        this.#cursorSource = source;
        return true;
      },
    };
  }

  #area(plot: uPlot): PlotArea {
    return {
      context: plot.ctx,
      ratio: uPlot.pxRatio * this.#zoom,
      font: this.#font,
      box: plot.bbox,
      x: (value) => plot.valToPos(value, 'x', true),
      y: (value) => plot.valToPos(value, 'y', true),
    };
  }

  #drawBehindCurves(area: PlotArea): void {
    const { epochEnds, target, baseline, nonFinite } = this.#frame;
    drawEpochLines(area, epochEnds, this.#palette.grid);
    if (baseline !== null) drawBaseline(area, baseline, { color: this.#palette.text, nonFinite });
    if (target !== null) drawTargetLine(area, target, this.#palette.target);
  }

  #drawOverCurves(area: PlotArea): void {
    const { error, errorFaint } = this.#palette;
    const { nonFinite, markers, isEmpty } = this.#frame;
    drawNonFiniteRanges(area, nonFinite, { line: error, fill: errorFaint });
    // A text covers a chart without values, except for its upper edge.
    if (!isEmpty || nonFinite.length > 0) drawEventMarkers(area, markers, this.#palette);
  }
}

/** Returns the size of the host in the page's layout, which does not depend on its content. */
const sizeOf = (host: HTMLElement): { width: number; height: number } => ({
  width: Math.max(Math.floor(host.clientWidth), 100),
  height: Math.max(Math.floor(host.clientHeight), 80),
});

function uplotSeries(
  { kind, dash }: CurveStyle,
  { palette, index, zoom }: { palette: () => Palette; index: number; zoom: number },
): uPlot.Series {
  const stroke = (): string => palette().curves[index] as string;
  // The cursor marks a point on curves of kinds `thin` and `line` only. Of test results, uPlot would mark the nearest one, while the
  // legend shows the last one before the cursor.
  const withoutCursor = { class: 'no-cursor-point' };
  // A line through a single value has no length, so the value is drawn as a point.
  const lone: uPlot.Series.Points = {
    ...{ show: false, size: 6 * zoom, stroke, fill: stroke },
    filter: (plot, series) => lonePoints(plot.data[series] as Columns[number]),
  };
  if (kind === 'raw') return { ...withoutCursor, stroke, width: zoom, points: lone };
  const dashed = dash && { dash: dash.map((each) => each * zoom) };
  if (kind === 'thin' || kind === 'line')
    return { stroke, width: (kind === 'thin' ? 1.25 : 2) * zoom, points: lone, ...dashed };
  return {
    ...withoutCursor,
    stroke,
    width: 2 * zoom,
    ...dashed,
    spanGaps: true,
    points: { show: true, size: 8 * zoom, width: 2 * zoom, stroke, fill: () => palette().surface },
  };
}

const cursorX = ({ cursor: { idx, left }, data }: uPlot): number | null =>
  idx === null || idx === undefined || (left ?? -1) < 0 ? null : (data[0][idx] ?? null);

interface Palette {
  curves: string[];
  text: string;
  grid: string;
  surface: string;
  target: string;
  info: string;
  warning: string;
  error: string;
  errorFaint: string;
}

function readPalette(curves: readonly CurveStyle[]): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return {
    curves: curves.map(({ color }) => read(color)),
    text: read('--text-muted'),
    grid: read('--grid'),
    surface: read('--surface'),
    target: read('--good'),
    info: read('--border-strong'),
    warning: read('--warn'),
    error: read('--bad'),
    errorFaint: read('--bad-faint'),
  };
}
