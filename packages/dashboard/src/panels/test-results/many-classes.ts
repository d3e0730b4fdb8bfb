import { html, nothing, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import { capitalize, formatCount } from '../../state/format.ts';
import { focusAfterRender, scrollAfterRender } from '../../ui/focus.ts';
import type { LookInside } from '../../ui/image-button.ts';
import { cellImages, matrixHint } from './cell-images.ts';
import {
  type ClassColumn,
  type ClassEntry,
  type ClassOrder,
  classColumns,
  classEntries,
  knownColumns,
  recallSummary,
  sortedEntries,
} from './class-table.ts';
import { type CellPosition, confusionSentence, nonZeroCells } from './confusion-matrix.ts';
import type { EpochResults } from './epoch-results.ts';
import { MatrixCanvas } from './matrix-canvas.ts';
import { mistakeList } from './mistake-list.ts';

/** Maximum number of the most frequent mistakes that are listed. */
const listedMistakeLimit = 8;
/** Number of classes in the table before the viewer asks for all. */
const initialRowCount = 12;

const tableCell = ({ number, texts }: ClassEntry, column: ClassColumn): TemplateResult =>
  html`<td>${column === 'name' && number ? html`<span class="class-number">${number}</span> ` : nothing}${texts[column]}</td>`;

/** The results of a run with too many classes for numbers in a matrix: a drawn matrix, and a table of the classes. */
export class ManyClasses {
  readonly #refresh: () => void;
  readonly #matrix: MatrixCanvas;
  #pointed: CellPosition | null = null;
  #selected: CellPosition | null = null;
  /** The order of the table; at first, the classes with the lowest recall come first. */
  #order: ClassOrder = { column: 'recall', ascending: true };
  #search = '';
  #showsAll = false;
  #classes: readonly string[] = [];

  constructor(refresh: () => void) {
    this.#refresh = refresh;
    this.#matrix = new MatrixCanvas({
      onPoint: (cell) => {
        this.#pointed = cell;
        refresh();
      },
      onSelect: (cell) => {
        this.#selected = cell?.join() === this.#selected?.join() ? null : cell;
        refresh();
      },
    });
  }

  render(results: EpochResults, look: LookInside | undefined): TemplateResult {
    const { classes, epoch } = results;
    if (classes !== this.#classes) {
      this.#classes = classes;
      this.#selected = this.#pointed = null;
      this.#search = '';
    }
    const cells = nonZeroCells(epoch.test);
    this.#matrix.show({ cells, classes, marked: this.#selected ?? this.#pointed });
    const hasMatrix = cells.length > 0;
    return html`
      <div class=${hasMatrix ? 'confusion-body many' : 'confusion-body many without-matrix'} id="confusion-body">
        ${hasMatrix ? this.#matrixFrame(results, look) : nothing}
        <div class="classes">
          <h3>Classes</h3>
          <p class="card-note" data-field="class-summary">${guard([results], () => recallSummary(results))}</p>
          ${guard([results, this.#order, this.#search, this.#showsAll], () => this.#table(results))}
          ${
            hasMatrix
              ? html`<h3>Most frequent mistakes</h3>
                <ul class="mistakes" id="mistakes">${guard([results], () => mistakeList(results, listedMistakeLimit))}</ul>`
              : nothing
          }
        </div>
      </div>`;
  }

  recolor(): void {
    this.#matrix.draw();
  }

  #matrixFrame(results: EpochResults, look: LookInside | undefined): TemplateResult {
    return html`
      <div class="matrix-frame">
        <p class="matrix-top" aria-hidden="true">Predicted</p>
        <p class="matrix-side" aria-hidden="true">True</p>
        ${this.#matrix.element}
        <p class="matrix-sentence" id="matrix-sentence" aria-live="polite">${this.#sentence(results)}</p>
        <ul class="cell-samples" id="cell-samples">${guard([results, this.#selected, look], () => cellImages(results, this.#selected, { count: (cell) => this.#matrix.countAt(cell), look }))}</ul>
      </div>`;
  }

  #sentence(results: EpochResults): string {
    const cell = this.#selected ?? this.#pointed;
    if (!cell) return matrixHint(results);
    const [truth, predicted] = cell;
    return confusionSentence({ truth, predicted, count: this.#matrix.countAt(cell) }, results.classes);
  }

  #table(results: EpochResults): TemplateResult {
    const entries = classEntries(results);
    const columns = knownColumns(entries);
    const found = sortedEntries(entries, this.#order, this.#search);
    const shown = this.#showsAll ? found : found.slice(0, initialRowCount);
    return html`
      <label class="tool class-search">
        <span class="sr-only">Find a class</span>
        <input class="input" type="search" id="class-search" placeholder="Find a class" autocomplete="off"
          .value=${this.#search} @input=${(event: Event) => this.#find((event.target as HTMLInputElement).value)} />
      </label>
      <section class="scroll class-scroll" aria-label="Table of classes" tabindex="0">
        <table class="table class-table" id="class-table">
          <thead><tr>${columns.map((column) => this.#head(column, results.unit))}</tr></thead>
          <tbody>
            ${shown.map((entry) => html`<tr>${columns.map((column) => tableCell(entry, column))}</tr>`)}
          </tbody>
        </table>
      </section>
      ${found.length === 0 ? html`<p>No class matches.</p>` : nothing}
      <button class="button" type="button" id="classes-all" ?hidden=${found.length <= initialRowCount} @click=${(event: Event) => this.#toggleAll(event)}>
        ${this.#showsAll ? 'Show fewer' : `Show all ${formatCount(found.length)}`}
      </button>`;
  }

  #head(column: ClassColumn, unit: string): TemplateResult {
    const title = column === 'images' ? capitalize(unit) : classColumns[column];
    const isSorted = column === this.#order.column;
    const { ascending } = this.#order;
    return html`
      <th scope="col" aria-sort=${isSorted ? (ascending ? 'ascending' : 'descending') : 'none'}>
        <button type="button" class="sort" data-sort=${column} @click=${() => this.#sort(column)}>
          ${title}${isSorted ? (ascending ? ' ▲' : ' ▼') : ''}
        </button>
      </th>`;
  }

  #sort(column: ClassColumn): void {
    const ascending = column === this.#order.column ? !this.#order.ascending : true;
    this.#order = { column, ascending };
    this.#refresh();
  }

  #find(search: string): void {
    this.#search = search;
    this.#refresh();
  }

  #toggleAll({ currentTarget }: Event): void {
    this.#showsAll = !this.#showsAll;
    this.#refresh();
    if (this.#showsAll)
      focusAfterRender(
        () => document.querySelectorAll<HTMLElement>('#class-table tbody tr')[initialRowCount],
      );
    else scrollAfterRender(currentTarget as Element);
  }
}
