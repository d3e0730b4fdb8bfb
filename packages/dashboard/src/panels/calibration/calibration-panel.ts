import { html, svg, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import { formatCount, formatPercent, formatPlural } from '../../state/format.ts';
import { info } from '../../ui/info.ts';
import type { Panel } from '../../ui/panel.ts';
import { type CalibrationBar, calibrationBars, expectedCalibrationError } from './calibration.ts';
import './calibration.css';

/**
 * A reliability diagram: the accuracy for each range of the network's confidence, in the latest epoch up to the position of the
 * timeline that has these results.
 */
export const calibrationPanel: Panel = {
  render({ runAtStep }) {
    const epoch = runAtStep?.epochs.findLast(
      ({ test }) => calibrationBars(test?.calibration ?? []).length > 0,
    );
    if (!epoch) return html``;
    return html`
      <section class="card calibration" id="calibration" aria-labelledby="calibration-title">
        ${guard([epoch], () => card(epoch.epoch, calibrationBars(epoch.test?.calibration ?? [])))}
      </section>`;
  },
};

/** Side of the diagram in units of the drawing, and the space for its labels. */
const side = 300;
const left = 60;
const bottom = 38;

function card(epoch: number, bars: readonly CalibrationBar[]): TemplateResult {
  const error = expectedCalibrationError(bars);
  return html`
    <div class="card-head">
      <h2 id="calibration-title">Calibration</h2>${info('calibration', 'Calibration')}
      <p class="card-note" data-field="calibration-note">
        Epoch ${epoch}${error === undefined ? '' : `: expected calibration error ${formatPercent(error)}`}
      </p>
    </div>
    <div class="calibration-body">
      <svg class="calibration-diagram" viewBox="0 0 ${left + side + 24} ${side + bottom + 10}" role="img" aria-label="Accuracy against confidence">
        <g transform="translate(${left} 10)">
          ${[0, 0.25, 0.5, 0.75, 1].map(tick)}
          ${bars.map(
            (bar) => svg`
              <rect class="calibration-bar" x=${bar.from * side + 1} width=${(bar.to - bar.from) * side - 2}
                y=${(1 - bar.accuracy) * side} height=${bar.accuracy * side}>
                <title>${sentence(bar)}</title>
              </rect>
              <circle cx=${bar.confidence * side} cy=${(1 - bar.accuracy) * side} r="3" />`,
          )}
          <line class="diagonal" x1="0" y1=${side} x2=${side} y2="0" />
          <text x=${side / 2} y=${side + 34} text-anchor="middle">Confidence</text>
          <text transform="translate(-48 ${side / 2}) rotate(-90)" text-anchor="middle">Accuracy</text>
        </g>
      </svg>
      <div>
        <p>On the dashed line, the network is right as often as it is confident. Bars below it are overconfident.</p>
        <details>
          <summary>Table of the calibration</summary>
          <section class="scroll" aria-label="Table of the calibration" tabindex="0">
            <table class="table">
              <thead><tr><th scope="col">Confidence</th><th scope="col">Mean</th><th scope="col">Accuracy</th><th scope="col">Samples</th></tr></thead>
              <tbody>
                ${bars.map(
                  ({ from, to, count, confidence, accuracy }) => html`
                    <tr>
                      <td>${formatPercent(from, 0)} to ${formatPercent(to, 0)}</td>
                      <td>${formatPercent(confidence, 1)}</td>
                      <td>${formatPercent(accuracy, 1)}</td>
                      <td>${formatCount(count)}</td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </section>
        </details>
      </div>
    </div>`;
}

const tick = (share: number): TemplateResult => svg`
  <line class="grid" x1="0" x2=${side} y1=${(1 - share) * side} y2=${(1 - share) * side} />
  <text x="-6" y=${(1 - share) * side + 4} text-anchor="end">${formatPercent(share, 0)}</text>
  <text x=${share * side} y=${side + 16} text-anchor="middle">${formatPercent(share, 0)}</text>`;

const sentence = ({ from, to, count, accuracy }: CalibrationBar): string =>
  `Confidence ${formatPercent(from, 0)} to ${formatPercent(to, 0)}: ${formatPlural(count, 'sample', 'samples')}, ${formatPercent(accuracy, 1)} right`;
