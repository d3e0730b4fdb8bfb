import { html, type TemplateResult } from 'lit-html';
import type { PageActions, PageState, Panel } from '../../ui/panel.ts';
import type { Theme } from '../../ui/preferences.ts';
import { connectionChip } from '../connection/connection-panel.ts';
import { sectionLinks } from '../sections/section-links.ts';
import './topbar.css';

const themeTitle = (theme: Theme): string => `Theme: ${theme ?? 'system'}`;

/** The page's mark and name. */
export const brand = html`
  <div class="brand">
    <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M7 9.5c3 10 6 13.2 10 14.2s6 .6 8 .4" />
      <circle cx="24" cy="9" r="2.6" />
    </svg>
    <span class="brand-name">MNIST <span>Training Monitor</span></span>
  </div>`;

/** Renders the button that switches to the next theme. */
export const themeButton = ({ theme }: PageState, { nextTheme }: PageActions): TemplateResult => html`
  <button
    class="icon-button" type="button" id="theme" @click=${nextTheme}
    title=${themeTitle(theme)} aria-label=${themeTitle(theme)}
  >
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <g class="icon-system">
        <circle cx="12" cy="12" r="8" />
        <path class="filled" d="M12 4a8 8 0 0 1 0 16z" />
      </g>
      <g class="icon-light">
        <circle cx="12" cy="12" r="4.2" />
        <path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4" />
      </g>
      <path class="icon-dark" d="M20 14.2A8.2 8.2 0 0 1 9.8 4a8.2 8.2 0 1 0 10.2 10.2z" />
    </svg>
  </button>`;

/** The page's name, the state of the connection, and the buttons for the list of runs, the theme and the help. */
export const topbarPanel: Panel = {
  render: (state, actions) => html`
    <header class="topbar">
      ${brand}
      ${sectionLinks('Parts of the page')}
      ${connectionChip(state)}
      <nav class="topbar-actions" aria-label="Page">
        <button class="button small" type="button" id="runs-open" aria-haspopup="dialog" @click=${actions.openRuns}>Runs</button>
        ${themeButton(state, actions)}
        <button
          class="icon-button" type="button" id="help-open" @click=${actions.openHelp}
          aria-haspopup="dialog" aria-label="Help" title="Help (?)"
        >
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <circle cx="12" cy="12" r="9" />
            <path d="M9.6 9.4a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.2.9-1.2 1.8v.3M12 16.8v.2" />
          </svg>
        </button>
      </nav>
    </header>`,
};
