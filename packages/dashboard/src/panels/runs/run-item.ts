import { html, nothing, type TemplateResult } from 'lit-html';
import type { RunRow } from './run-rows.ts';

/** The state of a listed run on the page, and the actions that are allowed for it. */
interface RunItemState {
  shown: boolean;
  compared: boolean;
  mayCompare: boolean;
  mayChange: boolean;
  /** The form that edits the run; undefined while it is not edited. */
  editor: TemplateResult | undefined;
}

type Control = 'open' | 'compare' | 'pin' | 'edit' | 'delete';

/** Renders a run of the list. `data-run` and `data-control` identify its controls, so that they can keep the focus. */
export function runItem(row: RunRow, state: RunItemState, act: Record<Control, () => void>): TemplateResult {
  const { runId, name } = row;
  const { shown, compared, mayCompare, mayChange, editor } = state;
  const pin = row.pinned ? 'Unpin' : 'Pin';
  const button = (control: Control, className: string, text: string, label: string): TemplateResult => html`
    <button type="button" class=${className} data-control=${control} aria-label=${label} @click=${act[control]}>${text}</button>`;
  const facts = [row.duration, row.device, row.settings, row.started].filter(Boolean);
  return html`
    <li class=${shown ? 'run shown' : 'run'} data-run=${runId}>
      <div class="run-head">
        <span class="pill small ${row.status}">${row.statusName}</span>
        <button
          type="button" class="link run-name" data-control="open" title=${name}
          aria-current=${shown ? 'true' : nothing} @click=${act.open}
        >${name}</button>
        ${row.pinned ? html`<span class="tag neutral">pinned</span>` : nothing}
        <span class="spacer"></span>
        <label class="tool">
          <input
            type="checkbox" data-control="compare" .checked=${compared} ?disabled=${!mayCompare}
            aria-label="${shown ? 'Shown:' : 'Compare'} ${name}" @change=${act.compare}
          />${shown ? 'Shown' : 'Compare'}
        </label>
      </div>
      ${editor ?? nothing}
      ${row.hasName ? html`<p class="run-id">${runId}</p>` : nothing}
      ${row.tags.length > 0 && !editor ? html`<p class="run-tags">${row.tags.map((tag) => html`<span class="tag neutral">${tag}</span>`)}</p>` : nothing}
      <p class="run-facts">${row.bestAccuracy ? html`<b>${row.bestAccuracy}</b>` : nothing}${facts.map((fact) => html`<span>${fact}</span>`)}</p>
      ${row.note && !editor ? html`<p class="run-note">${row.note}</p>` : nothing}
      ${
        mayChange
          ? html`
              <p class="run-actions">
                ${button('pin', 'link', pin, `${pin} ${name}`)}
                ${button('edit', 'link', 'Name, tags and note…', `Name, tags and note of ${name}`)}
                ${button('delete', 'link danger', 'Delete…', `Delete ${name}`)}
              </p>`
          : nothing
      }
    </li>`;
}
