import { html, nothing, svg, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import { formatCount, formatNumber } from '../../state/format.ts';
import type { WeightHistogram } from '../../state/layers.ts';
import { memoizeLast } from '../../state/memoize-last.ts';
import type { Run } from '../../state/run.ts';
import { stepWordOf } from '../../state/run-words.ts';
import { saveFile } from '../../ui/save-file.ts';
import { styled } from '../../ui/styled.ts';
import { distributionSentence, histogramsCsv, pictureColumns, quantiles } from './weight-distribution.ts';
import './weights-over-time.css';

/** Maximum number of columns of the picture: more are narrower than a few pixels. */
const columnLimit = 64;
/** Width of a column with the gap after it, as a share of the height of the drawing. */
const columnWidth = 0.02;

/** The run that the view shows, and the position of the timeline. */
export interface WeightsOverTimeOptions {
  run: Run;
  /** The step that the timeline is at; null at its end, which is now. */
  step: number | null;
  /** The tensor that the viewer has chosen; undefined for the first one. */
  tensor: string | undefined;
  choose: (tensor: string) => void;
}

/** Renders how the weights of a tensor were distributed over the run: a column for each histogram, the darker, the more weights. */
export function weightsOverTime({ run, step, tensor, choose }: WeightsOverTimeOptions): TemplateResult {
  const { histograms } = run.layers;
  const names = [...histograms.keys()];
  const name = tensor !== undefined && histograms.has(tensor) ? tensor : (names[0] ?? '');
  const shown = shownOf(histograms.get(name) ?? noHistograms);
  const stepWord = stepWordOf(run);
  const save = (): void =>
    saveFile(new Blob([histogramsCsv(histograms)], { type: 'text/csv' }), `weights-${run.runId}.csv`);
  return html`
    <label class="tool">
      <span>Tensor</span>
      <select class="input" id="weights-tensor" @change=${({ target }: Event) => choose((target as HTMLSelectElement).value)}>
        ${names.map((each) => html`<option value=${each} ?selected=${each === name}>${each}</option>`)}
      </select>
    </label>
    ${picture(shown, step, stepWord)}
    <details>
      <summary>Table of the weights</summary>
      ${guard([shown, stepWord], () => table(shown, stepWord))}
    </details>
    <button class="button" type="button" id="weights-csv" @click=${save}>Save all as CSV</button>`;
}

const noHistograms: readonly WeightHistogram[] = [];
const shownOf = memoizeLast(evenly);

/** Returns at most `columnLimit` of the histograms at even distances, including the last one. */
function evenly(histograms: readonly WeightHistogram[]): readonly WeightHistogram[] {
  const stride = Math.ceil(histograms.length / columnLimit) || 1;
  return histograms.filter((_, index) => (histograms.length - 1 - index) % stride === 0);
}

function picture(shown: readonly WeightHistogram[], step: number | null, stepWord: string): TemplateResult {
  const current = step === null ? -1 : shown.findLastIndex((each) => each.step <= step);
  const sentence = distributionSentence(shown.slice(0, step === null ? undefined : current + 1), stepWord);
  const [largest, smallest] = [
    Math.max(...shown.map(({ edges }) => edges.at(-1) ?? 0)),
    Math.min(...shown.map(({ edges }) => edges[0] ?? 0)),
  ];
  return html`
    <p data-field="weights-sentence">${sentence}</p>
    <div class="weights-picture">
      <div class="weights-scale" aria-hidden="true"><span>${formatNumber(largest)}</span><span>${formatNumber(smallest)}</span></div>
      <svg viewBox="0 0 ${shown.length * columnWidth} 1" preserveAspectRatio="none" role="img" aria-label=${sentence}
        ${styled({ 'max-width': `${shown.length * 28}px` })}>
        ${guard([shown, stepWord], () => columnsOf(shown, stepWord))}
        ${current < 0 ? nothing : svg`<rect class="now" x=${current * columnWidth} y="0" width=${columnWidth * 0.92} height="1" />`}
      </svg>
    </div>
    <p class="card-note">A column for each measurement, from ${stepWord} ${formatCount(shown[0]?.step ?? 0)} to ${stepWord} ${formatCount(shown.at(-1)?.step ?? 0)}. The darker, the more weights have the value at that height.</p>`;
}

const columnsOf = (shown: readonly WeightHistogram[], stepWord: string): TemplateResult[] =>
  pictureColumns(shown).map(
    (bins, column) => svg`
    <g>
      <title>${stepWord} ${formatCount(shown[column]?.step ?? 0)}</title>
      ${bins.map(({ y, height, density }) =>
        density === 0
          ? nothing
          : svg`<rect x=${column * columnWidth} y=${y} width=${columnWidth * 0.92} height=${height} fill-opacity=${Math.sqrt(density).toFixed(3)} />`,
      )}
    </g>`,
  );

const table = (shown: readonly WeightHistogram[], stepWord: string): TemplateResult => html`
  <section class="scroll" aria-label="Table of the weights" tabindex="0">
    <table class="table">
      <thead><tr><th scope="col">${stepWord}</th><th scope="col">Smallest</th><th scope="col">Lower quarter</th><th scope="col">Median</th><th scope="col">Upper quarter</th><th scope="col">Largest</th></tr></thead>
      <tbody>${shown.map(quantiles).map(
        ({ step, smallest, lower, median, upper, largest }) => html`
        <tr><th scope="row">${formatCount(step)}</th>${[smallest, lower, median, upper, largest].map((value) => html`<td>${formatNumber(value)}</td>`)}</tr>`,
      )}</tbody>
    </table>
  </section>`;
