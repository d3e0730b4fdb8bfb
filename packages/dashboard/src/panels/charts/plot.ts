import uPlot from 'uplot';
import type { AxisName } from '../../state/axis.ts';
import type { Stretch } from '../../state/non-finite.ts';
import type { Range } from '../../state/window.ts';
import type { Columns } from './columns.ts';
import { drawEpochs, drawFlags, drawStretches, drawTarget, type Flag, type Surface } from './overlays.ts';
import { logSplits } from './ranges.ts';
import { axisLabels, tickSteps, tickText } from './ticks.ts';

/** How one column is drawn: thin and faint, as a line, as points, or as points that a line joins. */
export interface CurveStyle {
  kind: 'raw' | 'line' | 'points' | 'joined';
  /** Custom property of the page with its colour. */
  color: string;
  dash?: readonly number[];
}

/** How one chart looks; none of it changes while the chart is there. */
export interface PlotOptions {
  /** Gives the chart its size. */
  host: HTMLElement;
  curves: readonly CurveStyle[];
  axis: AxisName;
  /** Which axes are logarithmic. */
  log: { x: boolean; y: boolean };
  formatY: (value: number) => string;
  /** x of the point under the cursor, null when it has left: of the linked chart that the cursor is in. */
  onCursor: (x: number | null) => void;
  onResize: () => void;
}

/** What one draw needs. */
export interface Frame {
  columns: Columns;
  x: Range;
  y: Range;
  /** x of faint vertical lines: where epochs end. */
  epochs: readonly number[];
  /** Where something happened. */
  flags: readonly Flag[];
  /** Where the first curve is not finite. */
  stretches: readonly Stretch[];
  /** y of a line across. */
  target: number | null;
}

/** A chart on the page. */
export interface Plot {
  /** The plotting area, which gestures are made on. */
  surface: HTMLElement;
  draw(frame: Frame): void;
  /** Draws again with the colours and the size that hold now. */
  recolor(): void;
  /** Moves the cursor by so many drawn points, or to the first or last; from none, it begins at the last. */
  moveCursor(points: number): void;
  /** Puts the cursor at the drawn point next to `x`. */
  setCursor(x: number): void;
  clearCursor(): void;
  /** Width of the plotting area in device pixels. */
  width(): number;
  canvas(): HTMLCanvasElement;
  destroy(): void;
}

const emptyRange = { min: 0.01, max: 3 };

