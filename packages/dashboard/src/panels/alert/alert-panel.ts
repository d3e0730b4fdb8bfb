import { html } from 'lit-html';
import { findingText } from '../../state/findings.ts';
import { isFollowed } from '../../state/session.ts';
import { focusMain } from '../../ui/focus.ts';
import type { Panel } from '../../ui/panel.ts';
import './alert.css';

/** A strip at the top of the window with a warning or an error that has just occurred, wherever the viewer has scrolled to. */
export const alertPanel: Panel = {
  render({ alert, run, session }, { showFinding, dismissAlert }) {
    if (alert === null) return html``;
    const dismiss = (): void => {
      dismissAlert();
      focusMain();
    };
    const show = (): void => {
      dismiss();
      showFinding(alert);
    };
    return html`
      <aside class="alert ${alert.level}" id="alert" aria-label="New notice">
        <p data-field="alert">${findingText(alert)}</p>
        <button type="button" class="link" ?hidden=${!isFollowed(run, session)} @click=${show}>Show on the charts</button>
        <button type="button" class="icon-button small" aria-label="Dismiss the notice" @click=${dismiss}>✕</button>
      </aside>`;
  },
};
