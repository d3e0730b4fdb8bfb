import { html, nothing, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import { formatCount, formatPercent } from '../../state/format.ts';
import { styled } from '../../ui/styled.ts';
import { type ClassRow, classRows } from './class-accuracy.ts';
import { ConfusionGrid } from './confusion-grid.ts';
import { mistakeCount, worstMistakes } from './confusion-matrix.ts';
import type { EpochResults } from './epoch-results.ts';

/** Maximum number of the most frequent mistakes that are listed. */
const listedMistakeLimit = 5;

/** The confusion matrix of an epoch, with the accuracy of each class and the most frequent mistakes. */
export class ConfusionCard {
  readonly #grid: ConfusionGrid;

  constructor(refresh: () => void) {
    this.#grid = new ConfusionGrid(refresh);
  }

  render(results: EpochResults | null, epochChoice: TemplateResult): TemplateResult {
    return html`
      <section class="card confusion" id="confusion" aria-labelledby="confusion-title">
        <div class="card-head">
          <h2 id="confusion-title">Confusion matrix</h2>
          <p class="card-note" data-field="confusion-note">${guard([results], () => note(results))}</p>
          ${epochChoice}
        </div>
        ${results === null ? html`<p class="empty">Mistakes on the test images appear here after the first epoch.</p>` : this.#body(results)}
      </section>`;
  }

  #body(results: EpochResults): TemplateResult {
    return html`
      <div class="confusion-body" id="confusion-body">
        ${this.#grid.render(results)}
        <div class="classes">
          <h3>Accuracy by class</h3>
          <ul class="class-rows" id="class-rows">${guard([results], () => classList(results))}</ul>
          <h3>Most frequent mistakes</h3>
          <ul class="mistakes" id="mistakes">${guard([results], () => mistakeList(results))}</ul>
        </div>
      </div>`;
  }
}

function note(results: EpochResults | null): string {
  if (!results) return '';
  const { epoch, test } = results.epoch;
  const { wrong, total } = mistakeCount(test.confusion);
  return `Epoch ${epoch}: ${formatCount(wrong)} of ${formatCount(total)} test images wrong`;
}

function classList({ classes, epoch, previous }: EpochResults): TemplateResult {
  const { floor, rows } = classRows(classes, epoch, previous);
  return html`
    ${rows.map(classRow)}
    <li class="class-scale" aria-hidden="true">
      <span>${formatPercent(floor, floor > 0.99 ? 1 : 0)}</span>
      <span>${formatPercent(1, 0)}</span>
    </li>`;
}

const classRow = ({ name, position, previousPosition, value, change }: ClassRow): TemplateResult => html`
  <li>
    <span class="class-name" title=${name}>${name}</span>
    <span class="class-track" aria-hidden="true">
      ${previousPosition === null ? nothing : html`<i class="before" ${styled({ left: percentage(previousPosition) })}></i>`}
      ${position === null ? nothing : html`<i class="now" ${styled({ left: percentage(position) })}></i>`}
    </span>
    <span class="class-value">${value}</span>
    <span class="class-change" title="percentage points since the epoch before">${change}</span>
  </li>`;

const percentage = (share: number): string => `${Math.max(0, share) * 100}%`;

function mistakeList({ classes, epoch }: EpochResults): TemplateResult | TemplateResult[] {
  const worst = worstMistakes(epoch.test.confusion, listedMistakeLimit);
  if (worst.length === 0) return html`<li>No mistakes.</li>`;
  return worst.map(
    ({ truth, predicted, count }) => html`
      <li>
        <span><b>${classes[truth]}</b> read as <b>${classes[predicted]}</b></span>
        <span>${formatCount(count)} ×</span>
      </li>`,
  );
}
