import { shortClassNames } from '../../state/format.ts';
import type { CellPosition, CountedCell } from './confusion-matrix.ts';

/** The matrix to draw. */
export interface MatrixContent {
  cells: readonly CountedCell[];
  classes: readonly string[];
}

/** Space left of and above the cells for the labels, in CSS pixels. */
const labelSpace = 30;
/** Smallest size of a label's text that can be read, in CSS pixels. */
const minFontSize = 8;
/** Smallest side of a drawn cell in CSS pixels: a smaller one cannot be seen. */
const minCellSide = 3;
/** Maximum distance between the pointer and the cell that it selects, in CSS pixels. */
const pointerReach = 4;

/** A confusion matrix of many classes on a canvas: the darker a cell, the more often the mistake was made. */
export class MatrixCanvas {
  readonly element = document.createElement('canvas');
  #content: MatrixContent = { cells: [], classes: [] };
  /** The counts by `truth * classes + predicted`. */
  #counts = new Map<number, number>();

  constructor(events: {
    onPoint: (cell: CellPosition | null) => void;
    onSelect: (cell: CellPosition) => void;
  }) {
    this.element.className = 'matrix-canvas';
    this.element.setAttribute('role', 'img');
    new ResizeObserver(() => this.draw()).observe(this.element);
    this.element.addEventListener('pointermove', (event) => events.onPoint(this.#cellAt(event)));
    this.element.addEventListener('pointerleave', () => events.onPoint(null));
    this.element.addEventListener('click', (event) => {
      const cell = this.#cellAt(event);
      if (cell) events.onSelect(cell);
    });
  }

  /** Draws a matrix, unless it is on the canvas already. */
  show(content: MatrixContent): void {
    if (content.cells === this.#content.cells && content.classes === this.#content.classes) return;
    this.#content = content;
    const size = content.classes.length;
    this.#counts = new Map(
      content.cells.map(({ truth, predicted, count }) => [truth * size + predicted, count]),
    );
    this.element.ariaLabel = `Confusion matrix of ${size} classes. The list of mistakes and the table of classes have its numbers.`;
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
    const cellSide = this.#cellSide();
    const { cells, classes } = this.#content;
    context.fillStyle = color('--surface-sunken');
    context.fillRect(labelSpace, labelSpace, side - labelSpace, side - labelSpace);
    const worst = Math.max(
      1,
      ...cells.map(({ truth, predicted, count }) => (truth === predicted ? 0 : count)),
    );
    const drawnSide = Math.max(cellSide - (cellSide > 6 ? 1 : 0), minCellSide);
    for (const { truth, predicted, count } of cells) {
      const isRight = truth === predicted;
      context.fillStyle = color(isRight ? '--diagonal' : '--mistake');
      // The square root keeps a single mistake visible beside thirty.
      context.globalAlpha = isRight ? 1 : 0.3 + 0.7 * Math.sqrt(count / worst);
      context.fillRect(
        labelSpace + predicted * cellSide,
        labelSpace + truth * cellSide,
        drawnSide,
        drawnSide,
      );
    }
    context.globalAlpha = 1;
    context.fillStyle = color('--text-muted');
    this.#drawLabels(context, { family: style.fontFamily, cellSide, classes });
  }

  /** Writes the names of the classes, or every tenth or hundredth number where the names do not fit. */
  #drawLabels(
    context: CanvasRenderingContext2D,
    { family, cellSide, classes }: { family: string; cellSide: number; classes: readonly string[] },
  ): void {
    const names = shortClassNames(classes);
    const everyFits = cellSide * 0.9 >= minFontSize;
    const fontSize = everyFits ? Math.min(12, cellSide * 0.9) : 10;
    const distance = everyFits
      ? 1
      : ([2, 5, 10, 20, 50, 100, 200].find((step) => step * cellSide >= 24) ?? 500);
    context.font = `${fontSize}px ${family}`;
    context.textBaseline = 'middle';
    for (let label = 0; label < classes.length; label += distance) {
      const center = labelSpace + (label + 0.5) * cellSide;
      const name = everyFits ? (names[label] as string) : String(label);
      context.textAlign = 'right';
      context.fillText(name, labelSpace - 4, center);
      context.textAlign = 'center';
      context.fillText(name, center, labelSpace - fontSize * 0.8);
    }
  }

  #cellSide(): number {
    return (this.element.clientWidth - labelSpace) / Math.max(1, this.#content.classes.length);
  }

  /** Returns the cell under the pointer or, where cells are small, the nearest one that is not 0. */
  #cellAt({ offsetX, offsetY }: MouseEvent): CellPosition | null {
    const cellSide = this.#cellSide();
    const size = this.#content.classes.length;
    const [column, row] = [offsetX, offsetY].map((offset) =>
      Math.floor((offset - labelSpace) / cellSide),
    ) as [number, number];
    if (row < 0 || column < 0 || row >= size || column >= size) return null;
    const reach = Math.floor(pointerReach / cellSide);
    for (let distance = 0; distance <= reach; distance++)
      for (let down = -distance; down <= distance; down++)
        for (let right = -distance; right <= distance; right++) {
          const cell: CellPosition = [row + down, column + right];
          if (Math.max(Math.abs(down), Math.abs(right)) === distance && this.countAt(cell) > 0) return cell;
        }
    return [row, column];
  }
}
