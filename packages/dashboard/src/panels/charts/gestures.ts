import { between, moved, type Range, type Window } from '../../state/window.ts';
import { h, styled } from '../../ui/dom.ts';

/** What a chart's gestures work on. */
export interface GestureContext {
  /** What is shown now, and what can be. */
  range(): Range;
  bounds(): { all: Range; log: boolean };
  /** Whether the whole axis is shown: then there is nothing to pan. */
  isWhole(): boolean;
  /** Whether the chart fills the screen: then the wheel is the chart's alone. */
  isExpanded(): boolean;
  change(window: Window): void;
  /** A finger points at a place, a share of the width. */
  point(share: number): void;
}

/** Pixels that a press may move and still be a click. */
const clickSlack = 4;

/**
 * Zoom and pan: drag to zoom in, drag with Shift or the middle button to pan, Ctrl and wheel or two fingers to zoom,
 * double click to show all. A plain wheel and a vertical swipe belong to the page.
 */
export function listenGestures(surface: HTMLElement, context: GestureContext): void {
  const mark = surface.appendChild(h('div', { class: 'zoom-mark', hidden: true }));
  const shareOf = ({ clientX }: MouseEvent): number => {
    const { left, width } = surface.getBoundingClientRect();
    return (clientX - left) / width;
  };
  /** Pointers that are down, with their places when the gesture began and now. */
  const pointers = new Map<number, { from: number; at: number }>();
  let kind: 'select' | 'pan' | 'point' | 'pinch' | null = null;
  let start = context.range();

  const begin = (next: typeof kind): void => {
    kind = next;
    start = context.range();
    for (const pointer of pointers.values()) pointer.from = pointer.at;
  };
  const move = (step: Parameters<typeof moved>[1]): void =>
    context.change(moved(start, step, context.bounds()));
  const widthOf = (a: number, b: number): number => Math.abs(a - b) * surface.clientWidth;

  surface.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'mouse' && event.button > 1) return;
    const at = shareOf(event);
    pointers.set(event.pointerId, { from: at, at });
    surface.setPointerCapture(event.pointerId);
    if (event.pointerType === 'mouse') {
      begin(event.shiftKey || event.button === 1 ? 'pan' : 'select');
      if (event.button === 1) event.preventDefault();
    } else if (pointers.size === 2) begin('pinch');
    else if (pointers.size === 1) begin(context.isWhole() ? 'point' : 'pan');
  });

  surface.addEventListener('pointermove', (event) => {
    const pointer = pointers.get(event.pointerId);
    if (!pointer) return;
    pointer.at = shareOf(event);
    const { from, at } = pointer;
    if (kind === 'select') showMark(from, at);
    else if (kind === 'pan') move({ shift: from - at });
    else if (kind === 'point') context.point(at);
    else if (kind === 'pinch') {
      const [first, second] = [...pointers.values()];
      if (!first || !second || widthOf(first.at, second.at) < 8) return;
      const factor = (second.from - first.from) / (second.at - first.at);
      if (factor > 0) move({ factor, around: 0, shift: first.from / factor - first.at });
    }
  });

  const showMark = (a: number, b: number): void => {
    mark.hidden = widthOf(a, b) < clickSlack;
    const [left, right] = [Math.max(0, Math.min(a, b)), Math.min(1, Math.max(a, b))];
    styled(mark, { left: `${left * 100}%`, width: `${(right - left) * 100}%` });
  };
  const end = (event: PointerEvent): void => {
    const pointer = pointers.get(event.pointerId);
    if (!pointer) return;
    pointers.delete(event.pointerId);
    mark.hidden = true;
    if (kind === 'select' && event.type === 'pointerup' && widthOf(pointer.from, pointer.at) >= clickSlack) {
      const window = between(context.range(), [pointer.from, pointer.at], context.bounds());
      if (window) context.change(window);
    }
    // The finger that stays goes on by itself.
    if (kind === 'pinch' && pointers.size === 1) begin('pan');
    else if (pointers.size === 0) kind = null;
  };
  surface.addEventListener('pointerup', end);
  surface.addEventListener('pointercancel', end);

  surface.addEventListener('dblclick', () => context.change({ kind: 'all' }));
  surface.addEventListener(
    'wheel',
    (event) => {
      const zooms = event.ctrlKey || event.metaKey || context.isExpanded();
      const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
      if (sideways ? context.isWhole() : !zooms) return;
      event.preventDefault();
      start = context.range();
      if (sideways) move({ shift: event.deltaX / surface.clientWidth });
      else {
        // A pinch on a touchpad comes as small steps of the wheel with Ctrl.
        const steps = event.deltaY / (event.ctrlKey && Math.abs(event.deltaY) < 50 ? 60 : 300);
        move({ factor: 2 ** Math.min(1, Math.max(-1, steps)), around: shareOf(event) });
      }
    },
    { passive: false },
  );
}
