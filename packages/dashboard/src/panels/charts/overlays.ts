import type { NonFiniteRange } from '../../state/non-finite-ranges.ts';

/** A mark on the charts at a finding, such as a warning about the run, or, in a saved image, at the position of the timeline. */
export interface EventMarker {
  x: number;
  level: 'info' | 'warning' | 'error';
}

/** The canvas area of a chart's curves; positions are in device pixels. */
export interface PlotArea {
  context: CanvasRenderingContext2D;
  /** Device pixels per CSS pixel. */
  ratio: number;
  /** Font of the axes, with its size in CSS pixels. */
  font: string;
  box: { left: number; top: number; width: number; height: number };
  x(value: number): number;
  y(value: number): number;
}

/** Minimum distance of two epoch lines in device pixels: closer ones would cover the chart. */
const minEpochDistance = 12;

/** Sets the font of the axes; text then extends right and down from its position. */
function prepareText({ context, font, ratio }: PlotArea, weight = 400): void {
  context.font = font.replace(/^\d+px/, `${weight} ${12 * ratio}px`);
  context.textBaseline = 'top';
  context.textAlign = 'left';
}

/** Draws a faint vertical line at the end of each epoch; no line at all if two of them would be too close. */
export function drawEpochLines(area: PlotArea, epochEnds: readonly number[], color: string): void {
  const { context, ratio, box } = area;
  const lines = epochEnds.map((end) => Math.round(area.x(end)));
  if (lines.some((x, index) => index > 0 && x - (lines[index - 1] as number) < minEpochDistance)) return;
  context.save();
  context.strokeStyle = color;
  context.lineWidth = ratio;
  context.setLineDash([2 * ratio, 4 * ratio]);
  context.beginPath();
  for (const x of lines) {
    if (x <= box.left || x >= box.left + box.width) continue;
    context.moveTo(x, box.top);
    context.lineTo(x, box.top + box.height);
  }
  context.stroke();
  context.restore();
}

/**
 * Draws a line across the chart at a value, in the given width and dashes, and then its name. Draws nothing where the value is outside the
 * chart.
 * @param drawName Draws the name. It receives the y of the line on the canvas, in device pixels.
 */
function drawLevel(
  area: PlotArea,
  value: number,
  { color, width, dashes }: { color: string; width: number; dashes: readonly [number, number] },
  drawName: (y: number) => void,
): void {
  const { context, ratio, box } = area;
  const y = Math.round(area.y(value));
  if (!(y > box.top && y < box.top + box.height)) return;
  context.save();
  context.strokeStyle = color;
  context.lineWidth = width * ratio;
  context.setLineDash(dashes.map((length) => length * ratio));
  context.beginPath();
  context.moveTo(box.left, y);
  context.lineTo(box.left + box.width, y);
  context.stroke();
  prepareText(area);
  context.fillStyle = color;
  drawName(y);
  context.restore();
}

/**
 * Draws a dotted line across the chart at the value that guessing leads to, with its name at the end or, where the name of a range of
 * values that are not finite may be there, at the beginning.
 */
export function drawBaseline(
  area: PlotArea,
  baseline: number,
  { color, nonFinite }: { color: string; nonFinite: readonly NonFiniteRange[] },
): void {
  const { context, ratio, box } = area;
  const [left, right] = [box.left + 6 * ratio, box.left + box.width - 6 * ratio];
  drawLevel(area, baseline, { color, width: 1, dashes: [2, 3] }, (y) => {
    const nameStart = right - context.measureText('guessing').width;
    // The name of a range begins at its start, or ends at the edge, and takes up to 40 pixels.
    const isTaken = nonFinite.some(({ from }) => {
      const start = area.x(from);
      return start > nameStart - 40 * ratio && start <= box.left + box.width + ratio;
    });
    context.textAlign = isTaken ? 'left' : 'right';
    context.textBaseline = 'bottom';
    context.fillText('guessing', isTaken ? left : right, y - 2 * ratio);
  });
}

/** Draws a dashed line across the chart at the target accuracy, with its name at the beginning. */
export function drawTargetLine(area: PlotArea, target: number, color: string): void {
  const { context, ratio, box } = area;
  drawLevel(area, target, { color, width: 1.5, dashes: [6, 4] }, (y) => {
    // Above the line: the curves come from below.
    const textY = y - 15 * ratio;
    context.fillText('target', box.left + 6 * ratio, textY > box.top ? textY : y + 4 * ratio);
  });
}

/** Draws for each marker a small triangle above the chart, and from it a faint vertical line through the chart. */
export function drawEventMarkers(
  area: PlotArea,
  markers: readonly EventMarker[],
  colors: { info: string; warning: string; error: string },
): void {
  const { context, ratio, box } = area;
  context.save();
  for (const marker of markers) {
    const x = Math.round(area.x(marker.x));
    if (x < box.left || x > box.left + box.width) continue;
    context.fillStyle = colors[marker.level];
    context.globalAlpha = 0.45;
    context.fillRect(x - ratio / 2, box.top, ratio, box.height);
    context.globalAlpha = 1;
    context.beginPath();
    context.moveTo(x - 5 * ratio, box.top - 8 * ratio);
    context.lineTo(x + 5 * ratio, box.top - 8 * ratio);
    context.lineTo(x, box.top);
    context.fill();
  }
  context.restore();
}

/** Draws a labelled band over each range in which the curve is not finite: such a range must not look like missing data. */
export function drawNonFiniteRanges(
  area: PlotArea,
  ranges: readonly NonFiniteRange[],
  colors: { line: string; fill: string },
): void {
  const { context, ratio, box } = area;
  const boxEnd = box.left + box.width;
  context.save();
  prepareText(area, 600);
  let labelsEnd = box.left;
  for (const { from, to, value } of ranges) {
    const left = Math.max(box.left, area.x(from));
    const right = Math.min(boxEnd, area.x(to));
    if (left > boxEnd || right < box.left) continue;
    const width = Math.max(2 * ratio, right - left);
    context.fillStyle = colors.fill;
    context.fillRect(left, box.top, width, box.height);
    context.fillStyle = colors.line;
    context.fillRect(left, box.top, width, 3 * ratio);
    const label = Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞';
    const labelWidth = context.measureText(label).width;
    const labelX = Math.min(left + 4 * ratio, boxEnd - labelWidth);
    if (labelX < labelsEnd) continue;
    context.fillText(label, labelX, box.top + 8 * ratio);
    labelsEnd = labelX + labelWidth + 8 * ratio;
  }
  context.restore();
}
