import { html } from 'lit-html';
import { onDemand } from '../../ui/on-demand.ts';
import type { Panel } from '../../ui/panel.ts';

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

let refresh = (): void => {};
const loadItems = onDemand(() => import('./export-items.ts'));
/** The items, which are loaded when the menu is first opened. */
let items: Awaited<ReturnType<typeof loadItems>>;
/** Why the items are not loaded yet. */
let problem = '';

async function onToggle(): Promise<void> {
  showWhole();
  if (items || !menu()?.open) return;
  items = await loadItems({
    report(text) {
      problem = text;
      refresh();
    },
    isWanted: () => menu()?.open ?? false,
  });
  refresh();
  requestAnimationFrame(showWhole);
}

/** The menu that exports the run's points and events, copies a link to the view, and prints the page. */
export const exportMenu: Panel = {
  render(state, actions) {
    refresh = actions.refresh;
    return html`
      <div class="menu">
        <details class="menu" id="export" ?hidden=${state.run === null} @click=${closeOnItem} @keydown=${closeOnEscape} @toggle=${onToggle}>
          <summary class="button small">Export</summary>
          <div class="menu-body">
            ${items ? items.exportItems(state, actions) : html`<p class="menu-note" role="status" data-field="export-problem">${problem}</p>`}
          </div>
        </details>
        ${items?.exportNote()}
      </div>`;
  },
};
