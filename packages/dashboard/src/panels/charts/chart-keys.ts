import { zoomAndPan } from '../../state/viewport.ts';
import type { ZoomTarget } from './gestures.ts';
import type { Plot } from './plot.ts';

export interface ChartKeysTarget extends ZoomTarget {
  plot(): Plot | undefined;
  /** x of the cursor; null when there is none. */
  cursor(): number | null;
  /** Called with true when a key of the chart is pressed, and with false when a pointer or another key is used. */
  onInput(keyboard: boolean): void;
}

/** Number of points by which each key moves the cursor. */
const cursorSteps: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  PageUp: -50,
  PageDown: 50,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};
const zoomKeys: Readonly<Record<string, { factor?: number; shift?: number }>> = {
  '+': { factor: 0.5 },
  '=': { factor: 0.5 },
  '-': { factor: 2 },
  '[': { shift: -0.25 },
  ']': { shift: 0.25 },
};

/** Moves the cursor, zooms and pans with the keyboard while the chart has the focus. */
export function listenForChartKeys(host: HTMLElement, target: ChartKeysTarget): void {
  host.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // Called before the cursor moves: a position is announced only if the keyboard is in use when the cursor reaches it.
    target.onInput(true);
    if (handleKey(event, target)) event.preventDefault();
    else target.onInput(false);
  });
  host.addEventListener('pointermove', () => target.onInput(false));
  host.addEventListener('blur', () => target.plot()?.clearCursor());
}

/** Moves the cursor, zooms or pans. @returns Whether the chart uses the key. */
function handleKey({ key, shiftKey }: KeyboardEvent, target: ChartKeysTarget): boolean {
  const [step, zoom] = [cursorSteps[key], zoomKeys[key]];
  if (step !== undefined) target.plot()?.moveCursor(shiftKey ? step * 10 : step);
  else if (zoom) {
    const change = { ...zoom, around: cursorShare(target) };
    target.setViewport(zoomAndPan(target.range(), change, target.bounds()));
  } else if (key === '0') target.setViewport({ kind: 'all' });
  else if (key === 'Escape') target.plot()?.clearCursor();
  else return false;
  return true;
}

/** Returns the cursor's position as a share of the width, so that zooming keeps it in place; 0.5 without a cursor. */
function cursorShare(target: ChartKeysTarget): number {
  const { min, max } = target.range();
  const cursor = target.cursor();
  return cursor === null ? 0.5 : Math.min(1, Math.max(0, (cursor - min) / (max - min)));
}
