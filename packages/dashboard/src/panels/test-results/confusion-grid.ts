import { html, nothing, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import { base64Bytes } from '../../state/base64.ts';
import { shortClassNames } from '../../state/format.ts';
import { pixelImage } from '../../ui/pixel-image.ts';
import { styled } from '../../ui/styled.ts';
import {
  type CellPosition,
  type ConfusionCell,
  cellNote,
  confusionCells,
  confusionSentence,
  moveCell,
} from './confusion-matrix.ts';
import type { EpochResults } from './epoch-results.ts';
import { sampleSentence, samplesOf } from './sample-selection.ts';

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

  render(results: EpochResults): TemplateResult {
    const { classes } = results;
    if (classes !== this.#classes) {
      this.#classes = classes;
      this.#active = [0, 0];
      this.#pointed = this.#selected = null;
    }
    return html`
      <div class="matrix-frame">
        <p class="matrix-top" aria-hidden="true">Predicted</p>
        <p class="matrix-side" aria-hidden="true">True</p>
        <table
          class=${shortClassNames(classes)[0] === classes[0] ? 'matrix' : 'matrix long'} id="matrix" role="grid"
          @pointerover=${this.#onPointerOver} @click=${this.#onClick}
          @focusin=${this.#onFocusIn} @keydown=${this.#onKeyDown}
        >
          <caption class="sr-only">
            How often each true class (rows) was classified as each class (columns). Arrow keys move from cell to cell.
          </caption>
          ${guard([results, this.#active, this.#selected], () => this.#cells(results))}
        </table>
        <p class="matrix-sentence" id="matrix-sentence" aria-live="polite">${this.#sentence(results)}</p>
        <ul class="cell-samples" id="cell-samples">
          ${guard([results, this.#selected], () => this.#images(results))}
        </ul>
      </div>`;
  }

  #cells({ classes, epoch }: EpochResults): TemplateResult {
    return html`
      <thead>
        <tr><td></td>${shortClassNames(classes).map((name, index) => html`<th scope="col" title=${classes[index] ?? ''}>${name}</th>`)}</tr>
      </thead>
      <tbody>
        ${confusionCells(epoch.test?.confusion ?? []).map(
          (row, truth) =>
            html`<tr><th scope="row" title=${classes[truth] ?? ''}>${classes[truth]}</th>${row.map((cell) => this.#cell(cell))}</tr>`,
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

  #sentence({ epoch, classes }: EpochResults): string {
    const position = this.#selected ?? this.#pointed;
    if (!position) return 'Point at a cell to read it; click to see its images.';
    const [truth, predicted] = position;
    const count = epoch.test?.confusion?.[truth]?.[predicted] ?? 0;
    return confusionSentence({ truth, predicted, count }, classes);
  }

  #images({ epoch, samples, classes }: EpochResults): TemplateResult | typeof nothing {
    if (!this.#selected) return nothing;
    const [truth, predicted] = this.#selected;
    // The samples of an epoch arrive after its matrix; those of an earlier epoch are not of these cells.
    const items = samples?.epoch === epoch.epoch ? samples.items : [];
    const found = samplesOf(items, this.#selected);
    const missing = cellNote(epoch.test?.confusion?.[truth]?.[predicted] ?? 0, found.length);
    return html`
      ${found.map((sample) => {
        const sentence = sampleSentence(sample, classes);
        return html`
          <li title=${sentence}>
            <canvas aria-hidden="true" ${pixelImage(base64Bytes(sample.image), samples ?? undefined)}></canvas>
            <span class="sr-only">${sentence}</span>
          </li>`;
      })}
      ${missing === '' ? nothing : html`<li class="cell-note">${missing}</li>`}`;
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

const isSame = (a: CellPosition | null, b: CellPosition | null): boolean => a?.join() === b?.join();

/** Returns the position of the cell that contains an event's target. */
function positionOf(target: EventTarget | null): CellPosition | undefined {
  const cell = target instanceof Element ? target.closest<HTMLTableCellElement>('tbody td') : null;
  const row = cell?.parentElement;
  return cell && row instanceof HTMLTableRowElement ? [row.sectionRowIndex, cell.cellIndex - 1] : undefined;
}

const cellAt = (table: HTMLTableElement, [row, column]: CellPosition): HTMLTableCellElement | undefined =>
  table.tBodies[0]?.rows[row]?.cells[column + 1];
