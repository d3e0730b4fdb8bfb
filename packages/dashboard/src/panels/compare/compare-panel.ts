import { html, nothing, type TemplateResult } from 'lit-html';
import type { RunSummary } from '../../state/event-data.ts';
import { formatPlural } from '../../state/format.ts';
import { memoizeLast } from '../../state/memoize-last.ts';
import { displayName } from '../../state/run-summaries.ts';
import { curveKey } from '../../ui/curve-key.ts';
import { info } from '../../ui/info.ts';
import type { Panel } from '../../ui/panel.ts';
import { type ComparedRun, type CompareRow, comparedRuns, resultRows, settingRows } from './comparison.ts';
import './compare.css';

/** Settings do not change during a run, so their rows are formatted only when the compared runs change. */
const settingsOf = memoizeLast((...started: readonly RunSummary['started'][]) =>
  settingRows(started.map((startedData) => ({ started: startedData }))),
);

/** The runs side by side: results with their difference to the run on display, then settings. */
export const comparePanel: Panel = {
  render({ run, summary, others }) {
    const readable = others.filter(({ problem }) => problem === '');
    const problems = others.map(({ problem }) => problem).filter(Boolean);
    const runs = run ? comparedRuns([{ run, summary }, ...readable]) : [];
    const several = runs.length > 1;
    const settings = several ? settingsOf(...runs.map((compared) => compared.summary.started)) : [];
    const rows = several ? [...resultRows(runs), ...settings] : [];
    return html`
      <section class="card compare" id="compare" aria-labelledby="compare-title" ?hidden=${!several && problems.length === 0}>
        <div class="card-head">
          <h2 id="compare-title">Comparison</h2>${info('compare', 'Comparison')}
          <p class="card-note" data-field="compare-note">${[...problems, ...(several ? [noteOf(settings), unitNote(rows)] : [])].join(' ')}</p>
        </div>
        <section class="scroll" aria-label="Table of the comparison" tabindex="0" ?hidden=${!several}>
          <table class="table" id="compare-table">
            <thead><tr><td></td>${runs.map(head)}</tr></thead>
            <tbody>${rows.map(row)}</tbody>
          </table>
        </section>
      </section>`;
  },
};

function noteOf(settings: readonly CompareRow[]): string {
  const count = settings.filter(({ differs }) => differs).length;
  if (count === 0) return 'All settings are the same.';
  return `${formatPlural(count, 'setting differs and is', 'settings differ and are')} marked.`;
}

/** Explains the unit of differences of percentages; empty without any. */
const unitNote = (rows: readonly CompareRow[]): string =>
  rows.some(({ values }) => values.some(({ change }) => change.endsWith('pp')))
    ? 'pp: percentage points.'
    : '';

const head = ({ summary, color, dash }: ComparedRun, index: number): TemplateResult => html`
  <th scope="col">
    <div class="compared">
      ${curveKey({ kind: 'line', color, dash })}
      <span class="clamp" title=${displayName(summary)}>${displayName(summary)}</span>
      ${index === 0 ? html`<span class="tag neutral">baseline</span>` : nothing}
    </div>
  </th>`;

const row = ({ name, values, differs }: CompareRow): TemplateResult => html`
  <tr class=${differs ? 'differs' : nothing}>
    <th scope="row">${name}</th>
    ${values.map(
      ({ text, change }) =>
        html`<td><span>${text}</span>${change ? html`<span class="change"> ${change}</span>` : nothing}</td>`,
    )}
  </tr>`;
