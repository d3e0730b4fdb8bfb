import { html, nothing, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import { shortClassNames } from '../../state/format.ts';
import type { LookInside } from '../../ui/image-button.ts';
import { styled } from '../../ui/styled.ts';
import { cellImages, matrixExample, matrixHint } from './cell-images.ts';
import {
  type CellPosition,
  type ConfusionCell,
  colouredCells,
  confusionSentence,
  countAt,
  moveCell,
  nonZeroCells,
} from './confusion-matrix.ts';
import type { EpochResults } from './epoch-results.ts';

/** The confusion matrix as a grid: arrow keys move between cells, and a selected cell shows its test images. */
export class ConfusionGrid {
  readonly #refresh: () => void;
  #classes: readonly string[] = [];
  /** The cell that Tab moves the focus to. */
  #active: CellPosition = [0, 0];
  /** The cell that the pointer or the focus was on last. */
  #pointed: CellPosition | null = null;
  /** The cell whose images are shown. The sentence above them describes this cell rather than the one under the pointer. */
  #selected: CellPosition | null = null;

  constructor(refresh: () => void) {
    this.#refresh = refresh;
  }

  render(results: EpochResults, look: LookInside | undefined): TemplateResult {
    const { classes, epoch } = results;
    const digits = nonZeroCells(epoch.test).reduce(
      (most, { count }) => Math.max(most, String(count).length),
      1,
    );
    if (classes !== this.#classes) {
      this.#classes = classes;
      this.#active = [0, 0];
      this.#pointed = this.#selected = null;
    }
    return html`
      <div class="matrix-frame">
        <p class="matrix-top" aria-hidden="true">Predicted</p>
        <p class="matrix-side" aria-hidden="true">True</p>
        <div class="matrix-scroll">
        <table
          ${styled({ '--columns': String(classes.length), '--digits': String(digits) })}
          class=${shortClassNames(classes)[0] === classes[0] ? 'matrix' : 'matrix long'} id="matrix" role="grid"
          @pointerover=${this.#onPointerOver} @click=${this.#onClick}
          @focusin=${this.#onFocusIn} @keydown=${this.#onKeyDown}
        >
          <caption class="sr-only">
            How often each true class (rows) was classified as each class (columns). Arrow keys move from cell to cell.
          </caption>
          ${guard([results, this.#active, this.#selected], () => this.#cells(results))}
        </table>
        </div>
        ${guard([results], () => matrixExample(results))}
        <p class="matrix-sentence" id="matrix-sentence" aria-live="polite">${this.#sentence(results)}</p>
        <ul class="cell-samples" id="cell-samples">
          ${guard([results, this.#selected, look], () => cellImages(results, this.#selected, { count: countIn(results), look }))}
        </ul>
      </div>`;
  }

  #cells({ classes, epoch }: EpochResults): TemplateResult {
    const heads = columnNames(classes);
    return html`
      <thead>
        <tr><td></td>${heads.map((name, index) => html`<th scope="col" title=${classes[index] ?? ''}>${name}</th>`)}</tr>
      </thead>
      <tbody>
        ${colouredCells(nonZeroCells(epoch.test), classes.length).map(
          (row, truth) =>
            html`<tr><th scope="row" title=${classes[truth] ?? ''}><span class="clamp">${heads[truth] === classes[truth] ? nothing : html`<span class="class-number">${truth}</span> `}${classes[truth]}</span></th>${row.map((cell) => this.#cell(cell))}</tr>`,
        )}
      </tbody>`;
  }

  #cell(cell: ConfusionCell): TemplateResult {
    const { truth, predicted, count, heat } = cell;
    const position: CellPosition = [truth, predicted];
    // Without a thousands separator: four digits fill a cell on a phone.
    return html`<td
      class=${truth === predicted ? 'right' : nothing} tabindex=${isSame(position, this.#active) ? 0 : -1}
      aria-selected=${isSame(position, this.#selected)} aria-label=${confusionSentence(cell, this.#classes)}
      ${styled({ '--heat': heat.toFixed(3) })}
    >${count === 0 ? '' : count}</td>`;
  }

  #sentence(results: EpochResults): string {
    const position = this.#selected ?? this.#pointed;
    if (!position) return matrixHint(results);
    const [truth, predicted] = position;
    return confusionSentence({ truth, predicted, count: countIn(results)(position) }, results.classes);
  }

  readonly #onPointerOver = ({ target }: Event): void => {
    const position = positionOf(target);
    if (position) this.#update({ pointed: position });
  };

  readonly #onClick = ({ target }: Event): void => {
    const position = positionOf(target);
    if (position) this.#toggle(position);
  };

  readonly #onFocusIn = ({ target }: Event): void => {
    const position = positionOf(target);
    if (position) this.#update({ active: position, pointed: position });
  };

  readonly #onKeyDown = (event: KeyboardEvent): void => {
    const next = moveCell(event.key, this.#active, this.#classes.length);
    if (event.key === 'Enter' || event.key === ' ') this.#toggle(this.#active);
    else if (next) cellAt(event.currentTarget as HTMLTableElement, next)?.focus();
    else {
      if (event.key === 'Escape') this.#update({ selected: null });
      return;
    }
    event.preventDefault();
  };

  #toggle(position: CellPosition): void {
    this.#update({ selected: isSame(position, this.#selected) ? null : position });
  }

  #update(change: { active?: CellPosition; pointed?: CellPosition; selected?: CellPosition | null }): void {
    const { active = this.#active, pointed = this.#pointed, selected = this.#selected } = change;
    // An equal position keeps its object, because `guard` compares objects by identity.
    if (!isSame(active, this.#active)) this.#active = active;
    if (!isSame(pointed, this.#pointed)) this.#pointed = pointed;
    if (!isSame(selected, this.#selected)) this.#selected = selected;
    this.#refresh();
  }
}

/** Maximum number of classes, and of letters in each name, with which the names fit above the columns on a phone. */
const namedColumns = { classes: 4, letters: 12 };

/** Returns the names above the columns: those of the classes where they fit, otherwise their numbers. */
function columnNames(classes: readonly string[]): readonly string[] {
  const fits =
    classes.length <= namedColumns.classes && classes.every((name) => name.length <= namedColumns.letters);
  return fits ? classes : shortClassNames(classes);
}

const countIn =
  ({ epoch }: EpochResults) =>
  (cell: CellPosition): number =>
    countAt(nonZeroCells(epoch.test), cell);

const isSame = (a: CellPosition | null, b: CellPosition | null): boolean => a?.join() === b?.join();

/** Returns the position of the cell that contains an event's target. */
function positionOf(target: EventTarget | null): CellPosition | undefined {
  const cell = target instanceof Element ? target.closest<HTMLTableCellElement>('tbody td') : null;
  const row = cell?.parentElement;
  return cell && row instanceof HTMLTableRowElement ? [row.sectionRowIndex, cell.cellIndex - 1] : undefined;
}

const cellAt = (table: HTMLTableElement, [row, column]: CellPosition): HTMLTableCellElement | undefined =>
  table.tBodies[0]?.rows[row]?.cells[column + 1];
