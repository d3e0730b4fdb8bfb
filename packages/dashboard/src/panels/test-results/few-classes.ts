import { html, nothing, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import { formatPercent } from '../../state/format.ts';
import type { LookInside } from '../../ui/image-button.ts';
import { styled } from '../../ui/styled.ts';
import { type ClassRow, classRows, recallOf } from './class-accuracy.ts';
import { ConfusionGrid } from './confusion-grid.ts';
import { nonZeroCells } from './confusion-matrix.ts';
import type { EpochResults } from './epoch-results.ts';
import { mistakeList } from './mistake-list.ts';

/** Maximum number of the most frequent mistakes that are listed. */
const listedMistakeLimit = 5;

/** The results of a run with few classes: a matrix with numbers, and the accuracy of each class. */
export class FewClasses {
  readonly #grid: ConfusionGrid;

  constructor(refresh: () => void) {
    this.#grid = new ConfusionGrid(refresh);
  }

  render(results: EpochResults, look: LookInside | undefined): TemplateResult {
    const hasMatrix = nonZeroCells(results.epoch.test).length > 0;
    return html`
      <div class=${hasMatrix ? 'confusion-body' : 'confusion-body without-matrix'} id="confusion-body">
        ${hasMatrix ? this.#grid.render(results, look) : nothing}
        <div class="classes">
          <h3>${recallOf(results.epoch.test, results.classes.length).length > 0 ? 'Accuracy' : 'Precision'} by class</h3>
          <ul class=${results.epoch.test?.precision ? 'class-rows with-precision' : 'class-rows'} id="class-rows">${guard([results], () => classList(results))}</ul>
          ${hasMatrix ? html`<h3>Most frequent mistakes</h3><ul class="mistakes" id="mistakes">${guard([results], () => mistakeList(results, listedMistakeLimit))}</ul>` : nothing}
        </div>
      </div>`;
  }
}

function classList({ classes, epoch, previous }: EpochResults): TemplateResult {
  const { floor, rows } = classRows(classes, epoch, previous);
  return html`
    ${rows.some(({ precision }) => precision !== '') ? html`<li class="class-heads"><span></span><span></span><span>${rows.some(({ value }) => value !== '') ? 'Recall' : ''}</span><span>Precision</span><span></span></li>` : nothing}
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
    <span class="class-name clamp" title=${name}>${name}</span>
    <span class="class-track" aria-hidden="true">
      ${previousPosition === null ? nothing : html`<i class="before" ${styled({ left: percentage(previousPosition) })}></i>`}
      ${position === null ? nothing : html`<i class="now" ${styled({ left: percentage(position) })}></i>`}
    </span>
    <span class="class-value">${value}</span>
    ${precision === '' ? nothing : html`<span class="class-value">${precision}</span>`}
    <span class="class-change" title="percentage points since the epoch before">${change}</span>
  </li>`;

const percentage = (share: number): string => `${Math.max(0, share) * 100}%`;
