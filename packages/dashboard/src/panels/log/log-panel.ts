import { html, nothing, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import { memoizeLast } from '../../state/memoize-last.ts';
import type { Run } from '../../state/run.ts';
import { awaitsEverything, stepWordOf } from '../../state/run-words.ts';
import type { PageActions, Panel } from '../../ui/panel.ts';
import { type EpochRow, type EpochSoFar, epochColumns, epochRows, epochSoFar } from './epoch-rows.ts';
import { type NoticeRow, noticeRows } from './notice-rows.ts';
import './log.css';

const noEpochs: Run['epochs'] = [];
const rowsOf = memoizeLast((epochs: Run['epochs']) => epochRows(epochs));

/** The table of epochs, newest first, with the current one so far. */
export const epochsPanel: Panel = {
  render({ run }) {
    const epochs = run?.epochs ?? noEpochs;
    const rows = rowsOf(epochs);
    // Epochs with nothing but custom metrics are not listed: the metrics have charts.
    const hasValues = epochColumns(rows).length > 0;
    if (!hasValues && !(epochs.length === 0 && awaitsEverything(run))) return html``;
    const empty = 'Each epoch adds a line with its results on the training and test images.';
    return html`
      <section class="card epochs" aria-labelledby="epochs-title">
        <div class="card-head"><h2 id="epochs-title">Epochs</h2></div>
        ${guard([epochs, run?.batch, run?.finished], () => {
          const current = run ? epochSoFar(run) : undefined;
          return hasValues || current ? epochTable(rows, current) : html`<p class="empty">${empty}</p>`;
        })}
      </section>`;
  },
};

const epochTable = (rows: readonly EpochRow[], current: EpochSoFar | undefined): TemplateResult => {
  const columns = epochColumns(current ? [...rows, current] : rows);
  return html`
    <section class="scroll" aria-label="Table of epochs" tabindex="0">
      <table class="table">
        <thead>
          <tr><th scope="col">Epoch</th>${columns.map(({ title }) => html`<th scope="col">${title}</th>`)}</tr>
        </thead>
        <tbody id="epoch-rows">
          ${current ? html`<tr><td>${current.epoch}<span class="tag neutral">so far</span></td>${columns.map(({ name }) => html`<td>${current[name]}</td>`)}</tr>` : nothing}
          ${guard([rows, columns.length], () =>
            rows.map(
              (row) => html`
                <tr class=${row.best ? 'best' : nothing}>
                  <td>${row.epoch}${row.best ? html`<span class="tag">best</span>` : nothing}</td>
                  ${columns.map(({ name }) => html`<td>${row[name]}</td>`)}
                </tr>`,
            ),
          )}
        </tbody>
      </table>
    </section>`;
};

/** Notices about the run, newest first. A click on the step and time of a notice puts the charts' cursor there. */
export const noticesPanel: Panel = {
  render: ({ findings, run }, actions) => html`
    <section class="card notices" aria-labelledby="notices-title">
      <div class="card-head"><h2 id="notices-title">Notices</h2></div>
      ${findings.length > 0 ? nothing : html`<p class="empty">Nothing to report.</p>`}
      ${guard(
        [findings, stepWordOf(run)],
        () =>
          html`<ul class="notice-list" id="notice-list">${noticeRows(findings, stepWordOf(run)).map((row) => noticeRow(row, actions))}</ul>`,
      )}
    </section>`,
};

const noticeRow = (
  { finding, levelName, position }: NoticeRow,
  { showFinding }: PageActions,
): TemplateResult => html`
  <li class="notice ${finding.level}">
    <span class="notice-level">${levelName}</span>
    <p>${finding.message}</p>
    <time datetime=${finding.time}>
      <button type="button" class="link" title="Show on the charts" @click=${() => showFinding(finding)}>${position}</button>
    </time>
  </li>`;
