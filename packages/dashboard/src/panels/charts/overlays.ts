import type { Stretch } from '../../state/non-finite.ts';

/** Something that happened, as it stands on a chart. */
export interface Flag {
  x: number;
  level: 'info' | 'warning' | 'error';
}

/** What a chart lends to those that draw over its curves; places are in device pixels. */
export interface Surface {
  context: CanvasRenderingContext2D;
  /** Device pixels for each of the page's. */
  ratio: number;
  /** Font of the axes, in the page's pixels. */
  font: string;
  box: { left: number; top: number; width: number; height: number };
  x(value: number): number;
  y(value: number): number;
}

/** Text goes right and down from its place, as large as that of the axes. */
function prepareText({ context, font, ratio }: Surface, weight = 400): void {
  context.font = font.replace('12px', `${weight} ${12 * ratio}px`);
  context.textBaseline = 'top';
  context.textAlign = 'left';
}

/** Faint verticals, left out where they would stand closer than they can be told apart. */
export function drawEpochs(surface: Surface, epochs: readonly number[], color: string): void {
  const { context, ratio, box } = surface;
  const places = epochs.map((epoch) => Math.round(surface.x(epoch)));
  if (places.some((at, index) => index > 0 && at - (places[index - 1] as number) < 12)) return;
  context.save();
  context.strokeStyle = color;
  context.lineWidth = ratio;
  context.setLineDash([2 * ratio, 4 * ratio]);
  context.beginPath();
  for (const at of places) {
    if (at <= box.left || at >= box.left + box.width) continue;
    context.moveTo(at, box.top);
    context.lineTo(at, box.top + box.height);
  }
  context.stroke();
  context.restore();
}

/** A dashed line across, named at its left end, where the viewer wants the curve to arrive. */
export function drawTarget(surface: Surface, target: number, color: string): void {
  const { context, ratio, box } = surface;
  const at = Math.round(surface.y(target));
  if (!(at > box.top && at < box.top + box.height)) return;
  context.save();
  context.strokeStyle = color;
  context.lineWidth = 1.5 * ratio;
  context.setLineDash([6 * ratio, 4 * ratio]);
  context.beginPath();
  context.moveTo(box.left, at);
  context.lineTo(box.left + box.width, at);
  context.stroke();
  prepareText(surface);
  context.fillStyle = color;
  context.fillText('target', box.left + 6 * ratio, at + 4 * ratio);
  context.restore();
}

/** A small flag at the top and a line below it for each thing that happened. */
export function drawFlags(
  surface: Surface,
  flags: readonly Flag[],
  colors: { info: string; warning: string; bad: string },
): void {
  const { context, ratio, box } = surface;
  context.save();
  for (const { x, level } of flags) {
    const at = Math.round(surface.x(x));
    if (at < box.left || at > box.left + box.width) continue;
    const color = level === 'error' ? colors.bad : colors[level];
    context.fillStyle = color;
    context.globalAlpha = 0.45;
    context.fillRect(at - ratio / 2, box.top, ratio, box.height);
    context.globalAlpha = 1;
    context.beginPath();
    context.moveTo(at - 5 * ratio, box.top - 8 * ratio);
    context.lineTo(at + 5 * ratio, box.top - 8 * ratio);
    context.lineTo(at, box.top);
    context.fill();
  }
  context.restore();
}

/** A band with its name over each stretch where the curve is not finite: it must not look like "no data". */
export function drawStretches(
  surface: Surface,
  stretches: readonly Stretch[],
  colors: { line: string; fill: string },
): void {
  const { context, ratio, box } = surface;
  const right = box.left + box.width;
  context.save();
  prepareText(surface, 600);
  let free = box.left;
  for (const { from, to, value } of stretches) {
    const left = Math.max(box.left, surface.x(from));
    const end = Math.min(right, surface.x(to));
    if (left > right || end < box.left) continue;
    const width = Math.max(2 * ratio, end - left);
    context.fillStyle = colors.fill;
    context.fillRect(left, box.top, width, box.height);
    context.fillStyle = colors.line;
    context.fillRect(left, box.top, width, 3 * ratio);
    const name = Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞';
    const textWidth = context.measureText(name).width;
    const at = Math.min(left + 4 * ratio, right - textWidth);
    if (at < free) continue;
    context.fillText(name, at, box.top + 8 * ratio);
    free = at + textWidth + 8 * ratio;
  }
  context.restore();
}
