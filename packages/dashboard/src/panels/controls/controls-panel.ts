import { settingBounds } from '@mnist-monitor/shared/browser';
import { html, nothing } from 'lit-html';
import { formatLearningRate } from '../../state/format.ts';
import type { Run } from '../../state/run.ts';
import { displayName } from '../../state/run-summaries.ts';
import { stepWordOf } from '../../state/run-words.ts';
import { labelsOf, latestDataOf, type Session } from '../../state/session.ts';
import { onDemandDialog } from '../../ui/on-demand.ts';
import type { PageActions, Panel } from '../../ui/panel.ts';
import { availableControls, invalidRateNote, rateChangedNote } from './available-controls.ts';
import './controls.css';

/** Outcome of the last command. */
let note = { text: '', bad: false };
let busy = false;
/** Text of the learning rate field, unless the viewer is editing it. */
let shownRate = '';
/** The run that the panel showed when it was last rendered: the one that the viewer commands. */
let shownRun: Run | null = null;
/** The run that was shown when the viewer typed a learning rate; null while no typed rate waits to be sent. */
let rateRun: Run | null = null;
/** Id of the run whose learning rate the field shows. */
let shownRateRunId: string | undefined;

const rateInput = (): HTMLInputElement => document.getElementById('rate-input') as HTMLInputElement;

/** Sends a command and shows its outcome. Ignores further clicks until the answer has arrived. */
async function runCommand(
  actions: PageActions,
  send: () => Promise<string | undefined>,
  successNote = '',
): Promise<void> {
  if (busy) return;
  busy = true;
  note = { text: '', bad: false };
  actions.refresh();
  try {
    const problem = await send();
    note = { text: problem ?? successNote, bad: Boolean(problem) };
  } finally {
    busy = false;
    actions.refresh();
  }
}

const loadConfirmation = onDemandDialog('Stop', () => import('../../ui/confirm.ts'));

async function stop(run: Run, session: Session, actions: PageActions): Promise<string | undefined> {
  const latest = latestDataOf(session);
  const name = latest ? displayName({ runId: run.runId, ...labelsOf(session, latest) }) : run.runId;
  const question = {
    title: `Stop ${name}?`,
    text: `The run ends after its current ${stepWordOf(run)}, with everything saved. It cannot be continued.`,
    confirmLabel: 'Stop',
  };
  const code = await loadConfirmation();
  return (await code?.confirmAction(question)) ? actions.sendCommand(run.runId, 'stop') : undefined;
}

function setRate(event: SubmitEvent, actions: PageActions): void {
  event.preventDefault();
  const learningRate = rateInput().valueAsNumber;
  const run = rateRun ?? shownRun;
  if (!run) return;
  const send = async (): Promise<string | undefined> => {
    const problem = await actions.sendCommand(run.runId, 'setLearningRate', { learningRate });
    rateRun = null;
    if (problem !== undefined) rateInput().value = shownRate;
    return problem;
  };
  runCommand(actions, send, rateChangedNote(learningRate, run));
}

/** Shows the rate of the run, unless the field has the focus. A new value or another run replaces what the viewer has typed. */
function showRate(run: Run | null): void {
  const focused = document.activeElement;
  const isTypedForAnother = rateRun !== null && rateRun.runId !== run?.runId;
  // A rate that was typed for another run may be about to be sent with the button.
  if (focused?.id === 'rate-input' || (isTypedForAnother && focused?.closest('#rate-form'))) return;
  const rate = run?.batch?.learningRate;
  const text = typeof rate === 'number' ? formatLearningRate(rate) : shownRate;
  if (text === shownRate && run?.runId === shownRateRunId) return;
  shownRate = text;
  shownRateRunId = run?.runId;
  rateRun = null;
  // A template writes only a value that differs from the one it has written last, and not over what was typed since.
  rateInput().value = text;
}

function rejectRate(event: Event, { refresh }: PageActions): void {
  event.preventDefault();
  note = { text: invalidRateNote, bad: true };
  rateInput().value = shownRate;
  refresh();
}

/** The buttons below the run's latest values: commands to its trainer, and a new run. */
export const controlsPanel: Panel = {
  render({ session, savedAt }, actions) {
    if (savedAt !== null) return html``;
    const shown = availableControls(session);
    if (session.run?.runId !== shownRun?.runId) note = { text: '', bad: false };
    const run = session.run;
    shownRun = run;
    showRate(run);
    const text = note.text || shown.note;
    const { pause } = shown;
    const [min, max] = settingBounds.learningRate;
    const hasContent = pause || shown.stop || shown.setLearningRate || shown.newRun || text;
    return html`
      <fieldset
        class="controls" id="controls"
        ?hidden=${!hasContent} ?disabled=${!shown.enabled} aria-busy=${busy ? 'true' : nothing}
      >
        <legend class="sr-only">Control the run</legend>
        <button
          class="button" type="button" id="pause-run" ?hidden=${pause === null}
          @click=${() => run && pause && runCommand(actions, () => actions.sendCommand(run.runId, pause))}
        >${pause === 'resume' ? 'Resume' : 'Pause'}</button>
        <button
          class="button" type="button" id="stop-run" ?hidden=${!shown.stop}
          @click=${() => run && runCommand(actions, () => stop(run, session, actions))}
        >Stop</button>
        <form
          class="inline-form" id="rate-form" ?hidden=${!shown.setLearningRate}
          @submit=${(event: SubmitEvent) => setRate(event, actions)}
        >
          <label for="rate-input">Learning rate</label>
          <input
            class="input" id="rate-input" name="rate" type="number" step="any" required min=${min} max=${max}
            .value=${shownRate} @input=${() => {
              rateRun = run;
            }} @invalid=${(event: Event) => rejectRate(event, actions)}
          />
          <button class="button" type="submit">Set</button>
        </form>
        <p class=${note.bad ? 'controls-note alarm' : 'controls-note'} role="status" data-field="controls-note">${text}</p>
        <span class="spacer"></span>
        <button
          class="button primary" type="button" id="new-run-open" aria-haspopup="dialog"
          ?hidden=${!shown.newRun} @click=${actions.openNewRun}
        >New run…</button>
      </fieldset>`;
  },
};
