import type { Probe, ProbeLogits } from '../../state/probe.ts';
import { nearestAnswer, type ProbeAnswer } from './probe-results.ts';
import { centered, project, radiusOf, toCanvas, tourAxes } from './tour.ts';

/** The content of the canvas. */
export interface ProbeContent {
  probe: Probe;
  answers: readonly ProbeAnswer[];
  /** Short names of the classes. */
  names: readonly string[];
}

/** The page's colours, and whether the theme is dark. */
interface Colors {
  text: string;
  muted: string;
  grid: string;
  bad: string;
  isDark: boolean;
}

/** Time in which points move from one frame of logits to the next. */
const driftMs = 900;
/** Time between two drawings: 30 a second look smooth, and leave time for the charts. */
const drawEveryMs = 33;
/** Maximum distance between the pointer and the point that it selects, in CSS pixels. */
const pointerReach = 14;
/** Space at the edge for the names of the axes, in CSS pixels. */
const margin = 26;

/**
 * The probe images as points, each written as its true class, in a turning projection of their logits. The rotation pauses with
 * `prefers-reduced-motion`, off screen, and while an image is selected.
 */
export class ProbeCanvas {
  readonly element = document.createElement('canvas');
  readonly #reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');
  readonly #onSelect: (answer: ProbeAnswer | null) => void;
  readonly #onChoose: (answer: ProbeAnswer) => void;
  #content: ProbeContent | undefined;
  /** The logits that were shown before the current ones; null if they had another shape. */
  #before: ProbeLogits | null = null;
  /** Time at which the current logits were first shown. */
  #changedAt = Number.NEGATIVE_INFINITY;
  #points: Float32Array = new Float32Array();
  #selected: ProbeAnswer | null = null;
  #isOnScreen = false;
  #isScheduled = false;
  /** Time of the rotation in milliseconds, without its pauses. */
  #tourMs = 0;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #colors: Colors | undefined;

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
    element.ariaLabel =
      'Probe images in the space of their logits. The arrow keys go through the misclassified ones, Enter shows the selected one inside the network.';
    new ResizeObserver(() => this.#draw()).observe(element);
    new IntersectionObserver(([entry]) => {
      this.#isOnScreen = entry?.isIntersecting ?? false;
      this.#schedule();
    }).observe(element);
    element.addEventListener('pointermove', (event) => this.#select(this.#answerAt(event)));
    element.addEventListener('click', (event) => this.#choose(this.#answerAt(event)));
    element.addEventListener('pointerleave', () => this.#select(null));
    element.addEventListener('blur', () => this.#select(null));
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
    this.#content = content;
    this.#schedule();
  }

  /** Reads the colours again after the theme has changed. */
  recolor(): void {
    this.#colors = undefined;
    this.#draw();
  }

  #schedule(): void {
    if (this.#isScheduled || !this.#isOnScreen) return;
    this.#isScheduled = true;
    requestAnimationFrame((now) => {
      this.#isScheduled = false;
      if (now - this.#drawnAt < drawEveryMs) return this.#schedule();
      const isMoving = !this.#reducedMotion.matches && !this.#selected;
      // After a pause, for example of a hidden page, the rotation continues where it was.
      if (isMoving) this.#tourMs += Math.min(100, now - this.#drawnAt);
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
    const { clientWidth: side } = this.element;
    const context = this.element.getContext('2d');
    const logits = this.#content?.probe.logits;
    if (!context || !logits || !this.#content || side === 0) return;
    const pixels = Math.round(side * devicePixelRatio);
    if (this.element.width !== pixels) this.element.width = this.element.height = pixels;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, side, side);
    const values = this.#valuesAt(now, logits);
    const axes = tourAxes(logits.classes, this.#tourMs / 1_000);
    // The projection shortens most vectors to about sqrt(2 / classes) of their length. Some remain longer: hence the factor 1.3.
    const shortening = Math.min(1, 1.3 * Math.sqrt(2 / logits.classes));
    const scale = (side / 2 - margin) / (radiusOf(values, logits.classes) * shortening);
    this.#points = toCanvas(project(values, axes), side, scale);
    this.#drawAxes(context, side, axes);
    this.#drawPoints(context);
  }

  #drawAxes(context: CanvasRenderingContext2D, side: number, axes: readonly [number, number][]): void {
    const { grid, muted } = this.#readColors();
    const length = side / 2 - margin;
    const longest = Math.max(...axes.map(([x, y]) => Math.hypot(x, y)));
    context.font = `600 12px ${getComputedStyle(this.element).fontFamily}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.strokeStyle = grid;
    context.lineWidth = 1;
    axes.forEach(([x, y], dimension) => {
      const [dx, dy] = [(x / longest) * length, (y / longest) * length];
      context.beginPath();
      context.moveTo(side / 2, side / 2);
      context.lineTo(side / 2 + dx, side / 2 + dy);
      context.stroke();
      context.fillStyle = muted;
      const name = this.#content?.names[dimension] ?? String(dimension);
      context.fillText(name, side / 2 + dx * 1.06, side / 2 + dy * 1.06);
    });
  }

  #drawPoints(context: CanvasRenderingContext2D): void {
    const { text, bad } = this.#readColors();
    const { answers, names, probe } = this.#content as ProbeContent;
    const classes = probe.logits?.classes ?? 1;
    context.font = `11px ${getComputedStyle(this.element).fontFamily}`;
    for (const answer of answers) {
      const [x, y] = this.#pointOf(answer);
      context.fillStyle = this.#colorOf(answer.label, classes);
      context.fillText(names[answer.label] ?? String(answer.label), x, y);
      if (answer.prediction !== answer.label) ring(context, x, y, 8, bad);
    }
    if (!this.#selected) return;
    const [x, y] = this.#pointOf(this.#selected);
    ring(context, x, y, 12, text);
  }

  #pointOf({ position }: ProbeAnswer): [x: number, y: number] {
    return [this.#points[position * 2] as number, this.#points[position * 2 + 1] as number];
  }

  /** Returns the colour of a class: hues at equal distances, as light as the theme needs. */
  #colorOf(label: number, classes: number): string {
    const lightness = this.#readColors().isDark ? 78 : 48;
    return `oklch(${lightness}% 0.16 ${Math.round((360 * label) / classes)})`;
  }

  #readColors(): Colors {
    if (this.#colors) return this.#colors;
    const style = getComputedStyle(this.element);
    const read = (name: string): string => style.getPropertyValue(name).trim();
    const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
    const { theme } = document.documentElement.dataset;
    this.#colors = {
      ...{ text: read('--text'), muted: read('--text-muted'), grid: read('--border'), bad: read('--bad') },
      isDark: theme === 'dark' || (theme !== 'light' && isDark),
    };
    return this.#colors;
  }

  #answerAt({ offsetX: x, offsetY: y }: MouseEvent): ProbeAnswer | null {
    return nearestAnswer(this.#content?.answers ?? [], this.#points, { x, y, reach: pointerReach }) ?? null;
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

  /** Handles a key: arrows select the next or previous misclassified image, Escape none; Enter chooses the selected one. */
  #handleKey(event: KeyboardEvent): void {
    if (event.key === 'Enter') return this.#choose(this.#selected);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined && event.key !== 'Escape') return;
    event.preventDefault();
    if (step === undefined) return this.#select(null);
    const wrong = this.#content?.answers.filter(({ label, prediction }) => label !== prediction) ?? [];
    if (wrong.length === 0) return;
    const current = wrong.findIndex(({ position }) => position === this.#selected?.position);
    const next =
      current < 0 ? (step > 0 ? 0 : wrong.length - 1) : (current + step + wrong.length) % wrong.length;
    this.#select(wrong[next] ?? null);
  }
}

function ring(context: CanvasRenderingContext2D, x: number, y: number, radius: number, color: string): void {
  context.strokeStyle = color;
  context.lineWidth = 1.5;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.stroke();
}
