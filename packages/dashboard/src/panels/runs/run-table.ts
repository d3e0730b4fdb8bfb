import type { RunSort } from '@mnist-monitor/shared/browser';
import { html, nothing, svg, type TemplateResult } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import type { SortOrder } from '../../net/api.ts';
import { formatLoss } from '../../state/format.ts';
import type { RunRow } from './run-rows.ts';
import { isOwnColumn, labelOf } from './run-sort.ts';
import { type Sparkline, sparklinePath, sparklineSize } from './sparklines.ts';

/** A row of the table with its state on the page. */
export interface TableRow extends RunRow {
  isShown: boolean;
  isCompared: boolean;
  isSelected: boolean;
  /** The loss or another curve of the run; undefined until it is loaded. */
  curve: Sparkline | undefined;
  /** The form that edits the run; undefined while it is not edited. */
  editor: TemplateResult | undefined;
}

/** A control of a row. `data-run` and `data-control` identify it, so that it can keep the focus. */
export type RowControl = 'open' | 'select' | 'menu';

/** The content of the table, and what its controls do. */
export interface RunTableOptions {
  rows: readonly TableRow[];
  order: SortOrder;
  sortBy(sort: RunSort): void;
  /** Selects a run or ends its selection; `toHere` extends the selection from the run that was selected last. */
  select(row: TableRow, toHere: boolean): void;
  /** Selects all rows or, if they are, none. */
  selectAll(): void;
  open(row: TableRow): void;
  openMenu(row: TableRow, button: HTMLElement): void;
}

// The roles are explicit, because browsers drop those of a table whose rows are no table rows in their styles, as on a phone.

/** Renders the runs as a table that is sorted by its headings. In a narrow window, each run is a card. */
export function runTable(options: RunTableOptions): TemplateResult {
  const { rows, order, selectAll } = options;
  const selected = rows.filter(({ isSelected }) => isSelected).length;
  const heading = (sort: RunSort, className = ''): TemplateResult => sortHeading(options, sort, className);
  const own = isOwnColumn(order.sort) ? heading(order.sort, 'number run-own') : nothing;
  return html`
    <table class="table run-table" role="table" aria-label="Runs" ?hidden=${rows.length === 0}>
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col" class="run-select">
            <input
              type="checkbox" aria-label="Select all runs in the table" .checked=${selected > 0 && selected === rows.length}
              .indeterminate=${selected > 0 && selected < rows.length} @change=${selectAll}
            />
          </th>
          ${heading('name')}
          <th role="columnheader" scope="col">Status</th>
          <th role="columnheader" scope="col">Curve</th>
          ${heading('bestAccuracy', 'number')}${heading('loss', 'number')}${own}
          <th role="columnheader" scope="col">Settings</th>
          ${heading('seconds', 'number')}${heading('started', 'number')}
          <th role="columnheader" scope="col"><span class="sr-only">Actions</span></th>
        </tr>
      </thead>
      <tbody role="rowgroup" id="run-list">
        ${repeat(
          rows,
          ({ runId }) => runId,
          (row) => tableRow(row, options),
        )}
      </tbody>
    </table>`;
}

const arrows: Record<SortOrder['direction'], string> = { ascending: '↑', descending: '↓' };

function sortHeading({ order, sortBy }: RunTableOptions, sort: RunSort, className: string): TemplateResult {
  const direction = order.sort === sort ? order.direction : undefined;
  return html`
    <th role="columnheader" scope="col" class=${className || nothing} aria-sort=${direction ?? nothing}>
      <button class="sort" type="button" data-sort=${sort} @click=${() => sortBy(sort)}>
        ${labelOf(sort)}<span class="sort-arrow" aria-hidden="true">${direction ? arrows[direction] : ''}</span>
      </button>
    </th>`;
}

function tableRow(row: TableRow, options: RunTableOptions): TemplateResult {
  const { runId, name, isShown, isCompared, isSelected } = row;
  const select = (event: MouseEvent): void => options.select(row, event.shiftKey);
  const menu = ({ currentTarget }: Event): void => options.openMenu(row, currentTarget as HTMLElement);
  const mark = isShown ? 'on display' : isCompared ? 'compared' : '';
  const value = (label: string, text: string, className: string): TemplateResult => html`
    <td role="cell" class="${className}${text === '' ? ' no-value' : ''}">
      ${text === '' ? nothing : html`<span class="cell-label">${label}</span>${text}`}
    </td>`;
  return html`
    <tr role="row" class="run${isShown ? ' shown' : ''}${isSelected ? ' selected' : ''}" data-run=${runId}>
      <td role="cell" class="run-select">
        <input
          type="checkbox" data-control="select" aria-label="Select ${name}" .checked=${isSelected} @click=${select}
        />
      </td>
      <td role="cell" class="run-name-cell">
        <div class="run-title"><button
          type="button" class="link run-name clamp" data-control="open" title=${name}
          aria-current=${isShown ? 'true' : nothing} @click=${() => options.open(row)}
        >${name}</button>
        ${mark === '' ? nothing : html`<span class="tag neutral">${mark}</span>`}
        ${row.pinned ? html`<span class="tag neutral">pinned</span>` : nothing}</div>
        <p class="run-id">${[row.hasName && runId, row.device].filter(Boolean).join(' · ')}</p>
        ${row.tags.length > 0 ? html`<p class="run-tags">${row.tags.map((tag) => html`<span class="tag neutral">${tag}</span>`)}</p>` : nothing}
        ${row.note === '' ? nothing : html`<p class="run-note">${row.note}</p>`}
      </td>
      <td role="cell" class="run-status"><span class="pill small ${row.status}">${row.statusName}</span></td>
      <td role="cell" class="run-curve">${row.curve ? sparkline(row.curve) : nothing}</td>
      ${value('Best test accuracy', row.bestAccuracy, 'number run-accuracy')}
      <td role="cell" class="number run-loss${row.loss === '' ? ' no-value' : ''}">
        ${row.loss === '' ? nothing : html`<span class="cell-label">Loss</span>${row.loss}`}
        ${row.isTrainingLoss ? html`<small>training</small>` : nothing}
      </td>
      ${row.own === undefined ? nothing : value(labelOf(options.order.sort), row.own, 'number run-own')}
      <td role="cell" class="run-settings">${row.settings}</td>
      ${value('Training time', row.duration, 'number run-time')}${value('Start', row.started, 'number run-start')}
      <td role="cell" class="run-menu-cell">
        <button
          type="button" class="icon-button small" data-control="menu" aria-label="Actions for ${name}" aria-haspopup="true"
          @click=${menu}
        >⋯</button>
      </td>
    </tr>
    ${row.editor ? html`<tr role="row" class="run-edit"><td role="cell" colspan="11">${row.editor}</td></tr>` : nothing}`;
}

function sparkline({ label, values }: Sparkline): TemplateResult | typeof nothing {
  const path = sparklinePath(values);
  if (path === '') return nothing;
  const { width, height } = sparklineSize;
  const text = `${label}: from ${formatLoss(values[0])} to ${formatLoss(values.at(-1))}`;
  return html`
    <svg class="sparkline" role="img" aria-label=${text} viewBox="0 0 ${width} ${height}" width=${width} height=${height}>
      ${svg`<title>${text}</title><path d=${path} />`}
    </svg>`;
}
