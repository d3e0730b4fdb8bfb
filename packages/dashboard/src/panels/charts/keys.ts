import { moved, type Range, type Window } from '../../state/window.ts';
import type { Plot } from './plot.ts';

/** What the keys of a chart work on. */
export interface ChartKeys {
  plot(): Plot | undefined;
  /** Where the cursor is; null for nowhere. */
  cursor(): number | null;
  range(): Range;
  bounds(): { all: Range; log: boolean };
  moveTo(window: Window): void;
  /** A key has moved something, or a pointer is at work again. */
  pressed(byKeyboard: boolean): void;
}

const steps: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  PageUp: -50,
  PageDown: 50,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};
const moves: Readonly<Record<string, { factor?: number; shift?: number }>> = {
  '+': { factor: 0.5 },
  '=': { factor: 0.5 },
  '-': { factor: 2 },
  '[': { shift: -0.25 },
  ']': { shift: 0.25 },
};

/** Cursor, zoom and pan with the keyboard, for the chart in focus. */
export function listenChartKeys(host: HTMLElement, keys: ChartKeys): void {
  host.tabIndex = 0;
  host.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    keys.pressed(true);
    if (press(event, keys)) event.preventDefault();
    else keys.pressed(false);
  });
  host.addEventListener('pointermove', () => keys.pressed(false));
  host.addEventListener('blur', () => keys.plot()?.clearCursor());
}

/** @returns Whether the key means something here. */
function press({ key, shiftKey }: KeyboardEvent, keys: ChartKeys): boolean {
  const [step, move] = [steps[key], moves[key]];
  if (step !== undefined) keys.plot()?.moveCursor(shiftKey ? step * 10 : step);
  else if (move) keys.moveTo(moved(keys.range(), { ...move, around: aroundOf(keys) }, keys.bounds()));
  else if (key === '0') keys.moveTo({ kind: 'all' });
  else if (key === 'Escape') keys.plot()?.clearCursor();
  else return false;
  return true;
}

/** Zooming keeps the cursor where it is. */
function aroundOf(keys: ChartKeys): number {
  const { min, max } = keys.range();
  const cursor = keys.cursor();
  return cursor === null ? 0.5 : Math.min(1, Math.max(0, (cursor - min) / (max - min)));
}
