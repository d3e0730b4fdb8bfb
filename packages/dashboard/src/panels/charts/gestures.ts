import {
  type AxisBounds,
  type Range,
  type Viewport,
  type ZoomPan,
  zoomAndPan,
  zoomToSelection,
} from '../../state/viewport.ts';

/** The x axis of a chart, for gestures and keys that zoom and pan it. */
export interface ZoomTarget {
  /** The visible range. */
  range(): Range;
  bounds(): AxisBounds;
  setViewport(viewport: Viewport): void;
}

export interface GestureTarget extends ZoomTarget {
  /** Whether the whole axis is visible, so that there is nothing to pan. */
  isWhole(): boolean;
  /** Whether the chart fills the screen, so that the wheel has no page to scroll. */
  isFullScreen(): boolean;
  /** Puts the cursor at a position, a share of the width. */
  pointAt(share: number): void;
}

/** A pressed pointer: its position at the start of the gesture and now, as shares of the width. */
interface Pointer {
  from: number;
  at: number;
}

type GestureKind = 'select' | 'pan' | 'point' | 'pinch';

/** Movement in CSS pixels from which a press is a drag; a shorter one is a click. */
const clickTolerance = 4;
/** Minimum distance of two fingers in CSS pixels: with a smaller one, each movement would zoom too far. */
const minPinchDistance = 8;

/**
 * Listens for the gestures of a chart. Mouse: a drag zooms to the selection and, with Shift or the middle button, pans.
 * Touch: one finger pans or, when the whole axis is visible, moves the cursor; two fingers zoom and pan. Wheel: with Ctrl, with
 * Cmd, or in full screen it zooms; sideways it pans. A double click shows the whole axis. A plain wheel and a vertical swipe
 * scroll the page.
 */
export function listenForGestures(overlay: HTMLElement, target: GestureTarget): void {
  const gestures = new Gestures(overlay, target);
  overlay.addEventListener('pointerdown', (event) => gestures.press(event));
  overlay.addEventListener('pointermove', (event) => gestures.move(event));
  overlay.addEventListener('pointerup', (event) => gestures.release(event));
  overlay.addEventListener('pointercancel', (event) => gestures.release(event));
  overlay.addEventListener('dblclick', () => target.setViewport({ kind: 'all' }));
  overlay.addEventListener('wheel', (event) => gestures.wheel(event), { passive: false });
}

class Gestures {
  readonly #overlay: HTMLElement;
  readonly #target: GestureTarget;
  readonly #selection = document.createElement('div');
  readonly #pointers = new Map<number, Pointer>();
  #kind: GestureKind | null = null;
  /** The visible range at the start of the gesture. */
  #startRange: Range;

  constructor(overlay: HTMLElement, target: GestureTarget) {
    this.#overlay = overlay;
    this.#target = target;
    this.#startRange = target.range();
    this.#selection.className = 'zoom-selection';
    this.#selection.hidden = true;
    overlay.append(this.#selection);
  }

  press(event: PointerEvent): void {
    const mouse = event.pointerType === 'mouse';
    if (mouse && event.button > 1) return;
    const at = this.#shareOf(event);
    this.#pointers.set(event.pointerId, { from: at, at });
    this.#overlay.setPointerCapture(event.pointerId);
    // The middle button would start the browser's own scrolling.
    if (mouse && event.button === 1) event.preventDefault();
    if (mouse) this.#begin(event.shiftKey || event.button === 1 ? 'pan' : 'select');
    else if (this.#pointers.size === 2) this.#begin('pinch');
    else if (this.#pointers.size === 1) this.#begin(this.#target.isWhole() ? 'point' : 'pan');
  }

  move(event: PointerEvent): void {
    const pointer = this.#pointers.get(event.pointerId);
    if (!pointer) return;
    pointer.at = this.#shareOf(event);
    if (this.#kind === 'select') this.#showSelection(pointer);
    else if (this.#kind === 'pan') this.#zoomAndPan({ shift: pointer.from - pointer.at });
    else if (this.#kind === 'point') this.#target.pointAt(pointer.at);
    else if (this.#kind === 'pinch') this.#pinch();
  }

  release(event: PointerEvent): void {
    const pointer = this.#pointers.get(event.pointerId);
    if (!pointer) return;
    this.#pointers.delete(event.pointerId);
    this.#selection.hidden = true;
    if (this.#kind === 'select' && event.type === 'pointerup' && this.#lengthOf(pointer) >= clickTolerance) {
      const { from, at } = pointer;
      const viewport = zoomToSelection(this.#target.range(), [from, at], this.#target.bounds());
      if (viewport) this.#target.setViewport(viewport);
    }
    // The remaining finger pans.
    if (this.#kind === 'pinch' && this.#pointers.size === 1) this.#begin('pan');
    else if (this.#pointers.size === 0) this.#kind = null;
  }

  wheel(event: WheelEvent): void {
    const horizontal = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    const zooms = event.ctrlKey || event.metaKey || this.#target.isFullScreen();
    if (horizontal ? this.#target.isWhole() : !zooms) return;
    event.preventDefault();
    this.#startRange = this.#target.range();
    if (horizontal) this.#zoomAndPan({ shift: event.deltaX / this.#overlay.clientWidth });
    else {
      // A pinch on a touchpad arrives as small wheel steps with Ctrl.
      const doublings = event.deltaY / (event.ctrlKey && Math.abs(event.deltaY) < 50 ? 60 : 300);
      const factor = 2 ** Math.min(1, Math.max(-1, doublings));
      this.#zoomAndPan({ factor, around: this.#shareOf(event) });
    }
  }

  #begin(kind: GestureKind): void {
    this.#kind = kind;
    this.#startRange = this.#target.range();
    for (const pointer of this.#pointers.values()) pointer.from = pointer.at;
  }

  #pinch(): void {
    const [first, second] = [...this.#pointers.values()];
    if (!first || !second || Math.abs(first.at - second.at) * this.#overlay.clientWidth < minPinchDistance)
      return;
    const factor = (second.from - first.from) / (second.at - first.at);
    if (factor > 0) this.#zoomAndPan({ factor, around: 0, shift: first.from / factor - first.at });
  }

  #zoomAndPan(change: ZoomPan): void {
    this.#target.setViewport(zoomAndPan(this.#startRange, change, this.#target.bounds()));
  }

  #showSelection(pointer: Pointer): void {
    const { from, at } = pointer;
    this.#selection.hidden = this.#lengthOf(pointer) < clickTolerance;
    const [left, right] = [Math.max(0, Math.min(from, at)), Math.min(1, Math.max(from, at))];
    this.#selection.style.left = `${left * 100}%`;
    this.#selection.style.width = `${(right - left) * 100}%`;
  }

  #shareOf({ clientX }: MouseEvent): number {
    const { left, width } = this.#overlay.getBoundingClientRect();
    return (clientX - left) / width;
  }

  /** Returns how far a pointer has moved horizontally, in CSS pixels. */
  #lengthOf({ from, at }: Pointer): number {
    return Math.abs(from - at) * this.#overlay.clientWidth;
  }
}
