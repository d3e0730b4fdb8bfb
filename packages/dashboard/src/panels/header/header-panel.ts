import { html, nothing, type TemplateResult } from 'lit-html';
import { mostSerious } from '../../state/alerts.ts';
import { announcedEpochs } from '../../state/axis.ts';
import { type Finding, findingText } from '../../state/findings.ts';
import { isFollowed, labelsOf, latestDataOf, type Session } from '../../state/session.ts';
import { announce } from '../../ui/announcer.ts';
import type { PageActions, PageState, Panel } from '../../ui/panel.ts';
import { styled } from '../../ui/styled.ts';
import { controlsPanel } from '../controls/controls-panel.ts';
import type { RunEditor } from '../run-editor/run-editor.ts';
import { type HeaderText, type HeaderValue, headerText, tabTitle } from './header-text.ts';
import './header.css';

/** Maximum number of epochs for marks on the progress bar: with more, the marks would touch, so none is drawn. */
const epochMarkLimit = 50;

/** The phase announced last to screen readers. */
let announced = 'Connecting';

/** The run's name, phase, progress and latest values, and the controls. Also writes the title of the tab. */
export const headerPanel: Panel = {
  render(state, actions) {
    const text = headerText(state.session, state.now);
    const tab = tabTitle(text, state.alert);
    const serious = text.phase === 'starting' ? undefined : mostSerious(state.liveFindings);
    if (document.title !== tab) document.title = tab;
    if (text.phaseName !== announced) {
      announced = text.phaseName;
      announce(`${text.phaseName}. ${text.detail}`, 'phase');
    }
    return html`
      <section class="card hero" id="hero" data-phase=${text.colorPhase} aria-labelledby="run-title">
        <div class="hero-head">
          <div class="hero-name">
            <p class="pill"><span class="dot" aria-hidden="true"></span><span data-field="phase">${text.phaseName}</span></p>
${title(text, state, actions)}
            <p class="hero-detail" data-field="detail">${text.detail}</p>
            ${serious ? finding(serious, state, actions) : nothing}
          </div>
          <p class="hero-remaining" data-field="remaining">${text.remaining}</p>
        </div>
        ${progressRow(text, epochsOf(state.session))}
        ${stats(text)}
        ${controlsPanel.render(state, actions)}
      </section>`;
  },
};

/** Renders a finding of the followed run. It leads to the charts, unless they show another run. */
const finding = (
  serious: Finding,
  { run, session }: PageState,
  { showFinding }: PageActions,
): TemplateResult => html`
  <p class="hero-finding ${serious.level}">${
    isFollowed(run, session)
      ? html`<button type="button" class="link" data-field="finding" title="Show on the charts" @click=${() => showFinding(serious)}>${findingText(serious)}</button>`
      : html`<span data-field="finding">${findingText(serious)}</span>`
  }</p>`;

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

async function edit(session: Session, actions: PageActions): Promise<void> {
  const latest = latestDataOf(session);
  if (!latest) return;
  const { runId } = latest;
  const { RunEditor } = await import('../run-editor/run-editor.ts');
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

/** Renders the progress: a share of the run, or, while its length is not known, only that it is running. */
function progressRow(
  { progress: share, percent, phase }: HeaderText,
  epochs: number,
): TemplateResult | typeof nothing {
  if (share === null)
    return phase === 'running'
      ? html`<div class="progress-row"><div class="progress endless" id="progress" role="progressbar" aria-label="Overall progress" aria-valuetext="running, of unknown length"></div></div>`
      : nothing;
  return html`
    <div class="progress-row">
      <div
        class="progress" id="progress" role="progressbar" aria-label="Overall progress" aria-valuemin="0" aria-valuemax="100"
        aria-valuenow=${Math.floor(share * 100)} aria-valuetext=${percent}
      >
        <div class="progress-fill" ${styled({ transform: `scaleX(${share})` })}></div>
        <div class="progress-epochs">${Array.from({ length: epochs > epochMarkLimit ? 0 : epochs }, () => html`<i></i>`)}</div>
      </div>
      <p class="progress-percent" data-field="percent">${percent}</p>
    </div>`;
}

/** Renders the values that the header shows. A key beside a name has the colour of the curve of the value. */
function stats(text: HeaderText): TemplateResult {
  const stat = (field: HeaderValue, name: string, note: string, key = ''): TemplateResult | typeof nothing =>
    text.shown.has(field)
      ? html`
          <div class=${field === 'loss' && !text.lossIsFinite ? 'stat bad' : field === 'test' ? 'stat stat-test' : 'stat'}>
            <dt>${key ? html`<i class="key key-${key}" aria-hidden="true"></i>` : nothing}${name}</dt>
            <dd data-field=${field} ${styled({ '--characters': String(text[field].length) })}>${text[field]}</dd>
            <dd class="note">${note}</dd>
          </div>`
      : nothing;
  return html`
    <dl class="stats" ${styled({ '--stats': String(text.shown.size) })}>
      ${stat('loss', 'Loss', text.lossNote, text.lossKey)}
      ${stat('accuracy', 'Accuracy', text.accuracyNote, 'train')}
      ${stat('test', 'Test accuracy', text.testNote, 'test')}
      ${stat('epoch', 'Epoch', text.epochs)}
      ${stat('batch', text.batchName, text.batches)}
      ${stat('speed', 'Speed', text.speedUnit)}
      ${stat('elapsed', 'Elapsed', 'training time')}
    </dl>`;
}
