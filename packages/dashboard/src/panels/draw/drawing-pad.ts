/** A point of a stroke, in shares of the pad's side. */
type Point = readonly [x: number, y: number];

/** Side of the pad that strokes are drawn on before they are read, in pixels: ten for each of the network's. */
const side = 280;
/** Thickness of a stroke, as a share of the side: as thick as those of MNIST once the digit fills its box. */
const thickness = 0.085;
/** How far the pen goes with an arrow key, as a share of the side. */
const keyStep = 0.035;

/** Where one draws: with a mouse, a finger or a pen, or with the arrow keys. */
export class DrawingPad {
  readonly #canvas: HTMLCanvasElement;
  readonly #changed: () => void;
  #strokes: Point[][] = [];
  #pointer: number | undefined;
  /** Where the pen of the keyboard is, and whether it is down. */
  #pen: { at: Point; down: boolean } | undefined;

  constructor(canvas: HTMLCanvasElement, changed: () => void) {
    this.#canvas = canvas;
    this.#changed = changed;
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      canvas.focus();
      canvas.setPointerCapture(event.pointerId);
      this.#pointer = event.pointerId;
      this.#pen = undefined;
      this.#strokes.push([]);
      this.#extend([event]);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (event.pointerId === this.#pointer) this.#extend(event.getCoalescedEvents?.() ?? [event]);
    });
    for (const type of ['pointerup', 'pointercancel'] as const)
      canvas.addEventListener(type, () => {
        this.#pointer = undefined;
      });
    canvas.addEventListener('keydown', (event) => {
      if (!event.ctrlKey && !event.metaKey && !event.altKey && this.#press(event.key)) event.preventDefault();
    });
    canvas.addEventListener('blur', () => {
      this.#pen = undefined;
      this.draw();
    });
  }

  get isEmpty(): boolean {
    return this.#strokes.length === 0;
  }

  undo(): void {
    this.#strokes.pop();
    this.#update();
  }

  clear(): void {
    this.#strokes = [];
    this.#update();
  }

  /** What is drawn, as grey values. */
  pixels(): { width: number; height: number; values: Uint8ClampedArray } {
    const context = new OffscreenCanvas(side, side).getContext('2d', { willReadFrequently: true });
    const values = new Uint8ClampedArray(side * side);
    if (!context) return { width: side, height: side, values };
    this.#stroke(context, side, '#000');
    const { data } = context.getImageData(0, 0, side, side);
    for (let at = 0; at < values.length; at++) values[at] = data[at * 4 + 3] as number;
    return { width: side, height: side, values };
  }

  /** Draws again, with the page's ink as it is now. */
  draw(): void {
    const canvas = this.#canvas;
    const size = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
    canvas.width = canvas.height = size;
    const context = canvas.getContext('2d');
    if (!context) return;
    const style = getComputedStyle(canvas);
    this.#stroke(context, size, style.color);
    if (!this.#pen) return;
    const [x, y] = this.#pen.at;
    context.strokeStyle = style.accentColor === 'auto' ? style.color : style.accentColor;
    context.lineWidth = 2 * devicePixelRatio;
    context.beginPath();
    context.arc(x * size, y * size, (thickness / 2) * size + 3, 0, 2 * Math.PI);
    context.stroke();
  }

  #stroke(
    context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
    size: number,
    ink: string,
  ): void {
    context.strokeStyle = ink;
    context.lineWidth = thickness * size;
    context.lineCap = context.lineJoin = 'round';
    for (const points of this.#strokes) {
      context.beginPath();
      for (const [x, y] of points) context.lineTo(x * size, y * size);
      if (points.length === 1)
        context.lineTo((points[0]?.[0] ?? 0) * size, (points[0]?.[1] ?? 0) * size + 0.01);
      context.stroke();
    }
  }

  #extend(events: readonly PointerEvent[]): void {
    const { left, top, width } = this.#canvas.getBoundingClientRect();
    for (const { clientX, clientY } of events)
      this.#strokes.at(-1)?.push([(clientX - left) / width, (clientY - top) / width]);
    this.#update();
  }

  /** Arrow keys move the pen, the space bar puts it down and lifts it. @returns Whether the key means something here. */
  #press(key: string): boolean {
    const pen = this.#pen ?? { at: [0.5, 0.25] as Point, down: false };
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    if (key === ' ') {
      this.#pen = { ...pen, down: !pen.down };
      if (!pen.down) this.#strokes.push([pen.at]);
    } else if (step) {
      const move = (from: number, by: number): number => Math.min(0.95, Math.max(0.05, from + by * keyStep));
      const at: Point = [move(pen.at[0], step[0] as number), move(pen.at[1], step[1] as number)];
      if (pen.down) this.#strokes.at(-1)?.push(at);
      this.#pen = { ...pen, at };
    } else if (key === 'Backspace') this.undo();
    else if (key === 'Delete') this.clear();
    else return false;
    this.#update();
    return true;
  }

  #update(): void {
    this.draw();
    this.#changed();
  }
}
