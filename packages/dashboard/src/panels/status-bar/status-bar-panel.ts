import { html, nothing, type TemplateResult } from 'lit-html';
import { type Finding, findingText } from '../../state/findings.ts';
import { runBelow } from '../../state/run-below.ts';
import { isFollowed } from '../../state/session.ts';
import type { PageActions, PageState, Panel } from '../../ui/panel.ts';
import { styled } from '../../ui/styled.ts';
import type { HeaderFigure } from '../header/header-figures.ts';
import { dismissButton, showAndDismiss, textOf } from '../header/header-panel.ts';
import { sectionLinks } from '../sections/section-links.ts';
import './status-bar.css';

/**
 * A bar at the top of the window while the hero is out of view: the state, the progress and the main results of the run, and a
 * warning or an error that has just occurred.
 */
export const statusBarPanel: Panel = {
  render(state, actions) {
    const text = textOf(state.session, state.now, state.view);
    const { progress, percent, phaseName, remaining } = text;
    const below = runBelow(state);
    return html`
      <aside class="status-bar" id="status-bar" data-phase=${text.colorPhase} aria-label="The run at a glance">
        <div class="status-line">
          <p class="pill small"><span class="dot" aria-hidden="true"></span>${phaseName}</p>
          ${percent ? html`<b class="status-percent">${percent}</b>` : nothing}
          <dl>${text.figures
            .filter(({ field }) => field !== 'accuracy' || text.figures[0]?.field === field)
            .slice(0, 2)
            .map(figure)}</dl>
          <b>${remaining}</b>
          ${below ? html`<span class="tag neutral cut">below: ${below.name}</span>` : nothing}
          ${sectionLinks('Parts of the page, in the bar')}
        </div>
        ${progress === null ? nothing : html`<div class="progress" aria-hidden="true"><div class="progress-fill" ${styled({ transform: `scaleX(${progress})` })}></div></div>`}
        ${state.alert ? alertLine(state.alert, state, actions) : nothing}
      </aside>`;
  },
};

const figure = ({ shortName, value, isBad }: HeaderFigure): TemplateResult => html`
  <div class=${isBad ? 'bad' : nothing}><dt>${shortName}</dt><dd>${value}</dd></div>`;

/** Renders a warning or an error that has just occurred, until the viewer has shown it on the charts or dismissed it. */
const alertLine = (alert: Finding, { run, session }: PageState, actions: PageActions): TemplateResult => html`
  <div class="alert ${alert.level}" id="alert">
    <p data-field="alert">${findingText(alert)}</p>
    <button type="button" class="link" ?hidden=${!isFollowed(run, session)} @click=${() => showAndDismiss(alert, actions)}>Show on the charts</button>
    ${dismissButton(actions)}
  </div>`;
