import { html, type TemplateResult } from 'lit-html';
import { memoizeLast } from '../../state/memoize-last.ts';
import { focusMain } from '../../ui/focus.ts';
import type { PageState, Panel } from '../../ui/panel.ts';
import { connectionText } from './connection-text.ts';
import './connection.css';

/** Returns the texts about the connection, computed once a frame for the three parts of the page that show them. */
export const connectionTextOf = memoizeLast(connectionText);

/** Renders the state of the connection, in a line for the top of the page. */
export function connectionChip({ session, now }: PageState): TemplateResult {
  const { tone, state, rate, lastEvent } = connectionTextOf(session, now);
  return html`
    <p class="health" data-tone=${tone} id="health">
      <span class="dot" aria-hidden="true"></span>
      <span data-field="health-state">${state}</span>
      <span class="health-more">${session.run && tone === 'good' ? `${rate} · ${lastEvent}` : ''}</span>
    </p>`;
}

/**
 * A banner that is shown while the connection, the gateway's storage or the run is missing, and when the page shows the run from
 * its beginning again.
 */
export const bannerPanel: Panel = {
  render({ session, now }, { followLatest, retryNow }) {
    const { banner, runIsMissing, mayRetry } = connectionTextOf(session, now);
    const andFocusMain = (action: () => void) => (): void => {
      action();
      focusMain();
    };
    return html`
      <section class="banner" id="banner" aria-label="State of the connection" ?hidden=${banner === ''}>
        <p>
          <span data-field="banner">${banner}</span>
          <button class="link" type="button" ?hidden=${!runIsMissing} @click=${andFocusMain(followLatest)}>Follow the latest</button>
          <button class="link" type="button" id="retry" ?hidden=${!mayRetry} @click=${andFocusMain(retryNow)}>Try now</button>
        </p>
      </section>`;
  },
};
