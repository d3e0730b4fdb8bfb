import { html, nothing, type TemplateResult } from 'lit-html';
import { mostSerious } from '../../state/alerts.ts';
import { announcedEpochs } from '../../state/axis.ts';
import { classCountOf } from '../../state/chart-specs.ts';
import { type Finding, findingText } from '../../state/findings.ts';
import { memoizeLast } from '../../state/memoize-last.ts';
import type { Run } from '../../state/run.ts';
import { isFollowed, labelsOf, latestDataOf, type Session } from '../../state/session.ts';
import { announce } from '../../ui/announcer.ts';
import { curveKey } from '../../ui/curve-key.ts';
import { focusMain } from '../../ui/focus.ts';
import { info } from '../../ui/info.ts';
import { onDemandDialog } from '../../ui/on-demand.ts';
import type { PageActions, PageState, Panel } from '../../ui/panel.ts';
import { styled } from '../../ui/styled.ts';
import { controlsPanel } from '../controls/controls-panel.ts';
import type { RunEditor } from '../run-editor/run-editor.ts';
import type { HeaderFigure } from './header-figures.ts';
import { type HeaderText, headerText, tabTitle } from './header-text.ts';
import './header.css';

/** Maximum number of epochs for marks on the progress bar: with more, the marks would touch, so none is drawn. */
const epochMarkLimit = 50;

/** The phase announced last to screen readers, and the run that it is about. */
let announced: { phaseName: string; runId?: string | undefined } = { phaseName: 'Connecting' };

/** Announces the phase when it changes, and with the name of the run when that is another one than before. */
function announcePhase({ phaseName, title, detail, phase }: HeaderText, run: Run | null): void {
  const runId = phase === 'starting' ? announced.runId : run?.runId;
  const isOtherRun = announced.runId !== undefined && runId !== undefined && announced.runId !== runId;
  if (phaseName === announced.phaseName && !isOtherRun) return;
  announced = { phaseName, runId: runId ?? announced.runId };
  const sentence = phaseName.endsWith('…') ? phaseName : `${phaseName}.`;
  announce(`${isOtherRun ? `${title}: ` : ''}${sentence} ${detail}`, 'phase');
}

/** Whether the figures of the hero are in view; otherwise the status bar shows them. */
let areFiguresVisible = true;
let observer: IntersectionObserver | undefined;

/** Returns whether the figures of the hero are in view. */
export const heroIsVisible = (): boolean => areFiguresVisible;

/** The texts of the header, computed once a frame for the hero and the status bar. */
export const textOf = memoizeLast(headerText);

/** The run's name, phase, results and progress, and the controls. Also writes the title of the tab. */
export const headerPanel: Panel = {
  render(state, actions) {
    const text = textOf(state.session, state.now, state.view);
    const tab = tabTitle(text, state.alert);
    const serious = text.phase === 'starting' ? undefined : (state.alert ?? mostSerious(state.liveFindings));
    if (document.title !== tab) document.title = tab;
    announcePhase(text, state.session.run);
    return html`
      <section
        class="card hero" id="hero" data-phase=${text.colorPhase} ?data-alone=${text.phase === 'missing' && state.run === null}
        aria-labelledby="run-title"
      >
        <div class="hero-head">
          <div class="hero-name">
            <p class="pill"><span class="dot" aria-hidden="true"></span><span data-field="phase">${text.phaseName}</span></p>
${title(text, state, actions)}
            <p class="hero-detail" data-field="detail">${text.detail}</p>
            ${serious ? finding(serious, state, actions) : nothing}
          </div>
        </div>
        ${figures(text, state.session.run)}
        ${progressRow(text, text.phase === 'starting' ? 0 : epochsOf(state.session))}
        ${controlsPanel.render(state, actions)}
      </section>`;
  },
  draw(_, { refresh }) {
    const element = document.getElementById('figures');
    if (observer || !element) return;
    observer = new IntersectionObserver(([entry]) => {
      areFiguresVisible = entry?.isIntersecting ?? true;
      refresh();
    });
    observer.observe(element);
  },
};

/**
 * Renders a finding of the followed run. It leads to the charts, unless they show another run. One that has just occurred can be
 * dismissed.
 */
function finding(shown: Finding, { alert, run, session }: PageState, actions: PageActions): TemplateResult {
  const text = findingText(shown);
  return html`
    <p class="hero-finding ${shown.level}">
      ${
        isFollowed(run, session)
          ? html`<button type="button" class="link clamp" data-field="finding" title="Show on the charts" @click=${() => showAndDismiss(shown, actions)}>${text}</button>`
          : html`<span class="clamp" data-field="finding">${text}</span>`
      }
      ${alert ? dismissButton(actions) : nothing}
    </p>`;
}

/** Shows a finding on the charts: the viewer has seen it then. */
export function showAndDismiss(shown: Finding, { dismissAlert, showFinding }: PageActions): void {
  dismissAlert();
  showFinding(shown);
}

/** Renders the button that dismisses the alert. The focus, which the button loses, goes to the content of the page. */
export const dismissButton = ({ dismissAlert }: PageActions): TemplateResult => html`
  <button
    type="button" class="icon-button small" aria-label="Dismiss the notice" title="Dismiss"
    @click=${() => {
      dismissAlert();
      focusMain();
    }}
  >✕</button>`;

