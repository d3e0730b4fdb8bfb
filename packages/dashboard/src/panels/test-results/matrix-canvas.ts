import { shortClassNames } from '../../state/format.ts';
import {
  type CellPosition,
  type CountedCell,
  moveCell,
  nearestNonZero,
  worstMistakes,
} from './confusion-matrix.ts';
import { fitText, type LabelLayout, labelLayout } from './matrix-labels.ts';

/** The matrix to draw. */
export interface MatrixContent {
  cells: readonly CountedCell[];
  classes: readonly string[];
  /** The cell that is outlined and whose classes are named at the edges; null for none. */
  marked: CellPosition | null;
}

/** Smallest side of a drawn cell in CSS pixels: a smaller one cannot be seen. */
const minCellSide = 3;
/** Maximum distance between the pointer and the cell that it selects, in CSS pixels. */
const pointerReach = 4;

export interface MatrixEvents {
  /** The pointer or a key has moved to a cell; null when the pointer is on no cell, or the focus has left the canvas. */
  onPoint: (cell: CellPosition | null) => void;
  /** A cell was chosen; null when Escape or a move to another cell has cancelled the choice. */
  onSelect: (cell: CellPosition | null) => void;
}

/**
 * A confusion matrix of many classes on a canvas: the stronger the colour of a cell, the more often the mistake was made. Arrow
 * keys move from cell to cell, Page Up and Page Down from mistake to mistake.
 */
export class MatrixCanvas {
  readonly element = document.createElement('canvas');
  readonly #events: MatrixEvents;
  #content: MatrixContent = { cells: [], classes: [], marked: null };
  /** The counts by `truth * classes + predicted`. */
  #counts = new Map<number, number>();
  #layout: LabelLayout = { space: 0, cellSide: 1, names: [], step: 1, isRotated: false, fontSize: 10 };
  /** The cell that the keys have moved to; null before the first move. */
  #active: CellPosition | null = null;

