import { html, nothing, type TemplateResult } from 'lit-html';
import { info } from '../../ui/info.ts';
import type { PageActions, PageState } from '../../ui/panel.ts';
import { streamPanel } from '../connection/stream-panel.ts';
import { devicePanel } from '../facts/facts-panel.ts';

/** Renders what the strip about the system shows when it is open. */
export const systemContent = (state: PageState, actions: PageActions): TemplateResult => html`
  <p class="strip-note">${info('system', 'System')}</p>
  <div class="system-content">
    ${devicePanel.render(state, actions)}
    ${state.savedAt === null ? streamPanel.render(state, actions) : nothing}
  </div>`;