/** The only file that knows uPlot. */
export function createPlot(options: PlotOptions): Plot {
  const { host, curves, axis, log } = options;
  let frame: Frame = {
    columns: [[], ...curves.map(() => [])],
    x: { min: log.x ? 1 : 0, max: 100 },
    y: emptyRange,
    ...{ epochs: [], flags: [], stretches: [], target: null },
  };
  let palette = readPalette(curves);
  const font = `12px ${getComputedStyle(host).fontFamily}`;
  const common = {
    stroke: () => palette.text,
    font,
    grid: { stroke: () => palette.grid, width: 1 },
    ticks: { show: false },
  } satisfies uPlot.Axis;
  const surfaceOf = (u: uPlot): Surface => ({
    context: u.ctx,
    ratio: uPlot.pxRatio,
    font,
    box: u.bbox,
    x: (value) => u.valToPos(value, 'x', true),
    y: (value) => u.valToPos(value, 'y', true),
  });

  /** The linked chart whose cursor this one's follows; undefined while its own leads. */
  let leader: uPlot | undefined;
  const lead: uPlot.Cursor.Sync.Filters = {
    pub: () => {
      leader = undefined;
      return true;
    },
    sub: (_type, source) => {
      leader = source;
      return true;
    },
  };

  const plot = new uPlot(
    {
      ...sizeOf(host),
      legend: { show: false },
      padding: [10, 18, 0, 0],
      scales: {
        x: { time: false, distr: log.x ? 3 : 1, range: () => [frame.x.min, frame.x.max] },
        y: { distr: log.y ? 3 : 1, range: () => [frame.y.min, frame.y.max] },
      },
      axes: [
        {
          ...common,
          grid: { show: false },
          size: 26,
          gap: 6,
          space: 70,
          label: axisLabels[axis],
          labelSize: 20,
          labelGap: 0,
          labelFont: font,
          incrs: tickSteps[axis],
          values: (_plot, splits) => splits.map((split) => tickText(axis, split, frame.x)),
          ...(log.x && { splits: () => logSplits(frame.x), filter: (_plot, splits) => splits }),
        },
        {
          ...common,
          size: 52,
          gap: 8,
          space: 36,
          values: (_plot, splits) => splits.map(options.formatY),
          ...(log.y && { splits: () => logSplits(frame.y), filter: (_plot, splits) => splits }),
        },
      ],
      series: [{}, ...curves.map((style, at) => seriesOf(style, () => palette, at))],
      cursor: {
        sync: { key: 'charts', scales: ['x', null], filters: lead },
        drag: { x: false, y: false, setScale: false },
        y: false,
        points: { size: 8 },
      },
      hooks: {
        setCursor: [(u) => options.onCursor(cursorX(leader ?? u))],
        drawAxes: [
          (u) => {
            drawEpochs(surfaceOf(u), frame.epochs, palette.grid);
            if (frame.target !== null) drawTarget(surfaceOf(u), frame.target, palette.target);
          },
        ],
        draw: [
          (u) => {
            drawStretches(surfaceOf(u), frame.stretches, { line: palette.bad, fill: palette.badFaint });
            drawFlags(surfaceOf(u), frame.flags, palette);
          },
        ],
      },
    },
    frame.columns as uPlot.AlignedData,
    host,
  );

  const fit = (): void => {
    const size = sizeOf(host);
    if (size.width === plot.width && size.height === plot.height) return;
    plot.setSize(size);
    options.onResize();
  };
  const observer = new ResizeObserver(fit);
  observer.observe(host);

  // uPlot's third argument, which its types leave out: the linked charts follow.
  const publishCursor = plot.setCursor as (
    at: { left: number; top: number },
    fire: boolean,
    publish: boolean,
  ) => void;
  const cursorTo = (x: number): void => publishCursor({ left: plot.valToPos(x, 'x'), top: 0 }, true, true);

  return {
    surface: plot.over,
    draw(next) {
      frame = next;
      plot.setData(next.columns as uPlot.AlignedData);
    },
    recolor() {
      palette = readPalette(curves);
      fit();
      plot.redraw(false, true);
    },
    moveCursor(points) {
      const xs = plot.data[0];
      if (xs.length === 0) return;
      const from = plot.cursor.idx ?? (points < 0 ? xs.length : -1);
      cursorTo(xs[Math.min(xs.length - 1, Math.max(0, from + points))] as number);
    },
    setCursor: cursorTo,
    clearCursor: () => publishCursor({ left: -10, top: -10 }, true, true),
    width: () => plot.bbox.width,
    canvas: () => plot.ctx.canvas,
    destroy() {
      observer.disconnect();
      plot.destroy();
    },
  };
}

/** The size that the page gives the host, whatever is in it. */
const sizeOf = (host: HTMLElement): { width: number; height: number } => ({
  width: Math.max(Math.floor(host.clientWidth), 100),
  height: Math.max(Math.floor(host.clientHeight), 80),
});

function seriesOf({ kind, dash }: CurveStyle, palette: () => Palette, at: number): uPlot.Series {
  const stroke = (): string => palette().curves[at] as string;
  // The cursor marks lines alone: the nearest test result is not the one that the legend reads out.
  const unread = { class: 'unread' };
  if (kind === 'raw') return { ...unread, stroke, width: 1, points: { show: false } };
  if (kind === 'line') return { stroke, width: 2, points: { show: false }, ...(dash && { dash: [...dash] }) };
  return {
    ...unread,
    stroke,
    width: 2,
    spanGaps: true,
    ...(kind === 'points' && { paths: () => null }),
    points: { show: true, size: 8, width: 2, stroke, fill: () => palette().surface },
  };
}

const cursorX = (u: uPlot): number | null => {
  const { idx, left } = u.cursor;
  return idx === null || idx === undefined || (left ?? -1) < 0 ? null : (u.data[0][idx] ?? null);
};

interface Palette {
  curves: string[];
  text: string;
  grid: string;
  surface: string;
  target: string;
  info: string;
  warning: string;
  bad: string;
  badFaint: string;
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
    bad: read('--bad'),
    badFaint: read('--bad-faint'),
  };
}
