import { html } from 'lit-html';
import { sectionLinks } from '../panels/sections/section-links.ts';
import { brand, themeButton } from '../panels/topbar/topbar-panel.ts';
import type { Panel } from '../ui/panel.ts';

const formatMoment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** The page's name, when the file was saved, and the button for the theme. */
export const savedTopbar: Panel = {
  render: (state, actions) => html`
    <header class="topbar">
      ${brand}
      ${sectionLinks('Parts of the page')}
      <p class="health" id="health">
        <span data-field="health-state">Saved ${formatMoment.format(state.savedAt ?? undefined)}</span>
      </p>
      <nav class="topbar-actions" aria-label="Page">${themeButton(state, actions)}</nav>
    </header>`,
};
