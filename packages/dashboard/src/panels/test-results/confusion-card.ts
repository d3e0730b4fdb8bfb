import { html, nothing, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import { formatCount, formatPercent } from '../../state/format.ts';
import { styled } from '../../ui/styled.ts';
import { type ClassRow, classRows } from './class-accuracy.ts';
import { ConfusionGrid } from './confusion-grid.ts';
import { mistakeCount, nonZeroCells } from './confusion-matrix.ts';
import { type EpochResults, provisionalNote } from './epoch-results.ts';
import type { ManyClasses } from './many-classes.ts';
import { mistakeList } from './mistake-list.ts';

/** Maximum number of the most frequent mistakes that are listed. */
const listedMistakeLimit = 5;
/** Maximum number of classes for a matrix with numbers: with more, the numbers do not fit into its cells on a phone. */
const numberedClassLimit = 12;

/** The confusion matrix of an epoch, with the accuracy of each class and the most frequent mistakes. */
export class ConfusionCard {
  readonly #refresh: () => void;
  readonly #grid: ConfusionGrid;
  #many: ManyClasses | undefined;
  #isLoading = false;

  constructor(refresh: () => void) {
    this.#refresh = refresh;
    this.#grid = new ConfusionGrid(refresh);
  }

  render(results: EpochResults | null, epochChoice: TemplateResult): TemplateResult {
    const hasMatrix = !results || nonZeroCells(results.epoch.test).length > 0;
    return html`
      <section class="card confusion" id="confusion" aria-labelledby="confusion-title">
        <div class="card-head">
          <h2 id="confusion-title">${hasMatrix ? 'Confusion matrix' : 'Classes'}</h2>
          <p class="card-note" data-field="confusion-note">${guard([results], () => note(results))}</p>
          ${epochChoice}
        </div>
        ${results === null ? html`<p class="empty">Mistakes on the test images appear here after the first epoch.</p>` : this.#body(results)}
      </section>`;
  }

  recolor(): void {
    this.#many?.recolor();
  }

  #body(results: EpochResults): TemplateResult | typeof nothing {
    if (results.classes.length > numberedClassLimit) return this.#manyClasses(results);
    const hasMatrix = nonZeroCells(results.epoch.test).length > 0;
    return html`
      <div class=${hasMatrix ? 'confusion-body' : 'confusion-body without-matrix'} id="confusion-body">
        ${hasMatrix ? this.#grid.render(results) : nothing}
        <div class="classes">
          <h3>Accuracy by class</h3>
          <ul class=${results.epoch.test?.precision ? 'class-rows with-precision' : 'class-rows'} id="class-rows">${guard([results], () => classList(results))}</ul>
          ${hasMatrix ? html`<h3>Most frequent mistakes</h3><ul class="mistakes" id="mistakes">${guard([results], () => mistakeList(results, listedMistakeLimit))}</ul>` : nothing}
        </div>
      </div>`;
  }

  /** Renders the results of many classes. The code for them is loaded with the first run that has them. */
  #manyClasses(results: EpochResults): TemplateResult | typeof nothing {
    if (!this.#many && !this.#isLoading) {
      this.#isLoading = true;
      import('./many-classes.ts').then(
        ({ ManyClasses }) => {
          this.#many = new ManyClasses(this.#refresh);
          this.#refresh();
        },
        () => {
          this.#isLoading = false;
        },
      );
    }
    return this.#many?.render(results) ?? nothing;
  }
}

function note(results: EpochResults | null): string {
  if (!results) return '';
  const {
    unit,
    provisional,
    epoch: { epoch, test },
  } = results;
  const { wrong, total } = mistakeCount(nonZeroCells(test));
  if (provisional)
    return `${provisionalNote(provisional, unit)}; ${formatCount(wrong)} wrong. The epoch's results replace it.`;
  if (total === 0) return `Epoch ${epoch}`;
  return `Epoch ${epoch}: ${formatCount(wrong)} of ${formatCount(total)} test ${unit} wrong`;
}

function classList({ classes, epoch, previous }: EpochResults): TemplateResult {
  const { floor, rows } = classRows(classes, epoch, previous);
  return html`
    ${rows.some(({ precision }) => precision !== '') ? html`<li class="class-heads"><span></span><span></span><span>Recall</span><span>Precision</span><span></span></li>` : nothing}
    ${rows.map(classRow)}
    <li class="class-scale" aria-hidden="true">
      <span>${formatPercent(floor, floor > 0.99 ? 1 : 0)}</span>
      <span>${formatPercent(1, 0)}</span>
    </li>`;
}

const classRow = ({
  name,
  position,
  previousPosition,
  value,
  precision,
  change,
}: ClassRow): TemplateResult => html`
  <li>
    <span class="class-name" title=${name}>${name}</span>
    <span class="class-track" aria-hidden="true">
      ${previousPosition === null ? nothing : html`<i class="before" ${styled({ left: percentage(previousPosition) })}></i>`}
      ${position === null ? nothing : html`<i class="now" ${styled({ left: percentage(position) })}></i>`}
    </span>
    <span class="class-value">${value}</span>
    ${precision === '' ? nothing : html`<span class="class-value">${precision}</span>`}
    <span class="class-change" title="percentage points since the epoch before">${change}</span>
  </li>`;

const percentage = (share: number): string => `${Math.max(0, share) * 100}%`;
