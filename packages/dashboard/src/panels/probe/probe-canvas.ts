import type { Probe, ProbeLogits } from '../../state/probe.ts';
import { announce } from '../../ui/announcer.ts';
import { type ClassLabel, ClassLabels } from './class-labels.ts';
import { nearestAnswer, type ProbeAnswer } from './probe-results.ts';
import { type Axes, centered, evenAxes, project, radiusOf, toCanvas, turned, withAxis } from './tour.ts';

/** The content of the canvas. */
export interface ProbeContent {
  probe: Probe;
  answers: readonly ProbeAnswer[];
  /** Short names of the classes. */
  names: readonly string[];
}

/** The page's colours and font, and whether the theme is dark. */
interface Look {
  text: string;
  muted: string;
  grid: string;
  bad: string;
  isDark: boolean;
  /** The page's font family. */
  family: string;
}

/** Time in which points move from one frame of logits to the next. */
const driftMs = 900;
/** Time between two drawings: 30 a second look smooth, and leave time for the charts. */
const drawEveryMs = 33;
/** Maximum distance between the pointer and the point that it selects, in CSS pixels. */
const pointerReach = 14;
/** Maximum distance between the pointer and the name of an axis that it drags, in CSS pixels. */
const axisReach = 16;
/** Distance by which an arrow key moves an axis, as a share of the longest one. */
const axisStep = 0.15;
/** Distance of the name of an axis from the middle, as a multiple of the length of the axis. */
const nameDistance = 1.06;
/** Opacity of the rings while most images are misclassified: they would hide the images. */
const faintRings = 0.4;
/** Space at the edge for the names of the axes, in CSS pixels. */
const margin = 26;

/**
 * The probe images as points, each written as its true class, in a turning projection of their logits, whose axes can be dragged.
 * The rotation pauses with `prefers-reduced-motion`, off screen, and while an image or an axis is selected.
 */
export class ProbeCanvas {
  readonly element = document.createElement('canvas');
  readonly #reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');
  readonly #onSelect: (answer: ProbeAnswer | null) => void;
  readonly #onChoose: (answer: ProbeAnswer) => void;
  #content: ProbeContent | undefined;
  /** The logits that were shown before the current ones; null without any of the same shape. */
  #before: ProbeLogits | null = null;
  /** Time at which the current logits were first shown. */
  #changedAt = Number.NEGATIVE_INFINITY;
  #points: Float32Array = new Float32Array();
  #selected: ProbeAnswer | null = null;
  #isOnScreen = false;
  #isScheduled = false;
  /** The projection, and the class of the axis that is selected; undefined without one. */
  #axes: Axes = [];
  #axis: number | undefined;
  /** The pointer that drags the selected axis; undefined without one. */
  #dragging: number | undefined;
  /** Whether the last press of the pointer was on an axis. */
  #hasGrabbed = false;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #look: Look | undefined;
  /** Width and height in CSS pixels: reading them from the element would compute the page's layout in each frame. */
  #side = 0;
  readonly #labels = new ClassLabels();

