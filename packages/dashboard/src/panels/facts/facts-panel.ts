import { html, nothing, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import { formatCount, formatPlural } from '../../state/format.ts';
import { memoizeLast } from '../../state/memoize-last.ts';
import { announcesEverything, awaitsEverything } from '../../state/run-words.ts';
import { info } from '../../ui/info.ts';
import type { Panel } from '../../ui/panel.ts';
import { styled } from '../../ui/styled.ts';
import { layerRows } from './layer-rows.ts';
import { deviceFacts, type Fact, type Meter, resultFacts, systemMeters, trainingFacts } from './run-facts.ts';
import './facts.css';

const factRows = (facts: readonly Fact[]): TemplateResult[] =>
  facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${factValue(value)}</dd></div>`);

/** Number of characters of a value that are shown at first; a longer value can be opened. */
const shownLength = 160;

const factValue = (value: string): string | TemplateResult =>
  value.length <= shownLength
    ? value
    : html`<details><summary>${value.slice(0, shownLength)}…</summary>${value}</details>`;

const emptyNote = html`<p class="empty">Shown when a run begins.</p>`;

const noFacts: readonly Fact[] = [];
const deviceFactsOf = memoizeLast(deviceFacts);
const trainingFactsOf = memoizeLast(trainingFacts);
const metersOf = memoizeLast(systemMeters);

/** The device that computes, why it was chosen, and how busy it and the machine are. */
export const devicePanel: Panel = {
  render({ run }) {
    const started = run?.started;
    const isAwaited = !started && awaitsEverything(run);
    const facts = started ? deviceFactsOf(started) : noFacts;
    const meters = run?.system ? metersOf(run.system) : [];
    if (!isAwaited && facts.length + meters.length === 0) return html``;
    return html`
      <section class="device" aria-labelledby="device-title">
        <h3 id="device-title">Device and machine</h3>
        ${isAwaited ? emptyNote : nothing}
        ${guard([started], () => [
          started?.device?.reason
            ? html`<p class="reason" data-field="device-reason">Why this engine: ${started.device.reason}</p>`
            : nothing,
          html`<dl class="facts" id="device-facts">${factRows(facts)}</dl>`,
        ])}
        ${guard([meters], () => (meters.length > 0 ? html`<dl class="meters" id="meters">${meters.map(meter)}</dl>` : nothing))}
      </section>`;
  },
};

const meter = ({ name, value, share }: Meter): TemplateResult => html`
  <div>
    <dt>${name}</dt>
    <dd>${value}</dd>
    ${
      share === null
        ? nothing
        : html`<dd class="meter-track" aria-hidden="true"><i ${styled({ transform: `scaleX(${share.toFixed(3)})` })}></i></dd>`
    }
  </div>`;

/** The settings of the run, its final results if no other panel shows them, and the files that it saved. */
export const trainingPanel: Panel = {
  render({ run }) {
    const started = run?.started;
    const files = run?.finished?.files ?? [];
    const facts = started ? trainingFactsOf(started, run?.notices) : noFacts;
    const results = run?.finished && !announcesEverything(started) ? resultFacts(run.finished) : [];
    const isAwaited = !started && awaitsEverything(run);
    if (!isAwaited && facts.length + results.length + files.length === 0) return html``;
    return html`
      <section class="card training" aria-labelledby="training-title">
        <div class="card-head"><h2 id="training-title">Settings</h2>${info('settings', 'Settings')}</div>
        ${isAwaited ? emptyNote : nothing}
        ${guard([facts], () => html`<dl class="facts">${factRows(facts)}</dl>`)}
        ${results.length === 0 ? nothing : html`<h3>Final results</h3><dl class="facts" id="final-results">${factRows(results)}</dl>`}
        ${
          files.length === 0
            ? nothing
            : html`<div class="files"><h3>Saved files</h3><ul>${files.map((name) => html`<li>${name}</li>`)}</ul></div>`
        }
      </section>`;
  },
};

/** The layers of the network. */
export const networkPanel: Panel = {
  render({ run }) {
    const started = run?.started;
    const parameters = started?.model?.parameters;
    const hasLayers = started ? (started.model?.layers.length ?? 0) > 0 : awaitsEverything(run);
    if (!hasLayers) return html``;
    const count = started?.model?.layers.length;
    const note = [
      count === undefined ? '' : formatPlural(count, 'layer', 'layers'),
      typeof parameters === 'number' ? `${formatCount(parameters)} parameters` : '',
    ];
    return html`
      <details class="card strip model" id="network">
        <summary>
          <h2>Architecture</h2>
          <span class="card-note">${note.filter(Boolean).join(', ')}</span>
        </summary>
        <p class="strip-note">${info('architecture', 'Architecture')}</p>
        ${guard([started], () => (started ? layerTable(layerRows(started)) : emptyNote))}
      </details>`;
  },
};

const layerTable = (rows: ReturnType<typeof layerRows>): TemplateResult => html`
  <section class="scroll" aria-label="Table of layers" tabindex="0">
    <table class="table">
      <thead>
        <tr><th scope="col">Layer</th><th scope="col">Type</th><th scope="col">Output</th><th scope="col">Parameters</th></tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ name, type, shape, parameters }) =>
            html`<tr><td>${name}</td><td>${type}</td><td>${shape}</td><td>${parameters}</td></tr>`,
        )}
      </tbody>
    </table>
  </section>`;