  constructor(events: MatrixEvents) {
    this.#events = events;
    const { element } = this;
    element.className = 'matrix-canvas';
    element.tabIndex = 0;
    element.setAttribute('role', 'application');
    element.setAttribute('aria-roledescription', 'confusion matrix');
    new ResizeObserver(() => this.draw()).observe(element);
    element.addEventListener('pointermove', (event) => events.onPoint(this.#cellAt(event)));
    element.addEventListener('pointerleave', () => events.onPoint(null));
    element.addEventListener('blur', () => events.onPoint(null));
    element.addEventListener('click', (event) => {
      const cell = this.#cellAt(event);
      if (cell) events.onSelect(cell);
    });
    element.addEventListener('keydown', (event) => this.#onKeyDown(event));
  }

  /** Draws a matrix, unless it is on the canvas already. */
  show(content: MatrixContent): void {
    const { cells, classes, marked } = this.#content;
    const isSame = content.cells === cells && content.classes === classes;
    if (isSame && content.marked?.join() === marked?.join()) return;
    this.#content = content;
    if (!isSame) {
      const size = content.classes.length;
      if (content.classes !== classes) this.#active = null;
      this.#counts = new Map(
        content.cells.map(({ truth, predicted, count }) => [truth * size + predicted, count]),
      );
      this.element.ariaLabel = `Confusion matrix of ${size} classes. Arrow keys move from cell to cell, Page Down and Page Up from mistake to mistake. The table of classes has the numbers.`;
    }
    this.draw();
  }

  countAt([truth, predicted]: CellPosition): number {
    return this.#counts.get(truth * this.#content.classes.length + predicted) ?? 0;
  }

  /** Draws the matrix in the current colours and size. */
  draw(): void {
    const side = this.element.clientWidth;
    const context = this.element.getContext('2d');
    if (!context || side === 0) return;
    this.element.width = this.element.height = Math.round(side * devicePixelRatio);
    context.scale(devicePixelRatio, devicePixelRatio);
    const style = getComputedStyle(this.element);
    const color = (name: string): string => style.getPropertyValue(name).trim();
    const { cells, classes, marked } = this.#content;
    const widthOf = (text: string, fontSize: number): number => {
      context.font = `${fontSize}px ${style.fontFamily}`;
      return context.measureText(text).width;
    };
    this.#layout = labelLayout({ classes, shortNames: shortClassNames(classes), side, widthOf });
    const { space, cellSide } = this.#layout;
    context.fillStyle = color('--surface-sunken');
    context.fillRect(space, space, side - space, side - space);
    const worst = Math.max(1, ...worstMistakes(cells, 1).map(({ count }) => count));
    const drawnSide = Math.max(cellSide - (cellSide > 6 ? 1 : 0), minCellSide);
    for (const { truth, predicted, count } of cells) {
      const isRight = truth === predicted;
      context.fillStyle = color(isRight ? '--diagonal' : '--mistake');
      // The square root keeps a single mistake visible beside thirty.
      context.globalAlpha = isRight ? 1 : 0.3 + 0.7 * Math.sqrt(count / worst);
      context.fillRect(space + predicted * cellSide, space + truth * cellSide, drawnSide, drawnSide);
    }
    context.globalAlpha = 1;
    context.fillStyle = color('--text-muted');
    for (let label = 0; label < classes.length; label += this.#layout.step)
      if (!marked?.some((each) => this.#isCovered(label, each)))
        for (const atTop of [true, false]) this.#drawLabel(context, label, { atTop, style, widthOf });
    if (!marked) return;
    context.fillStyle = context.strokeStyle = color('--text');
    const [truth, predicted] = marked;
    this.#drawLabel(context, truth, { atTop: false, style, widthOf });
    this.#drawLabel(context, predicted, { atTop: true, style, widthOf });
    context.lineWidth = 2;
    context.strokeRect(
      space + predicted * cellSide - 1,
      space + truth * cellSide - 1,
      drawnSide + 2,
      drawnSide + 2,
    );
  }

  /** Returns whether a label is the label of the marked class, or would touch that label. */
  #isCovered(label: number, marked: number): boolean {
    const { step, cellSide } = this.#layout;
    return label === marked || (step > 1 && Math.abs(label - marked) * cellSide < 28);
  }

  #drawLabel(
    context: CanvasRenderingContext2D,
    label: number,
    {
      atTop,
      style,
      widthOf,
    }: { atTop: boolean; style: CSSStyleDeclaration; widthOf: (text: string, fontSize: number) => number },
  ): void {
    const { space, cellSide, names, isRotated, fontSize } = this.#layout;
    const center = space + (label + 0.5) * cellSide;
    const text = fitText(names[label] ?? '', space - 6, (each) => widthOf(each, fontSize));
    context.font = `${fontSize}px ${style.fontFamily}`;
    context.save();
    context.translate(...((atTop ? [center, space - 5] : [space - 5, center]) as [number, number]));
    if (atTop && isRotated) context.rotate(-Math.PI / 2);
    context.textAlign = atTop ? (isRotated ? 'left' : 'center') : 'right';
    context.textBaseline = atTop && !isRotated ? 'bottom' : 'middle';
    context.fillText(text, 0, 0);
    context.restore();
  }

  #onKeyDown(event: KeyboardEvent): void {
    const next = this.#nextCell(event.key);
    if (next) {
      this.#active = next;
      this.#events.onSelect(null);
      this.#events.onPoint(next);
    } else if ((event.key === 'Enter' || event.key === ' ') && this.#active)
      this.#events.onSelect(this.#active);
    else {
      if (event.key === 'Escape') this.#events.onSelect(null);
      return;
    }
    event.preventDefault();
  }

  /** Returns the cell that a key moves to, which for the first move is the most frequent mistake; undefined for other keys. */
  #nextCell(key: string): CellPosition | undefined {
    const { cells, classes } = this.#content;
    const mistakes = worstMistakes(cells, cells.length);
    const isPage = key === 'PageDown' || key === 'PageUp';
    const [first] = mistakes;
    if (!this.#active && (isPage || moveCell(key, [0, 0], classes.length)))
      return first ? [first.truth, first.predicted] : [0, 0];
    if (!this.#active || !isPage)
      return this.#active ? moveCell(key, this.#active, classes.length) : undefined;
    const at = mistakes.findIndex(
      ({ truth, predicted }) => truth === this.#active?.[0] && predicted === this.#active[1],
    );
    const next = mistakes[key === 'PageDown' ? at + 1 : Math.max(0, at - 1)];
    return next ? [next.truth, next.predicted] : this.#active;
  }

  /** Returns the cell under the pointer or, where cells are small, the nearest one that is not 0; null outside the matrix. */
  #cellAt({ offsetX, offsetY }: MouseEvent): CellPosition | null {
    const { space, cellSide } = this.#layout;
    const size = this.#content.classes.length;
    const [column, row] = [offsetX, offsetY].map((offset) => Math.floor((offset - space) / cellSide)) as [
      number,
      number,
    ];
    if (row < 0 || column < 0 || row >= size || column >= size) return null;
    return nearestNonZero([row, column], {
      ...{ reach: Math.floor(pointerReach / cellSide), classCount: size },
      countOf: (cell) => this.countAt(cell),
    });
  }
}
