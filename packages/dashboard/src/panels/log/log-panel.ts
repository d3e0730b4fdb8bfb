import { html, nothing, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import { memoizeLast } from '../../state/memoize-last.ts';
import type { Run } from '../../state/run.ts';
import { awaitsEverything, stepWordOf } from '../../state/run-words.ts';
import { info } from '../../ui/info.ts';
import type { PageActions, Panel } from '../../ui/panel.ts';
import { type EpochRow, type EpochSoFar, epochColumns, epochRows, epochSoFar } from './epoch-rows.ts';
import { type NoticeRow, noticeRows } from './notice-rows.ts';
import './log.css';

const noEpochs: Run['epochs'] = [];
const rowsOf = memoizeLast((epochs: Run['epochs']) => epochRows(epochs));

/** Number of rows of a list that are shown before the viewer has asked for all. */
const shownRows = 12;
/** The lists of which the viewer has asked for all rows. */
const showsAll = { epochs: false, notices: false };

/** Renders the button that shows all rows of a list, or fewer again; nothing for a short list. */
function allButton(list: keyof typeof showsAll, count: number, { refresh }: PageActions): unknown {
  if (count <= shownRows) return nothing;
  const toggle = (): void => {
    showsAll[list] = !showsAll[list];
    refresh();
  };
  return html`<button class="button small show-all" type="button" aria-expanded=${showsAll[list]} @click=${toggle}>${showsAll[list] ? `Show the latest ${shownRows}` : `Show all ${count}`}</button>`;
}

const firstRows = <T>(list: keyof typeof showsAll, rows: readonly T[]): readonly T[] =>
  showsAll[list] ? rows : rows.slice(0, shownRows);

/** The table of epochs, newest first, with the current one so far. */
export const epochsPanel: Panel = {
  render({ run }, actions) {
    const epochs = run?.epochs ?? noEpochs;
    const rows = rowsOf(epochs);
    // Epochs with nothing but custom metrics are not listed: the metrics have charts.
    const hasValues = epochColumns(rows).length > 0;
    if (!hasValues && !(epochs.length === 0 && awaitsEverything(run))) return html``;
    const empty = 'Each epoch adds a line with its results on the training and test images.';
    return html`
      <section class="card epochs" aria-labelledby="epochs-title">
        <div class="card-head"><h2 id="epochs-title">Epochs</h2>${info('epochs', 'Epochs')}</div>
        ${guard([epochs, run?.batch, run?.finished, showsAll.epochs], () => {
          const current = run ? epochSoFar(run) : undefined;
          return hasValues || current
            ? epochTable(firstRows('epochs', rows), current)
            : html`<p class="empty">${empty}</p>`;
        })}
        ${allButton('epochs', rows.length, actions)}
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
  render: ({ findings, run }, actions) =>
    findings.length === 0
      ? html``
      : html`
          <section class="card notices" aria-labelledby="notices-title">
            <div class="card-head"><h2 id="notices-title">Notices</h2>${info('notices', 'Notices')}</div>
            ${guard([findings, stepWordOf(run), showsAll.notices], () => {
              const rows = noticeRows(findings, stepWordOf(run));
              return html`<ul class="notice-list" id="notice-list">${firstRows('notices', rows).map((row) => noticeRow(row, actions))}</ul>`;
            })}
            ${allButton('notices', findings.length, actions)}
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
