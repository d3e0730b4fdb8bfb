import uPlot from 'uplot';
import type { Stretch } from '../state/non-finite.ts';
import { logSplits, type Range } from './ranges.ts';
import type { Rows } from './rows.ts';

/** How one chart looks; the only thing that does not change while it is there. */
export interface PlotOptions {
  host: HTMLElement;
  logarithmic: boolean;
  /** Whether the sparse points are joined by a line. */
  joinPoints: boolean;
  /** Custom properties of the page with the colours of the dense and the sparse curve. */
  colors: { dense: string; points: string };
  formatY: (value: number) => string;
  /** x under the cursor, null when it has left. Called for the cursor of any chart that is linked. */
  onCursor: (x: number | null) => void;
  onResize: () => void;
}

/** What one draw needs. */
export interface Frame {
  rows: Rows;
  x: Range;
  y: Range;
  /** x of faint vertical lines: where epochs end. */
  marks: readonly number[];
  /** Where the dense curve is not finite. */
  stretches: readonly Stretch[];
}

/** A chart on the page. */
export interface Plot {
  draw(frame: Frame): void;
  /** Draws again with the colours that hold now. */
  recolor(): void;
  /** Moves the cursor by so many drawn points; from none, it begins at the last. */
  moveCursor(points: number): void;
  clearCursor(): void;
  /** Width of the plotting area in device pixels. */
  width(): number;
  destroy(): void;
}

const height = 264;
const emptyFrame: Frame = {
  rows: [[], [], [], []],
  x: { min: 0, max: 100 },
  y: { min: 0.01, max: 3 },
  marks: [],
  stretches: [],
};

/** The only file that knows uPlot. */
export function createPlot(options: PlotOptions): Plot {
  const { host, logarithmic, joinPoints } = options;
  let frame = emptyFrame;
  let palette = readPalette(options.colors);
  const color = (name: keyof Palette) => () => palette[name];
  const font = `12px ${getComputedStyle(host).fontFamily}`;

  // The cursor marks the smoothed curve alone: the nearest test result is not the one that the legend reads out.
  const unread = { class: 'unread' };
  const axis = {
    stroke: color('text'),
    font,
    grid: { stroke: color('grid'), width: 1 },
    ticks: { show: false },
  } satisfies uPlot.Axis;

  const plot = new uPlot(
    {
      width: Math.max(host.clientWidth, 100),
      height,
      legend: { show: false },
      padding: [8, 18, 0, 0],
      scales: {
        x: { time: false, range: () => [frame.x.min, frame.x.max] },
        y: { distr: logarithmic ? 3 : 1, range: () => [frame.y.min, frame.y.max] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 26,
          gap: 6,
          space: 70,
          label: 'Batch',
          labelSize: 20,
          labelGap: 0,
          labelFont: font,
          incrs: integerSteps,
          values: (_plot, splits) => splits.map((split) => split.toLocaleString('en-US')),
        },
        {
          ...axis,
          size: 52,
          gap: 8,
          space: 36,
          values: (_plot, splits) => splits.map(options.formatY),
          ...(logarithmic && { splits: () => logSplits(frame.y), filter: (_plot, splits) => splits }),
        },
      ],
      series: [
        {},
        { ...unread, stroke: color('raw'), width: 1, points: { show: false } },
        { stroke: color('dense'), width: 2, points: { show: false } },
        {
          ...unread,
          stroke: color('points'),
          width: 2,
          spanGaps: true,
          ...(!joinPoints && { paths: () => null }),
          points: { show: true, size: 8, width: 2, stroke: color('points'), fill: color('surface') },
        },
      ],
      cursor: {
        sync: { key: 'steps', scales: ['x', null] },
        drag: { x: false, y: false, setScale: false },
        y: false,
        points: { size: 8 },
      },
      hooks: {
        setCursor: [(u) => options.onCursor(cursorX(u))],
        drawAxes: [(u) => drawMarks(u, frame.marks, palette.grid)],
        draw: [(u) => drawStretches(u, frame.stretches, palette, font)],
      },
    },
    frame.rows as uPlot.AlignedData,
    host,
  );

  // Only the width follows the page: watching the height would answer to our own canvas.
  const observer = new ResizeObserver(([entry]) => {
    const width = Math.floor(entry?.contentRect.width ?? 0);
    if (width <= 0 || width === plot.width) return;
    plot.setSize({ width, height });
    options.onResize();
  });
  observer.observe(host);

  // uPlot's third argument, which its types leave out: the linked charts follow.
  const setCursor = plot.setCursor as (
    at: { left: number; top: number },
    fire: boolean,
    publish: boolean,
  ) => void;

  return {
    draw(next) {
      frame = next;
      plot.setData(next.rows as uPlot.AlignedData);
    },
    recolor() {
      palette = readPalette(options.colors);
      plot.redraw(false, true);
    },
    moveCursor(points) {
      const xs = plot.data[0];
      if (xs.length === 0) return;
      const from = plot.cursor.idx ?? (points < 0 ? xs.length : -1);
      const to = Math.min(xs.length - 1, Math.max(0, from + points));
      setCursor({ left: plot.valToPos(xs[to] as number, 'x'), top: 0 }, true, true);
    },
    clearCursor: () => setCursor({ left: -10, top: -10 }, true, true),
    width: () => plot.bbox.width,
    destroy() {
      observer.disconnect();
      plot.destroy();
    },
  };
}