/** The form that edits the name and the tags of the run; undefined while they are not edited. */
let editor: RunEditor | undefined;

/**
 * Renders the name and the tags of the run, with a button that edits them where that is allowed; while they are edited, renders
 * the form.
 */
function title(text: HeaderText, { session }: PageState, actions: PageActions): TemplateResult {
  const run = text.phase === 'starting' ? null : session.run;
  if (editor && editor.runId === run?.runId)
    return html`<h1 class="sr-only" id="run-title" data-field="title">${text.title}</h1>${editor.template()}`;
  const mayEdit = run !== null && session.commands !== 'off';
  return html`
    <h1 id="run-title" data-field="title">${text.title}</h1>
    ${text.tags.length > 0 ? html`<p class="hero-tags">${text.tags.map((tag) => html`<span class="tag neutral">${tag}</span>`)}</p>` : nothing}
    ${
      mayEdit
        ? html`
            <button
              type="button" class="icon-button small" id="edit-run" aria-label="Edit name and tags"
              title="Edit name and tags" @click=${() => edit(session, actions)}
            ><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 20l1-4L16 5l3 3L8 19zM13.5 7.5l3 3" /></svg></button>`
        : nothing
    }`;
}

const loadEditor = onDemandDialog('Name and tags', () => import('../run-editor/run-editor.ts'));

async function edit(session: Session, actions: PageActions): Promise<void> {
  const latest = latestDataOf(session);
  if (!latest) return;
  const { runId } = latest;
  const code = await loadEditor();
  if (!code) return;
  const { RunEditor } = code;
  const show = (next: RunEditor | undefined): void => {
    editor = next;
    actions.refresh();
  };
  show(
    new RunEditor({
      run: { runId, note: null, ...labelsOf(session, latest) },
      withNote: false,
      save: (changes) => actions.changeRun(runId, changes),
      refresh: actions.refresh,
      close: () => {
        show(undefined);
        focusSoon('#edit-run');
      },
    }),
  );
  focusSoon('#edit-form [name="name"]');
}

/** Focuses an element that the next frame renders. */
const focusSoon = (selector: string): number =>
  requestAnimationFrame(() => document.querySelector<HTMLElement>(selector)?.focus());

const epochsOf = (session: PageState['session']): number =>
  announcedEpochs(latestDataOf(session)?.started ?? null) ?? 0;

/** Renders the progress: a bar with the share of the run or, while its length is not known, without; and a line about it. */
function progressRow(text: HeaderText, epochs: number): TemplateResult | typeof nothing {
  const bar = progressBar(text, epochs);
  const hasLine = text.percent !== '' || text.parts.length > 0 || text.remaining !== '';
  if (bar === nothing && !hasLine) return nothing;
  return html`
    ${bar}
    <p class="progress-line">
      ${text.percent ? html`<b data-field="percent">${text.percent}</b>` : nothing}
      ${text.parts.map(({ field, text: part }) => html`<span data-field=${field}>${part}</span>`)}
      <b class="hero-remaining" data-field="remaining">${text.remaining}</b>
    </p>`;
}

function progressBar(
  { progress: share, percent, phase }: HeaderText,
  epochs: number,
): TemplateResult | typeof nothing {
  if (share === null)
    return phase === 'running'
      ? html`<div class="progress endless" id="progress" role="progressbar" aria-label="Overall progress" aria-valuetext="running, of unknown length"></div>`
      : nothing;
  return html`
    <div
      class="progress" id="progress" role="progressbar" aria-label="Overall progress" aria-valuemin="0" aria-valuemax="100"
      aria-valuenow=${Math.floor(share * 100)} aria-valuetext=${percent}
    >
      <div class="progress-fill" ${styled({ transform: `scaleX(${share})` })}></div>
      <div class="progress-epochs">${Array.from({ length: epochs > epochMarkLimit ? 0 : epochs }, () => html`<i></i>`)}</div>
    </div>`;
}

/** Renders the results in large type. */
const figures = ({ figures: shown }: HeaderText, run: Run | null): TemplateResult => html`
  <dl class="stats" id="figures">${shown.map((figure) => figureTemplate(figure, run))}</dl>`;

/** The marks of the curves, as the legends of the charts show them. */
const keys = {
  train: { kind: 'line', color: '--train' },
  test: { kind: 'test', color: '--test' },
} as const;

/** Renders a result with its notes. The key beside its name has the colour of its curve. */
const figureTemplate = (
  { field, name, curve, value, notes, isBad }: HeaderFigure,
  run: Run | null,
): TemplateResult => html`
  <div class=${isBad ? 'stat bad' : 'stat'}>
    <dt>${curve ? curveKey(keys[curve]) : nothing}${name}${field === 'test' ? info('test', name, classCountOf(run)) : nothing}</dt>
    <dd data-field=${field} ${styled({ '--characters': String(value.length) })}>${value}</dd>
    <dd class="note" data-field="${field}-note">${notes.map((note) => html`<span>${note}</span> `)}</dd>
  </div>`;
