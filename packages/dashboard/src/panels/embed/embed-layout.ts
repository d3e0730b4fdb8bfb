import { html, type TemplateResult } from 'lit-html';
import type { Panel } from '../../ui/panel.ts';
import { embedPanel } from './embed-panel.ts';

/** Returns the template of the page in a frame of another page. */
export const embedLayout = (show: (panel: Panel) => unknown): TemplateResult => html`
  <div class="sr-only" role="status" id="announcer"></div>
  <main class="embed-main" id="main" tabindex="-1">${show(embedPanel)}</main>`;