const integerSteps = [1, 2, 5].flatMap((digit) =>
  Array.from({ length: 8 }, (_, power) => digit * 10 ** power),
);
integerSteps.sort((a, b) => a - b);

const cursorX = (u: uPlot): number | null => {
  const { idx, left } = u.cursor;
  return idx === null || idx === undefined || (left ?? -1) < 0 ? null : (u.data[0][idx] ?? null);
};

type Palette = Record<
  'dense' | 'raw' | 'points' | 'text' | 'grid' | 'surface' | 'alarm' | 'alarmFill',
  string
>;

function readPalette(colors: PlotOptions['colors']): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return {
    dense: read(colors.dense),
    raw: read(`${colors.dense}-faint`),
    points: read(colors.points),
    text: read('--text-muted'),
    grid: read('--grid'),
    surface: read('--surface'),
    alarm: read('--bad'),
    alarmFill: read('--bad-faint'),
  };
}

/** Faint verticals, left out where they would stand closer than they can be told apart. */
function drawMarks(u: uPlot, marks: readonly number[], stroke: string): void {
  const { ctx, bbox } = u;
  const positions = marks.map((mark) => Math.round(u.valToPos(mark, 'x', true)));
  const narrow = positions.some((at, index) => index > 0 && at - (positions[index - 1] as number) < 12);
  if (narrow) return;
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.lineWidth = uPlot.pxRatio;
  ctx.setLineDash([2 * uPlot.pxRatio, 4 * uPlot.pxRatio]);
  ctx.beginPath();
  for (const at of positions) {
    if (at <= bbox.left || at >= bbox.left + bbox.width) continue;
    ctx.moveTo(at, bbox.top);
    ctx.lineTo(at, bbox.top + bbox.height);
  }
  ctx.stroke();
  ctx.restore();
}

/** A band with its name over each stretch where the curve is not finite: it must not look like "no data". */
function drawStretches(u: uPlot, stretches: readonly Stretch[], palette: Palette, font: string): void {
  const { ctx, bbox } = u;
  const ratio = uPlot.pxRatio;
  const right = bbox.left + bbox.width;
  ctx.save();
  ctx.font = font.replace('12px', `600 ${12 * ratio}px`);
  ctx.textBaseline = 'top';
  ctx.textAlign = 'left';
  let free = bbox.left;
  for (const { from, to, value } of stretches) {
    const left = Math.max(bbox.left, u.valToPos(from, 'x', true));
    const width = Math.max(2 * ratio, Math.min(right, u.valToPos(to, 'x', true)) - left);
    ctx.fillStyle = palette.alarmFill;
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.fillStyle = palette.alarm;
    ctx.fillRect(left, bbox.top, width, 3 * ratio);
    const name = Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞';
    const textWidth = ctx.measureText(name).width;
    const at = Math.min(left + 4 * ratio, right - textWidth);
    if (at < free) continue;
    ctx.fillText(name, at, bbox.top + 8 * ratio);
    free = at + textWidth + 8 * ratio;
  }
  ctx.restore();
}
