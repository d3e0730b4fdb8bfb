import { html, nothing, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import { formatCount, formatNumber } from '../../state/format.ts';
import type { NumberedFigure } from '../../state/run.ts';
import { stepWordOf } from '../../state/run-words.ts';
import { scrollAfterRender } from '../../ui/focus.ts';
import { info } from '../../ui/info.ts';
import type { PageActions, Panel } from '../../ui/panel.ts';
import { figureSeries } from './figure-series.ts';
import './figures.css';

/** The figure that the viewer has chosen for each title, by its seq; the latest without a choice. */
const chosen = new Map<string, number>();
/** The tables of which the viewer has asked for all rows, by the seq of their figure. */
const whole = new Set<number>();
let runId: string | undefined;

/** Number of rows of a table that are shown before the viewer asks for all of up to 200. */
const initialRowCount = 20;

/** The figures and tables of the publisher: for each title the latest, or an earlier one that the viewer has chosen. */
export const figuresPanel: Panel = {
  render({ run }, actions) {
    if (run?.runId !== runId) {
      chosen.clear();
      whole.clear();
    }
    runId = run?.runId;
    const word = stepWordOf(run);
    return html`
      <section class="figures" id="figures" aria-labelledby="figures-title">
        <div class="section-head"><h2 id="figures-title">Figures</h2>${info('figures', 'Figures')}</div>
        <div class="figure-grid">
          ${figureSeries(run?.figures ?? []).map(({ title, figures }) => {
            const shown =
              figures.find(({ seq }) => seq === chosen.get(title)) ?? (figures.at(-1) as NumberedFigure);
            return html`
              <figure class="card figure">
                <figcaption class="card-head">
                  <h3>${title}</h3>
                  <p class="card-note">${typeof shown.step === 'number' ? `${word} ${formatCount(shown.step)}` : ''}</p>
                  ${figures.length > 1 ? chooser(title, figures, shown, actions) : nothing}
                </figcaption>
                ${guard([shown, whole.has(shown.seq)], () => content(shown, actions))}
              </figure>`;
          })}
        </div>
      </section>`;
  },
};

function chooser(
  title: string,
  figures: readonly NumberedFigure[],
  shown: NumberedFigure,
  { refresh }: PageActions,
): TemplateResult {
  const choose = ({ target }: Event): void => {
    const index = (target as HTMLInputElement).valueAsNumber;
    const figure = figures[index];
    if (figure && index < figures.length - 1) chosen.set(title, figure.seq);
    else chosen.delete(title);
    refresh();
  };
  const index = figures.indexOf(shown);
  return html`
    <label class="tool">
      <span class="sr-only">Earlier versions of ${title}</span>
      <input type="range" min="0" max=${figures.length - 1} step="1" .value=${String(index)} @input=${choose} />
      <output>${index + 1} of ${figures.length}</output>
    </label>`;
}

function content(figure: NumberedFigure, actions: PageActions): TemplateResult {
  const { title, description, image, table } = figure;
  return html`
    ${
      image
        ? html`<div class="figure-image"><img src="data:image/png;base64,${image}" alt=${description ?? title} /></div>`
        : nothing
    }
    ${table ? figureTable(figure, table, actions) : nothing}
    ${description ? html`<p class="card-note">${description}</p>` : nothing}`;
}

function figureTable(
  { title, seq }: NumberedFigure,
  { columns, rows }: NonNullable<NumberedFigure['table']>,
  { refresh }: PageActions,
): TemplateResult {
  const isWhole = whole.has(seq);
  const toggle = ({ currentTarget }: Event): void => {
    if (!whole.delete(seq)) whole.add(seq);
    refresh();
    if (isWhole) scrollAfterRender(currentTarget as Element);
  };
  return html`
  <section class="scroll" aria-label="Table of ${title}" tabindex="0">
    <table class="table">
      <thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
      <tbody>${(isWhole ? rows : rows.slice(0, initialRowCount)).map((row) => html`<tr>${row.map((cell) => html`<td class=${typeof cell === 'number' ? 'number' : nothing}>${cellText(cell)}</td>`)}</tr>`)}</tbody>
    </table>
  </section>
  ${
    rows.length > initialRowCount
      ? html`<button class="button" type="button" data-part="all-rows" aria-label="${title}: ${isWhole ? 'show fewer rows' : `show all ${rows.length} rows`}" @click=${toggle}>${isWhole ? 'Show fewer' : `Show all ${rows.length}`}</button>`
      : nothing
  }`;
}

function cellText(cell: number | string | boolean | null): string {
  if (typeof cell === 'number') return formatNumber(cell);
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  return cell ?? '';
}
