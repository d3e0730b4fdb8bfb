import { html, type TemplateResult } from 'lit-html';
import type { Panel } from '../../ui/panel.ts';
import { wallPanel } from './wall-panel.ts';

/** Returns the template of the wall. */
export const wallLayout = (show: (panel: Panel) => unknown): TemplateResult => html`
  <div class="sr-only" role="status" id="announcer"></div>
  <main class="wall-main" id="main" tabindex="-1">
    <a class="skip" href="?">Open the whole page</a>
    ${show(wallPanel)}
  </main>`;
