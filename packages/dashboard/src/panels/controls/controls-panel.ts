import { settingBounds } from '@mnist-monitor/shared/browser';
import { html, nothing } from 'lit-html';
import { formatLearningRate } from '../../state/format.ts';
import type { Run } from '../../state/run.ts';
import { stepWordOf } from '../../state/run-words.ts';
import { confirmAction } from '../../ui/confirm.ts';
import type { PageActions, Panel } from '../../ui/panel.ts';
import { availableControls, invalidRateNote, rateChangedNote } from './available-controls.ts';
import './controls.css';

/** Outcome of the last command. */
let note = { text: '', bad: false };
let busy = false;
/** Text of the learning rate field, unless the viewer is editing it. */
let shownRate = '';
let shownRun: Run | null = null;

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
  const problem = await send();
  busy = false;
  note = { text: problem ?? successNote, bad: Boolean(problem) };
  actions.refresh();
}

async function stop({ sendCommand }: PageActions): Promise<string | undefined> {
  const question = {
    title: 'Stop this run?',
    text: `It ends after the current ${stepWordOf(shownRun)}, with everything saved. It cannot be continued.`,
    confirmLabel: 'Stop',
  };
  return (await confirmAction(question)) ? sendCommand('stop') : undefined;
}

function setRate(event: SubmitEvent, actions: PageActions): void {
  event.preventDefault();
  const learningRate = rateInput().valueAsNumber;
  const send = async (): Promise<string | undefined> => {
    const problem = await actions.sendCommand('setLearningRate', { learningRate });
    if (problem !== undefined) rateInput().value = shownRate;
    return problem;
  };
  runCommand(actions, send, rateChangedNote(learningRate, shownRun));
}

function rejectRate(event: Event, { refresh }: PageActions): void {
  event.preventDefault();
  note = { text: invalidRateNote, bad: true };
  rateInput().value = shownRate;
  refresh();
}

/** The buttons below the run's latest values: commands to its trainer, and a new run. */
export const controlsPanel: Panel = {
  render({ session }, actions) {
    const shown = availableControls(session);
    if (session.run?.runId !== shownRun?.runId) note = { text: '', bad: false };
    shownRun = session.run;
    const rate = shownRun?.batch?.learningRate;
    if (typeof rate === 'number' && document.activeElement?.id !== 'rate-input')
      shownRate = formatLearningRate(rate);
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
          @click=${() => pause && runCommand(actions, () => actions.sendCommand(pause))}
        >${pause === 'resume' ? 'Resume' : 'Pause'}</button>
        <button
          class="button" type="button" id="stop-run" ?hidden=${!shown.stop}
          @click=${() => runCommand(actions, () => stop(actions))}
        >Stop</button>
        <form
          class="inline-form" id="rate-form" ?hidden=${!shown.setLearningRate}
          @submit=${(event: SubmitEvent) => setRate(event, actions)}
        >
          <label for="rate-input">Learning rate</label>
          <input
            class="input" id="rate-input" name="rate" type="number" step="any" required min=${min} max=${max}
            .value=${shownRate} @invalid=${(event: Event) => rejectRate(event, actions)}
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
