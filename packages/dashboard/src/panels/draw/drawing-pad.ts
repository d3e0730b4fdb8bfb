/** A point of a stroke, as shares of the pad's side. */
type Point = readonly [x: number, y: number];

/** Side of the drawing in pixels: ten times that of the network's input, to which it is scaled. */
const side = 280;
/** Stroke width as a share of the side: once the drawing is normalized, strokes are about as wide as in MNIST. */
const strokeWidth = 0.085;
/** Distance that an arrow key moves the pen, as a share of the side. */
const keyStep = 0.035;

/** A canvas to draw on with a mouse, a finger, a pen or the keyboard. */
export class DrawingPad {
  readonly #canvas: HTMLCanvasElement;
  readonly #onChange: () => void;
  #strokes: Point[][] = [];
  #pointerId: number | undefined;
  /** The pen that the keyboard moves; undefined before a key is pressed, without focus, and while a pointer draws. */
  #pen: { position: Point; down: boolean } | undefined;

  /** @param onChange Called after each change of the drawing, and when a key moves, lowers or lifts the pen. */
  constructor(canvas: HTMLCanvasElement, onChange: () => void) {
    this.#canvas = canvas;
    this.#onChange = onChange;
    const endStroke = (): void => {
      this.#pointerId = undefined;
    };
    canvas.addEventListener('pointerdown', (event) => this.#beginStroke(event));
    canvas.addEventListener('pointermove', (event) => {
      if (event.pointerId === this.#pointerId) this.#extendStroke(event.getCoalescedEvents?.() ?? [event]);
    });
    canvas.addEventListener('pointerup', endStroke);
    canvas.addEventListener('pointercancel', endStroke);
    canvas.addEventListener('keydown', (event) => {
      const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
      if (isPlain && this.#handleKey(event.key)) event.preventDefault();
    });
    canvas.addEventListener('blur', () => {
      this.#pen = undefined;
      this.draw();
    });
  }

  get isEmpty(): boolean {
    return this.#strokes.length === 0;
  }

  /** Removes the last stroke. */
  undo(): void {
    this.#strokes.pop();
    this.#liftPen();
    this.#update();
  }

  clear(): void {
    this.#strokes = [];
    this.#liftPen();
    this.#update();
  }

  /** Returns the drawing as grey values from 0 to 255, row by row. */
  pixels(): { width: number; height: number; values: Uint8ClampedArray } {
    const context = new OffscreenCanvas(side, side).getContext('2d', { willReadFrequently: true });
    const values = new Uint8ClampedArray(side * side);
    if (!context) return { width: side, height: side, values };
    this.#drawStrokes(context, side, '#000');
    const { data } = context.getImageData(0, 0, side, side);
    // The fourth byte of a pixel is its opacity, which is how much ink covers it.
    for (let index = 0; index < values.length; index++) values[index] = data[index * 4 + 3] as number;
    return { width: side, height: side, values };
  }

  /** Draws the strokes and the keyboard's pen, in the current size and colours. */
  draw(): void {
    const canvas = this.#canvas;
    const size = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
    canvas.width = canvas.height = size;
    const context = canvas.getContext('2d');
    if (!context) return;
    const style = getComputedStyle(canvas);
    this.#drawStrokes(context, size, style.color);
    if (!this.#pen) return;
    const [x, y] = this.#pen.position;
    context.strokeStyle = style.accentColor === 'auto' ? style.color : style.accentColor;
    context.lineWidth = 2 * devicePixelRatio;
    context.beginPath();
    context.arc(x * size, y * size, (strokeWidth / 2) * size + 3, 0, 2 * Math.PI);
    context.stroke();
  }

  #drawStrokes(
    context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
    size: number,
    ink: string,
  ): void {
    context.strokeStyle = ink;
    context.lineWidth = strokeWidth * size;
    context.lineCap = context.lineJoin = 'round';
    for (const points of this.#strokes) {
      context.beginPath();
      for (const [x, y] of points) context.lineTo(x * size, y * size);
      // A line needs two points: the second makes a single one visible as a dot.
      if (points.length === 1)
        context.lineTo((points[0]?.[0] ?? 0) * size, (points[0]?.[1] ?? 0) * size + 0.01);
      context.stroke();
    }
  }

  #beginStroke(event: PointerEvent): void {
    if (event.button !== 0) return;
    event.preventDefault();
    this.#canvas.focus();
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointerId = event.pointerId;
    this.#pen = undefined;
    this.#strokes.push([]);
    this.#extendStroke([event]);
  }

  #extendStroke(events: readonly PointerEvent[]): void {
    const { left, top, width } = this.#canvas.getBoundingClientRect();
    for (const { clientX, clientY } of events)
      this.#strokes.at(-1)?.push([(clientX - left) / width, (clientY - top) / width]);
    this.#update();
  }

  /**
   * Handles a key: arrow keys move the pen, Space lowers and lifts it, Backspace undoes, and Delete clears.
   * @returns Whether the pad uses the key.
   */
  #handleKey(key: string): boolean {
    const pen = this.#pen ?? { position: [0.5, 0.25] as Point, down: false };
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    if (key === ' ') {
      this.#pen = { ...pen, down: !pen.down };
      if (!pen.down) this.#strokes.push([pen.position]);
    } else if (step) {
      const move = (from: number, by: number): number => Math.min(0.95, Math.max(0.05, from + by * keyStep));
      const position: Point = [
        move(pen.position[0], step[0] as number),
        move(pen.position[1], step[1] as number),
      ];
      if (pen.down) this.#strokes.at(-1)?.push(position);
      this.#pen = { ...pen, position };
    } else if (key === 'Backspace') this.undo();
    else if (key === 'Delete') this.clear();
    else return false;
    this.#update();
    return true;
  }

  /** Lifts the keyboard's pen: its stroke may be gone, and a lowered pen would extend the stroke before it. */
  #liftPen(): void {
    if (this.#pen) this.#pen = { ...this.#pen, down: false };
  }

  #update(): void {
    this.draw();
    this.#onChange();
  }
}
