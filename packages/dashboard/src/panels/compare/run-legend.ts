import { html, nothing, render, svg, type TemplateResult } from 'lit-html';
import type { ChartRun } from '../../state/chart-runs.ts';
import type { RunStartedData } from '../../state/event-data.ts';
import { formatPlural } from '../../state/format.ts';
import { memoizeLast } from '../../state/memoize-last.ts';
import { curveKey } from '../../ui/curve-key.ts';
import { differingSettings, type LegendColumn } from './comparison.ts';
import './run-legend.css';

export interface RunLegendContent {
  runs: readonly ChartRun[];
  /** The position that the values belong to: "Latest", or a step. */
  title: string;
  /** Explains how the curves differ; empty where there is nothing to explain. */
  note: string;
  values: readonly LegendColumn[];
  /** Id of the run whose curves stand out; null for none. */
  emphasis: string | null;
  pinned: string | null;
}

export interface RunLegendActions {
  /** Lets the curves of a run stand out while the pointer or the focus is on it; null for no run. */
  hover(runId: string | null): void;
  togglePinned(runId: string): void;
  toggleHidden(runId: string): void;
  showAll(): void;
}

/**
 * The legend of all charts in a comparison: each run with the settings that differ, its values, and buttons that hide its curves or
 * let them stand out. It renders itself, because its values follow the cursor in every frame.
 */
export class RunLegend {
  readonly element = document.createElement('section');
  readonly #actions: RunLegendActions;
  readonly #settings = memoizeLast((...started: readonly (RunStartedData | null)[]) =>
    differingSettings(started),
  );

  constructor(actions: RunLegendActions) {
    this.#actions = actions;
    this.element.id = 'run-legend';
    this.element.className = 'card run-legend';
    this.element.setAttribute('aria-labelledby', 'run-legend-title');
  }

  render(content: RunLegendContent): void {
    const { runs, title, note, values, pinned } = content;
    const { columns, more } = this.#settings(...runs.map(({ run }) => run.started));
    const hiddenCount = runs.filter(({ hidden }) => hidden).length;
    render(
      html`
        <div class="card-head">
          <h3 id="run-legend-title">Compared runs</h3>
          <span class="legend-at" data-part="at">${title}</span>
          <span class="run-legend-note">${noteOf(note, more)}</span>
          <button class="chip" type="button" ?hidden=${pinned === null} @click=${() => pinned !== null && this.#actions.togglePinned(pinned)}>
            Unpin
          </button>
          <button class="chip" type="button" ?hidden=${hiddenCount === 0} @click=${() => this.#actions.showAll()}>
            Show all ${runs.length}
          </button>
        </div>
        <table class="table" @pointerleave=${() => this.#actions.hover(null)}>
          <thead>
            <tr>
              <th scope="col">Run</th>
              ${columns.map(({ name }) => html`<th scope="col" class="setting">${name}</th>`)}
              ${values.map(({ name }) => html`<th scope="col">${name}</th>`)}
              <th scope="col"><span class="sr-only">Curves</span></th>
            </tr>
          </thead>
          <tbody>${runs.map((_, index) => this.#row(content, columns, index))}</tbody>
        </table>`,
      this.element,
    );
  }

  #row(
    { runs, values, emphasis, pinned }: RunLegendContent,
    settings: readonly LegendColumn[],
    index: number,
  ): TemplateResult {
    const { run, name, color, dash, hidden = false } = runs[index] as ChartRun;
    const { runId } = run;
    const { hover, togglePinned, toggleHidden } = this.#actions;
    const isPinned = pinned === runId;
    return html`
      <tr
        data-run=${runId} class="${hidden ? 'off' : ''} ${emphasis === runId ? 'on' : ''}"
        @pointerenter=${() => hover(runId)} @focusin=${() => hover(runId)} @focusout=${() => hover(null)}
      >
        <th scope="row">
          <button
            class="run-pin" type="button" title="${name}: ${isPinned ? 'pinned. Click to unpin' : 'click to keep it highlighted'}"
            aria-label="Highlight ${name}" aria-pressed=${isPinned} ?disabled=${hidden} @click=${() => togglePinned(runId)}
          >
            ${curveKey({ kind: 'line', color, dash })}
            <span class="cut">${name}</span>
            ${isPinned ? html`<span class="tag neutral">pinned</span>` : nothing}
          </button>
          ${index === 0 ? html`<span class="tag neutral">baseline</span>` : nothing}
        </th>
        ${settings.map((column) => cell(column, index, 'setting'))}
        ${values.map((column, at) => cell(column, index, at === 0 ? 'first' : 'further'))}
        <td>
          <button
            class="icon-button small" type="button" title=${hidden ? 'Show its curves' : 'Hide its curves'}
            aria-label="Hide ${name}" aria-pressed=${hidden} @click=${() => toggleHidden(runId)}
          ><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 12s3.5-6 9-6 9 6 9 6-3.5 6-9 6-9-6-9-6z" /><circle cx="12" cy="12" r="2.6" />${hidden ? strike : nothing}</svg></button>
        </td>
      </tr>`;
  }
}

const strike = svg`<path d="M4 20 20 4" />`;

const cell = ({ name, values, best }: LegendColumn, index: number, kind: string): TemplateResult => html`
  <td class="${kind} ${best === index ? 'best' : ''}" data-label=${name}>${values[index] ?? '–'}${best === index ? html`<span class="sr-only">, best</span>` : nothing}</td>`;

/** Explains the lines of the charts, and the settings that the legend has no room for. */
const noteOf = (note: string, more: number): string =>
  [
    note,
    more > 0
      ? `${formatPlural(more, 'more setting differs', 'more settings differ')}: see the comparison below.`
      : '',
  ]
    .filter(Boolean)
    .join(' ');
