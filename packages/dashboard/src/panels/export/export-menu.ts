import { html, nothing } from 'lit-html';
import { type ExportFormat, exportUrl } from '../../net/api.ts';
import { announce } from '../../ui/announcer.ts';
import type { PageActions, Panel } from '../../ui/panel.ts';
import { exportContent } from './export-content.ts';

/** Time for which the note below the menu is shown. */
const noteMs = 5_000;

/** The exports of all events: id of the link, format, text, and what a variant is for. */
const exports: readonly (readonly [id: string, format: ExportFormat, text: string, note?: string])[] = [
  ['export-csv', 'csv', 'Every point as CSV'],
  ['export-csv-bom', 'csv?bom=true', 'Every point as CSV', 'for spreadsheets'],
  ['export-json', 'jsonl', 'Every event as JSON lines'],
  ['export-json-null', 'jsonl?nonfinite=null', 'Every event as JSON lines', 'for tools that cannot read NaN'],
];

let note = '';
let timer: ReturnType<typeof setTimeout> | undefined;

const menu = (): HTMLDetailsElement | null => document.querySelector('#export');

for (const eventName of ['pointerdown', 'focusin'])
  document.addEventListener(eventName, ({ target }) => {
    const details = menu();
    if (details?.open && target instanceof Node && !details.contains(target)) details.open = false;
  });

/** Closes the menu and focuses its button, because the item that had the focus is hidden now. */
function close(): void {
  const details = menu();
  if (!details) return;
  details.open = false;
  details.querySelector('summary')?.focus();
}

function showNote(text: string, { refresh }: PageActions): void {
  note = text;
  announce(text);
  refresh();
  clearTimeout(timer);
  if (text !== '') timer = setTimeout(() => showNote('', { refresh } as PageActions), noteMs);
}

async function copyLink(actions: PageActions): Promise<void> {
  try {
    // A page that another machine serves over plain HTTP has no clipboard, and a browser may refuse access to it.
    await navigator.clipboard.writeText(actions.viewLink());
    showNote('Link copied.', actions);
  } catch {
    showNote('The link could not be copied. Copy it from the address bar.', actions);
  }
}

function closeOnItem({ target }: Event): void {
  if (target instanceof Element && target.closest('a, button')) close();
}

function closeOnEscape(event: KeyboardEvent): void {
  if (event.key !== 'Escape' || !menu()?.open) return;
  event.preventDefault();
  close();
}

/** Scrolls the page if the opened menu extends beyond the edge of the window. */
const showWhole = (): void => menu()?.querySelector('.menu-body')?.scrollIntoView({ block: 'nearest' });

/** The menu that exports the run's points and events, copies a link to the view, and prints the page. */
export const exportMenu: Panel = {
  render({ run }, actions) {
    const runId = run?.runId ?? '';
    return html`
      <div class="menu">
        <details class="menu" id="export" ?hidden=${run === null} @click=${closeOnItem} @keydown=${closeOnEscape} @toggle=${showWhole}>
          <summary class="button small">Export</summary>
          <div class="menu-body">
            ${run ? html`<p class="menu-note" data-field="export-content">${exportContent(run)}</p>` : nothing}
            ${exports.map(
              ([id, format, text, note]) => html`
                <a id=${id} href=${exportUrl(runId, format)} download>${text}${note ? html`<small>${note}</small>` : nothing}</a>`,
            )}
            <button type="button" id="copy-link" @click=${() => copyLink(actions)}>Copy a link to this view</button>
            <button type="button" id="print" @click=${() => print()}>Print</button>
          </div>
        </details>
        <p class="menu-body" id="export-note" ?hidden=${note === ''}>${note}</p>
      </div>`;
  },
};
