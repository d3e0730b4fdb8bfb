import type { Run } from '../../state/run.ts';
import { byId, onChange, setText } from '../../ui/dom.ts';

const noteMs = 5_000;

/** The menu of what can be taken away from the page; `link` is an address that shows the same. */
export function createExport(link: () => string): (run: Run | null) => void {
  const menu = byId('export', HTMLDetailsElement);
  const note = byId('export-note', HTMLElement);
  const announcer = byId('announcer', HTMLElement);
  let timer: ReturnType<typeof setTimeout> | undefined;

  const say = (text: string): void => {
    note.hidden = text === '';
    for (const element of [note, announcer]) setText(element, text);
    clearTimeout(timer);
    if (text !== '') timer = setTimeout(say, noteMs, '');
  };
  /** What was pressed in it is gone with it: the focus goes back to what opens it. */
  const close = (): void => {
    menu.open = false;
    menu.querySelector('summary')?.focus();
  };
  const copy = async (): Promise<void> => {
    try {
      // A page over plain HTTP from another machine has no clipboard, and a browser may refuse.
      await navigator.clipboard.writeText(link());
      say('Link copied.');
    } catch {
      say('The link cannot be copied here: it is in the address bar.');
    }
  };
  byId('copy-link', HTMLButtonElement).addEventListener('click', copy);
  byId('print', HTMLButtonElement).addEventListener('click', () => print());
  menu.addEventListener('click', ({ target }) => {
    if (target instanceof Element && target.closest('a, button')) close();
  });
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !menu.open) return;
    event.preventDefault();
    close();
  });
  for (const elsewhere of ['pointerdown', 'focusin'])
    document.addEventListener(elsewhere, ({ target }) => {
      if (target instanceof Node && !menu.contains(target)) menu.open = false;
    });

  const show = onChange((runId: string | undefined) => {
    const base = `/api/runs/${encodeURIComponent(runId ?? '')}/export`;
    byId('export-csv', HTMLAnchorElement).href = `${base}.csv`;
    byId('export-json', HTMLAnchorElement).href = `${base}.jsonl`;
    menu.hidden = runId === undefined;
  });
  return (run) => show(run?.runId);
}
