import { html } from 'lit-html';
import { sectionLinks } from '../panels/sections/section-links.ts';
import { brand, themeButton } from '../panels/topbar/topbar-panel.ts';
import { formatDateTime } from '../state/format.ts';
import type { Panel } from '../ui/panel.ts';

/** The page's name, when the file was saved, and the button for the theme. */
export const savedTopbar: Panel = {
  render: (state, actions) => html`
    <header class="topbar">
      ${brand}
      ${sectionLinks('Parts of the page')}
      <p class="health" id="health">
        <span data-field="health-state">${state.savedAt === null ? 'Saved' : `Saved ${formatDateTime(state.savedAt)}`}</span>
      </p>
      <nav class="topbar-actions" aria-label="Page">${themeButton(state, actions)}</nav>
    </header>`,
};
