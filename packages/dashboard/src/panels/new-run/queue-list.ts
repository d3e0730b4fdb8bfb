import { html, nothing, type TemplateResult } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import type { QueueRow } from './queue-rows.ts';

/** A button of a start in the queue. */
export type QueueControl = 'up' | 'down' | 'cancel';

/** Handles a click on a button of a start in the queue; `index` is the position of the start, from 0. */
export type QueueAction = (control: QueueControl, row: QueueRow, index: number) => void;

/** Renders the starts in the queue. `data-control` identifies their buttons, so that a button can keep the focus. */
export const queueList = (rows: readonly QueueRow[], act: QueueAction): TemplateResult => html`
  <ol class="queue" id="queue-list">
    ${repeat(
      rows,
      ({ queuedId }) => queuedId,
      (row, index) =>
        item(row, index === 0, index === rows.length - 1, (control) => act(control, row, index)),
    )}
  </ol>`;

function item(
  { name, tags, facts }: QueueRow,
  isFirst: boolean,
  isLast: boolean,
  act: (control: QueueControl) => void,
): TemplateResult {
  const button = (control: QueueControl, text: string, disabled = false): TemplateResult => html`
    <button
      type="button" class=${control === 'cancel' ? 'link danger' : 'link'} data-control=${control}
      aria-label="${text} ${name}" ?disabled=${disabled} @click=${() => act(control)}
    >${text}</button>`;
  return html`
    <li>
      <p class="queued-name">${name}</p>
      ${tags.length > 0 ? html`<p class="run-tags">${tags.map((tag) => html`<span class="tag neutral">${tag}</span>`)}</p>` : nothing}
      <p class="run-facts">${facts.map((fact) => html`<span>${fact}</span>`)}</p>
      <p class="run-actions">${button('up', 'Move up', isFirst)}${button('down', 'Move down', isLast)}${button('cancel', 'Cancel')}</p>
    </li>`;
}

/**
 * Focuses a button of the start at a position, or of the last start if the queue is shorter. If the button is disabled, another one
 * of the same start is focused; if the queue is empty, its title.
 */
export function focusQueued(list: Element, index: number, control: QueueControl): void {
  const item = list.children[Math.min(index, list.children.length - 1)];
  for (const candidate of [control, control === 'up' ? 'down' : 'up', 'cancel']) {
    const button = item?.querySelector<HTMLElement>(`[data-control="${candidate}"]:enabled`);
    if (button) return button.focus();
  }
  document.getElementById('queue-title')?.focus();
}
