import { html } from 'lit-html';
import { lazyPart } from '../../ui/lazy-part.ts';
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

/** Whether the menu has been opened: its items are loaded then. */
let wasOpened = false;
let refresh = (): void => {};
const loadedItems = lazyPart(
  () => import('./export-items.ts'),
  () => {
    refresh();
    requestAnimationFrame(showWhole);
  },
);

function onToggle(): void {
  wasOpened = true;
  refresh();
  showWhole();
}

/** The menu that exports the run's points and events, copies a link to the view, and prints the page. */
export const exportMenu: Panel = {
  render(state, actions) {
    refresh = actions.refresh;
    const items = wasOpened ? loadedItems() : undefined;
    return html`
      <div class="menu">
        <details class="menu" id="export" ?hidden=${state.run === null} @click=${closeOnItem} @keydown=${closeOnEscape} @toggle=${onToggle}>
          <summary class="button small">Export</summary>
          <div class="menu-body">${items?.exportItems(state, actions)}</div>
        </details>
        ${items?.exportNote()}
      </div>`;
  },
};
