import { html, nothing, type TemplateResult } from 'lit-html';
import { type ExportFormat, exportUrl } from '../../net/api.ts';
import { formatBytes } from '../../state/format.ts';
import { announce } from '../../ui/announcer.ts';
import { onDemand } from '../../ui/on-demand.ts';
import type { PageActions, PageState } from '../../ui/panel.ts';
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

function showNote(text: string, { refresh }: PageActions): void {
  note = text;
  announce(text, 'export');
  refresh();
  clearTimeout(timer);
  if (text !== '') timer = setTimeout(() => showNote('', { refresh } as PageActions), noteMs);
}

/** The notes after a copy that succeeded, and that failed. */
const linkNotes = ['Link copied.', 'The link could not be copied. Copy it from the address bar.'] as const;
const frameNotes = [
  'Frame copied. The gateway shows it on the sites that its flag --embed names.',
  'The frame could not be copied: the browser does not allow it.',
] as const;

async function copy(
  text: string,
  [done, failed]: readonly [string, string],
  actions: PageActions,
): Promise<void> {
  try {
    // A page that another machine serves over plain HTTP has no clipboard, and a browser may refuse access to it.
    await navigator.clipboard.writeText(text);
    showNote(done, actions);
  } catch {
    showNote(failed, actions);
  }
}

const copyLink = (actions: PageActions): Promise<void> => copy(actions.viewLink(), linkNotes, actions);

/** Copies the element that shows the run in another page, such as a notebook. */
function copyFrame({ run }: PageState, actions: PageActions): Promise<void> {
  const address = `${location.origin}${location.pathname}?view=embed&run=${encodeURIComponent(run?.runId ?? '')}`;
  const frame = `<iframe src="${address}" title="Training run" width="100%" height="380"></iframe>`;
  return copy(frame, frameNotes, actions);
}

/** Whether a file is being made: it takes a moment, and a second click has no effect. */
let isSaving = false;

const loadSavePage = onDemand(() => import('./save-page.ts'));

async function saveAsFile(state: PageState, actions: PageActions): Promise<void> {
  if (isSaving) return;
  isSaving = true;
  showNote('Saving the page as a file…', actions);
  try {
    const code = await loadSavePage({ report: () => {}, isWanted: () => false });
    if (!code) throw new Error('the gateway does not respond, or the page has to be reloaded');
    const { name, bytes } = await code.savePage(state);
    showNote(`Saved as ${name}, ${formatBytes(bytes)}. It opens in any browser, also offline.`, actions);
  } catch (error) {
    showNote(`The page could not be saved: ${(error as Error).message}.`, actions);
  } finally {
    isSaving = false;
  }
}

/** Renders the items of the menu. */
export function exportItems(state: PageState, actions: PageActions): TemplateResult {
  const { run, session } = state;
  const runId = run?.runId ?? '';
  return html`
    ${session.connection.name === 'open' ? nothing : html`<p class="menu-note" data-field="export-offline">There is no connection to the gateway, which the files come from.</p>`}
    ${run ? html`<p class="menu-note" data-field="export-content">${exportContent(run)}</p>` : nothing}
    ${exports.map(
      ([id, format, text, note]) => html`
        <a id=${id} href=${exportUrl(runId, format)} download>${text}${note ? html`<small>${note}</small>` : nothing}</a>`,
    )}
    <button type="button" id="save-page" @click=${() => saveAsFile(state, actions)}>
      Save as one file<small>the page with this run, to keep or to send</small>
    </button>
    <button type="button" id="copy-link" @click=${() => copyLink(actions)}>Copy a link to this view</button>
    <button type="button" id="copy-frame" @click=${() => copyFrame(state, actions)}>
      Copy a frame<small>for a notebook or another page</small>
    </button>
    <a id="open-wall" href="?view=wall" target="_blank">Show on a wall<small>large, for people far away</small></a>
    <button type="button" id="print" @click=${() => print()}>Print</button>`;
}

/** Renders the note that an item leaves behind when the menu is closed. */
export const exportNote = (): TemplateResult =>
  html`<p class="menu-body" id="export-note" ?hidden=${note === ''}>${note}</p>`;
