import { html, nothing, svg, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import { layersCsvUrl } from '../../net/api.ts';
import { formatLoss, formatPercent } from '../../state/format.ts';
import { memoizeLast } from '../../state/memoize-last.ts';
import { info } from '../../ui/info.ts';
import { lazyPart } from '../../ui/lazy-part.ts';
import type { Panel } from '../../ui/panel.ts';
import {
  type DeadUnits,
  deadUnits,
  type Guessing,
  guessing,
  healthyRatios,
  heightOf,
  type LayerRow,
  layerRows,
  layerSentences,
} from './layer-rows.ts';
import './layers.css';

/** Size of a curve in units of its drawing. */
const [width, height] = [240, 48];

const stateTexts: Record<LayerRow['state'], string> = {
  unknown: 'not known',
  noGradient: 'no gradient',
  frozen: 'frozen',
  stopped: 'stopped',
  slow: 'slow',
  healthy: 'healthy',
  fast: 'fast',
  tooFast: 'too fast',
  exploded: 'exploded',
  diverged: 'diverged',
};

const rowsOf = memoizeLast(layerRows);
const deadUnitsOf = memoizeLast(deadUnits);

let requestRefresh: () => void = () => {};

/** Whether the viewer has opened the weights over the run, and the tensor that they have chosen; undefined for the first one. */
let weights: { isOpen: boolean; tensor: string | undefined } = { isOpen: false, tensor: undefined };
/** Returns the view of the weights, whose code is loaded when it is opened. */
const weightsView = lazyPart(
  async () => (await import('./weights-over-time.ts')).weightsOverTime,
  () => requestRefresh(),
);

function choose(tensor: string): void {
  weights = { ...weights, tensor };
  requestRefresh();
}

/** The layers while they learn: by how much a step changes their weights, norms of weights and gradients, dead units. */
export const layersPanel: Panel = {
  render({ run, runAtStep, savedAt }, { refresh }) {
    if (!run || !runAtStep) return html``;
    requestRefresh = refresh;
    // A new measurement replaces `layers`: the rows and the units are not computed again before that.
    const rows = rowsOf(run.layers, runAtStep.step);
    const units = deadUnitsOf(run.layers, runAtStep.step);
    const guess = guessing(run, runAtStep.step);
    const { histograms } = run.layers;
    const view = weights.isOpen ? weightsView() : undefined;
    const content = (): TemplateResult => html`
      ${histograms.size === 0 ? nothing : weightsSection(view?.({ run, step: runAtStep.step, ...weights, choose }))}
      ${savedAt === null ? html`<p><a class="button" id="layers-csv" href=${layersCsvUrl(run.runId)} download>Save the table as CSV</a></p>` : nothing}`;
    return html`${guard([rows, units, guess?.accuracy, histograms, weights, view], () => card(rows, units, guess, content()))}`;
  },
};

const card = (
  rows: readonly LayerRow[],
  units: readonly DeadUnits[],
  guess: Guessing | undefined,
  more: TemplateResult,
): TemplateResult => html`
      <section class="card layers" id="layers" aria-labelledby="layers-title">
        <div class="card-head">
          <h2 id="layers-title">Layers</h2>${info('layers', 'Layers')}
          <p class="card-note">Change of the weights in a step, relative to the weights. The shaded band is healthy: 0.01 to 1 %.</p>
        </div>
        ${layerSentences(rows, units, guess).map((sentence) => html`<p class="layer-sentence">${sentence}</p>`)}
        <section class="scroll" aria-label="Table of the layers" tabindex="0">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Layer</th><th scope="col">Over the run</th><th scope="col">Change per step</th>
                <th scope="col">State</th><th scope="col">Gradient norm</th><th scope="col">Weight norm</th>
              </tr>
            </thead>
            <tbody>${rows.map(layerRow)}</tbody>
          </table>
        </section>
        ${units.length > 0 ? deadUnitsList(units) : nothing}
        ${more}
      </section>`;

const layerRow = ({
  name,
  state,
  updateRatio,
  gradientNorm,
  weightNorm,
  curve,
  cursor,
}: LayerRow): TemplateResult => html`
  <tr data-layer=${name} data-state=${state}>
    <th scope="row">${name}</th>
    <td>
      <svg class="layer-curve" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" aria-hidden="true">
        <rect class="healthy" x="0" width=${width} y=${top(healthyRatios.high)}
          height=${top(healthyRatios.low) - top(healthyRatios.high)} />
        ${svg`<polyline points=${guard([curve], () => pointsOf(curve))} />`}
        ${cursor === undefined ? nothing : svg`<line class="cursor" x1=${round(cursor * width)} x2=${round(cursor * width)} y1="0" y2=${height} />`}
      </svg>
    </td>
    <td>${updateRatio === undefined ? '–' : formatPercent(updateRatio, updateRatio < 0.001 ? 4 : 2)}</td>
    <td><span class="layer-state">${stateTexts[state]}</span></td>
    <td>${formatLoss(gradientNorm)}</td>
    <td>${formatLoss(weightNorm)}</td>
  </tr>`;

const pointsOf = (curve: LayerRow['curve']): string =>
  curve.map(({ x, y }) => `${round(x * width)},${round((1 - y) * height)}`).join(' ');

const top = (ratio: number): number => round((1 - heightOf(ratio)) * height);
const round = (value: number): number => Math.round(value * 10) / 10;

const deadUnitsList = (units: readonly DeadUnits[]): TemplateResult => html`
  <h3 class="layer-dead-title">Dead units</h3>
  <p class="card-note">Share of the units that are 0 for every one of the fixed test images, so that they contribute nothing to an answer.</p>
  <dl class="layer-dead">
    ${units.map(
      ({ activation, share }) =>
        html`<div><dt>${activation}</dt><dd>${share === undefined ? '–' : formatPercent(share, 1)}</dd></div>`,
    )}
  </dl>`;

function weightsSection(content: TemplateResult | undefined): TemplateResult {
  const toggle = ({ target }: Event): void => {
    weights = { ...weights, isOpen: (target as HTMLDetailsElement).open };
    requestRefresh();
  };
  return html`
    <details class="layer-weights" id="layer-weights" @toggle=${toggle}>
      <summary>Weights over the run</summary>
      ${content ?? nothing}
    </details>`;
}
