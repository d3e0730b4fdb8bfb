import { html, type TemplateResult } from 'lit-html';
import { formatCount } from '../../state/format.ts';
import { nonZeroCells, worstMistakes } from './confusion-matrix.ts';
import type { EpochResults } from './epoch-results.ts';

/** Renders the most frequent mistakes, at most `limit` of them. */
export function mistakeList(
  { classes, epoch }: EpochResults,
  limit: number,
): TemplateResult | TemplateResult[] {
  const worst = worstMistakes(nonZeroCells(epoch.test), limit);
  if (worst.length === 0) return html`<li>No mistakes.</li>`;
  return worst.map(
    ({ truth, predicted, count }) => html`
      <li>
        <span><b>${classes[truth]}</b> classified as <b>${classes[predicted]}</b></span>
        <span>${formatCount(count)} ×</span>
      </li>`,
  );
}
