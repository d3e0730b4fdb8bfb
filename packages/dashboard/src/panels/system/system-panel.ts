import { html, nothing } from 'lit-html';
import { deviceText } from '../../state/run-summaries.ts';
import { lazyPart } from '../../ui/lazy-part.ts';
import type { Panel } from '../../ui/panel.ts';
import { connectionTextOf } from '../connection/connection-panel.ts';
import './system.css';

let isOpen = false;
let refresh = (): void => {};
/** Returns the content, which is loaded when the strip is opened for the first time. */
const content = lazyPart(
  async () => (await import('./system-content.ts')).systemContent,
  () => refresh(),
);

/** A strip at the end of the page about the device, the machine and the stream, which the viewer can open. */
export const systemPanel: Panel = {
  render(state, actions) {
    refresh = actions.refresh;
    const { session, run, now, printing, savedAt } = state;
    const { state: connection, delay, received } = connectionTextOf(session, now);
    const stream = savedAt === null ? [connection, delay === '–' ? '' : `delay ${delay}`] : [];
    const summary = [deviceText(run?.started?.device), ...stream];
    const toggle = ({ target }: Event): void => {
      isOpen = (target as HTMLDetailsElement).open;
      refresh();
    };
    return html`
      <details class="card strip system" id="system" ?open=${isOpen || printing} @toggle=${toggle}>
        <summary>
          <h2>System</h2>
          <span class="card-note">${summary.filter(Boolean).join(' · ')}${savedAt === null ? html` · <span data-field="stream-received">${received}</span>` : nothing}</span>
        </summary>
        ${isOpen || printing ? content()?.(state, actions) : ''}
      </details>`;
  },
};