  /**
   * @param onSelect Called when the pointer or the keyboard selects an image, and with null when none is selected.
   * @param onChoose Called when a click or Enter chooses the selected image.
   */
  constructor(onSelect: (answer: ProbeAnswer | null) => void, onChoose: (answer: ProbeAnswer) => void) {
    this.#onSelect = onSelect;
    this.#onChoose = onChoose;
    const { element } = this;
    element.className = 'probe-canvas';
    element.tabIndex = 0;
    element.setAttribute('role', 'application');
    new ResizeObserver(([entry]) => {
      this.#side = Math.round(entry?.contentRect.width ?? 0);
      this.#draw();
    }).observe(element);
    new IntersectionObserver(([entry]) => {
      this.#isOnScreen = entry?.isIntersecting ?? false;
      this.#schedule();
    }).observe(element);
    element.addEventListener('pointerdown', (event) => this.#grab(event));
    element.addEventListener('pointermove', (event) => {
      if (event.pointerId === this.#dragging) this.#drag(event);
      else this.#point(event);
    });
    for (const end of ['pointerup', 'pointercancel'] as const)
      element.addEventListener(end, ({ pointerId }) => {
        if (pointerId === this.#dragging) this.#release();
      });
    // A finger on an axis drags the axis; anywhere else, it scrolls the page.
    element.addEventListener(
      'touchstart',
      (event) => {
        const [touch] = event.touches;
        const { left, top } = element.getBoundingClientRect();
        if (touch && this.#axisAt(touch.clientX - left, touch.clientY - top) !== undefined)
          event.preventDefault();
      },
      { passive: false },
    );
    // The end of a drag is no choice of the image below it.
    element.addEventListener('click', (event) => this.#hasGrabbed || this.#choose(this.#answerAt(event)));
    element.addEventListener('pointerleave', () => this.#select(null));
    element.addEventListener('blur', () => {
      this.#select(null);
      this.#release();
    });
    element.addEventListener('keydown', (event) => this.#handleKey(event));
    this.#reducedMotion.addEventListener('change', () => this.#schedule());
  }

  show(content: ProbeContent): void {
    const logits = content.probe.logits;
    if (logits !== this.#content?.probe.logits) {
      const isSameShape = this.#content?.probe.logits?.values.length === logits?.values.length;
      this.#before = isSameShape ? (this.#content?.probe.logits ?? null) : null;
      this.#changedAt = performance.now();
    }
    if (content.names.join() !== this.#content?.names.join()) this.#labels.clear();
    const hasChanged = content !== this.#content;
    this.#content = content;
    const dimensions = logits?.classes ?? 0;
    if (this.#axes.length !== dimensions) {
      this.#axes = evenAxes(dimensions);
      this.#release();
    }
    // A screenshot of the whole page shows the canvas too.
    if (this.#isOnScreen) this.#schedule();
    else if (hasChanged) this.#draw(performance.now() + driftMs);
  }

  /** Reads the colours again after the theme has changed. */
  recolor(): void {
    this.#look = undefined;
    this.#labels.clear();
    this.#draw();
  }

  #schedule(): void {
    if (this.#isScheduled || !this.#isOnScreen) return;
    this.#isScheduled = true;
    requestAnimationFrame((now) => {
      this.#isScheduled = false;
      if (now - this.#drawnAt < drawEveryMs) return this.#schedule();
      const isMoving = !this.#reducedMotion.matches && !this.#selected && this.#axis === undefined;
      // After a pause, for example of a hidden page, the rotation continues where it was.
      if (isMoving) this.#axes = turned(this.#axes, Math.min(100, now - this.#drawnAt) / 1_000);
      this.#drawnAt = now;
      this.#draw(now);
      if (isMoving || now < this.#changedAt + driftMs) this.#schedule();
    });
  }

  /** Returns the centred logits to draw at a time, between those shown before and the current ones. */
  #valuesAt(now: number, { classes, values }: ProbeLogits): Float32Array {
    const share = this.#reducedMotion.matches
      ? 1
      : Math.min(1, Math.max(0, (now - this.#changedAt) / driftMs));
    const before = this.#before?.values;
    if (!before || share === 1) return centered(values, classes);
    const eased = share * share * (3 - 2 * share);
    return centered(
      values.map((value, at) => (before[at] as number) + (value - (before[at] as number)) * eased),
      classes,
    );
  }

  #draw(now = performance.now()): void {
    const side = this.#side;
    const context = this.element.getContext('2d');
    const logits = this.#content?.probe.logits;
    if (!context || !logits || !this.#content || side === 0) return;
    const pixels = Math.round(side * devicePixelRatio);
    if (this.element.width !== pixels) this.element.width = this.element.height = pixels;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, side, side);
    const values = this.#valuesAt(now, logits);
    // The projection shortens most vectors to about sqrt(2 / classes) of their length. Some remain longer: hence the factor 1.3.
    const shortening = Math.min(1, 1.3 * Math.sqrt(2 / logits.classes));
    const scale = (side / 2 - margin) / (radiusOf(values, logits.classes) * shortening);
    this.#points = toCanvas(project(values, this.#axes), side, scale);
    this.#drawAxes(context);
    this.#drawPoints(context);
  }

  /** Returns the end of each axis on the canvas; the longest one reaches from the middle to the margin. */
  #axisEnds(): { x: number; y: number }[] {
    const side = this.#side;
    const scale = (side / 2 - margin) / this.#longest;
    return this.#axes.map(([x, y]) => ({ x: side / 2 + x * scale, y: side / 2 + y * scale }));
  }

  get #longest(): number {
    return Math.max(...this.#axes.map(([x, y]) => Math.hypot(x, y)));
  }

  #drawAxes(context: CanvasRenderingContext2D): void {
    const { grid, muted, text, family } = this.#readLook();
    const middle = this.#side / 2;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    this.#axisEnds().forEach(({ x, y }, dimension) => {
      const isSelected = dimension === this.#axis;
      context.strokeStyle = isSelected ? text : grid;
      context.lineWidth = isSelected ? 2 : 1;
      context.beginPath();
      context.moveTo(middle, middle);
      context.lineTo(x, y);
      context.stroke();
      context.font = `${isSelected ? 800 : 600} 12px ${family}`;
      context.fillStyle = isSelected ? text : muted;
      const name = this.#content?.names[dimension] ?? String(dimension);
      context.fillText(name, middle + (x - middle) * nameDistance, middle + (y - middle) * nameDistance);
    });
  }

  #drawPoints(context: CanvasRenderingContext2D): void {
    const { text, bad, family } = this.#readLook();
    const { answers, names, probe } = this.#content as ProbeContent;
    const classes = probe.logits?.classes ?? 1;
    const describe = (label: number): ClassLabel => ({
      name: names[label] ?? String(label),
      font: `11px ${family}`,
      color: this.#colorOf(label, classes),
    });
    for (const answer of answers) this.#labels.draw(context, answer.label, this.#pointOf(answer), describe);
    const wrong = answers.filter(({ prediction, label }) => prediction !== label);
    const points = wrong.map((answer) => this.#pointOf(answer));
    context.globalAlpha = wrong.length > answers.length / 2 ? faintRings : 1;
    rings(context, points, 8, bad);
    context.globalAlpha = 1;
    if (this.#selected) rings(context, [this.#pointOf(this.#selected)], 12, text);
  }

  #pointOf({ position }: ProbeAnswer): [x: number, y: number] {
    return [this.#points[position * 2] as number, this.#points[position * 2 + 1] as number];
  }

  /** Returns the colour of a class: hues at equal distances, as light as the theme needs. */
  #colorOf(label: number, classes: number): string {
    const lightness = this.#readLook().isDark ? 78 : 48;
    return `oklch(${lightness}% 0.16 ${Math.round((360 * label) / classes)})`;
  }

  #readLook(): Look {
    if (this.#look) return this.#look;
    const style = getComputedStyle(this.element);
    const read = (name: string): string => style.getPropertyValue(name).trim();
    const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
    const { theme } = document.documentElement.dataset;
    this.#look = {
      family: style.fontFamily,
      ...{ text: read('--text'), muted: read('--text-muted'), grid: read('--border'), bad: read('--bad') },
      isDark: theme === 'dark' || (theme !== 'light' && isDark),
    };
    return this.#look;
  }

  #answerAt({ offsetX: x, offsetY: y }: MouseEvent): ProbeAnswer | null {
    return nearestAnswer(this.#content?.answers ?? [], this.#points, { x, y, reach: pointerReach }) ?? null;
  }

  /** Returns the class whose axis ends at a position; undefined without one. */
  #axisAt(x: number, y: number): number | undefined {
    const distances = this.#axisEnds().map((end) => Math.hypot(end.x - x, end.y - y));
    const nearest = Math.min(...distances);
    return nearest <= axisReach ? distances.indexOf(nearest) : undefined;
  }

  #point(event: PointerEvent): void {
    this.element.style.cursor = this.#axisAt(event.offsetX, event.offsetY) === undefined ? '' : 'grab';
    this.#select(this.#answerAt(event));
  }

  #grab({ offsetX, offsetY, pointerId, button }: PointerEvent): void {
    const axis = button === 0 ? this.#axisAt(offsetX, offsetY) : undefined;
    this.#hasGrabbed = axis !== undefined;
    if (axis === undefined) return;
    this.#axis = axis;
    this.#dragging = pointerId;
    this.element.setPointerCapture(pointerId);
    this.#select(null);
    this.#schedule();
  }

  #drag({ offsetX, offsetY }: PointerEvent): void {
    const middle = this.#side / 2;
    const scale = this.#longest / (middle - margin);
    this.#moveAxis((offsetX - middle) * scale, (offsetY - middle) * scale);
  }

  #moveAxis(x: number, y: number): void {
    if (this.#axis === undefined) return;
    this.#axes = withAxis(this.#axes, this.#axis, [x, y]);
    this.#schedule();
  }

  /** Deselects the axis and ends its drag, so that the view turns again. */
  #release(): void {
    this.#axis = this.#dragging = undefined;
    this.#schedule();
  }

  #choose(answer: ProbeAnswer | null): void {
    if (answer) this.#onChoose(answer);
  }

  #select(answer: ProbeAnswer | null): void {
    if (answer?.position === this.#selected?.position) return;
    this.#selected = answer;
    this.#onSelect(answer);
    this.#schedule();
  }

  /**
   * Selects the next or previous axis with Page Down and Page Up; moves the selected one with Shift and the arrow keys.
   * @returns Whether the key is used.
   */
  #handleAxisKey({ key, shiftKey }: KeyboardEvent): boolean {
    const count = this.#axes.length;
    const next = { PageDown: 1, PageUp: -1 }[key];
    const move = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key];
    if (count === 0 || (next === undefined && !(shiftKey && move))) return false;
    if (next !== undefined)
      this.#axis =
        this.#axis === undefined ? (next > 0 ? 0 : count - 1) : (this.#axis + next + count) % count;
    this.#axis ??= 0;
    const [x, y] = this.#axes[this.#axis] as Axes[number];
    const step = axisStep * this.#longest;
    if (next === undefined && move) this.#moveAxis(x + step * (move[0] ?? 0), y + step * (move[1] ?? 0));
    this.#select(null);
    announce(`Axis ${this.#content?.names[this.#axis] ?? this.#axis}`, 'probe');
    this.#schedule();
    return true;
  }

  /** Handles a key: arrows select the next or previous misclassified image, Escape none; Enter chooses the selected one. */
  #handleKey(event: KeyboardEvent): void {
    if (event.key === 'Enter') return this.#choose(this.#selected);
    if (this.#handleAxisKey(event)) return event.preventDefault();
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined && event.key !== 'Escape') return;
    event.preventDefault();
    this.#release();
    if (step === undefined) return this.#select(null);
    const wrong = this.#content?.answers.filter(({ label, prediction }) => label !== prediction) ?? [];
    if (wrong.length === 0) return;
    const current = wrong.findIndex(({ position }) => position === this.#selected?.position);
    const next =
      current < 0 ? (step > 0 ? 0 : wrong.length - 1) : (current + step + wrong.length) % wrong.length;
    this.#select(wrong[next] ?? null);
  }
}

/** Draws rings around points, all in one path. */
function rings(
  context: CanvasRenderingContext2D,
  points: readonly (readonly [x: number, y: number])[],
  radius: number,
  color: string,
): void {
  context.strokeStyle = color;
  context.lineWidth = 1.5;
  context.beginPath();
  for (const [x, y] of points) {
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
  }
  context.stroke();
}
