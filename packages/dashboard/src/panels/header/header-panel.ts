import { html, type TemplateResult } from 'lit-html';
import { formatProgress } from '../../state/format.ts';
import { latestDataOf } from '../../state/session.ts';
import { announce } from '../../ui/announcer.ts';
import type { Panel } from '../../ui/panel.ts';
import { styled } from '../../ui/styled.ts';
import { controlsPanel } from '../controls/controls-panel.ts';
import { type HeaderText, headerText, tabTitle } from './header-text.ts';
import './header.css';

/** Maximum number of epochs for marks on the progress bar: with more, the marks would touch, so none is drawn. */
const epochMarkLimit = 50;

/** The phase announced last to screen readers. */
let announced = 'Connecting';

/** The run's name, phase, progress and latest figures, and the controls. Also writes the title of the tab. */
export const headerPanel: Panel = {
  render(state, actions) {
    const text = headerText(state.session, state.now);
    const title = tabTitle(text);
    if (document.title !== title) document.title = title;
    if (text.phaseName !== announced) {
      announced = text.phaseName;
      announce(`${text.phaseName}. ${text.detail}`);
    }
    return html`
      <section class="card hero" id="hero" data-phase=${text.colorPhase} aria-labelledby="run-title">
        <div class="hero-head">
          <div class="hero-name">
            <p class="pill"><span class="dot" aria-hidden="true"></span><span data-field="phase">${text.phaseName}</span></p>
            <h1 id="run-title" data-field="title">${text.title}</h1>
            <p class="hero-detail" data-field="detail">${text.detail}</p>
          </div>
          <p class="hero-remaining" data-field="remaining">${text.remaining}</p>
        </div>
        ${progressRow(text.progress, latestDataOf(state.session)?.started?.config.epochs ?? 0)}
        ${stats(text)}
        ${controlsPanel.render(state, actions)}
      </section>`;
  },
};

const progressRow = (share: number, epochs: number): TemplateResult => html`
  <div class="progress-row">
    <div
      class="progress" id="progress" role="progressbar" aria-label="Overall progress" aria-valuemin="0" aria-valuemax="100"
      aria-valuenow=${Math.floor(share * 100)} aria-valuetext=${formatProgress(share)}
    >
      <div class="progress-fill" ${styled({ transform: `scaleX(${share})` })}></div>
      <div class="progress-epochs">${Array.from({ length: epochs > epochMarkLimit ? 0 : epochs }, () => html`<i></i>`)}</div>
    </div>
    <p class="progress-percent" data-field="percent">${formatProgress(share)}</p>
  </div>`;

/** Renders the latest figures. A key beside a name shows the colour of its curve. */
const stats = (text: HeaderText): TemplateResult => html`
  <dl class="stats">
    <div class=${text.lossIsFinite ? 'stat' : 'stat bad'}>
      <dt><i class="key key-train" aria-hidden="true"></i>Loss</dt>
      <dd data-field="loss">${text.loss}</dd>
      <dd class="note">${text.batchNote}</dd>
    </div>
    <div class="stat">
      <dt><i class="key key-train" aria-hidden="true"></i>Accuracy</dt>
      <dd data-field="accuracy">${text.accuracy}</dd>
      <dd class="note">${text.batchNote}</dd>
    </div>
    <div class="stat stat-test">
      <dt><i class="key key-test" aria-hidden="true"></i>Test accuracy</dt>
      <dd data-field="test">${text.test}</dd>
      <dd class="note">${text.testNote}</dd>
    </div>
    <div class="stat"><dt>Epoch</dt><dd data-field="epoch">${text.epoch}</dd><dd class="note">${text.epochs}</dd></div>
    <div class="stat"><dt>Batch</dt><dd data-field="batch">${text.batch}</dd><dd class="note">${text.batches}</dd></div>
    <div class="stat">
      <dt>Speed</dt>
      <dd data-field="speed">${text.speed}</dd>
      <dd class="note">images per second</dd>
    </div>
    <div class="stat"><dt>Elapsed</dt><dd data-field="elapsed">${text.elapsed}</dd><dd class="note">training time</dd></div>
  </dl>`;
