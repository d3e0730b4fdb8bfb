import { settingBounds } from '@mnist-monitor/shared/browser';
import { html, nothing } from 'lit-html';
import { formatLearningRate } from '../../state/format.ts';
import type { Run } from '../../state/run.ts';
import { displayName } from '../../state/run-summaries.ts';
import { stepWordOf } from '../../state/run-words.ts';
import { labelsOf, latestDataOf, type Session } from '../../state/session.ts';
import { typedNumber } from '../../state/typed-number.ts';
import { onDemandDialog } from '../../ui/on-demand.ts';
import type { PageActions, Panel, SendCommand } from '../../ui/panel.ts';
import { availableControls, invalidRateNote, rateChangedNote } from './available-controls.ts';
import './controls.css';

/** Time after which an unanswered command is reported as waiting: most answers arrive before. */
const waitingAfterMs = 1_000;

/** A run that the viewer commands, and the name that the page showed for it. */
interface CommandedRun {
  run: Run;
  name: string;
}

/** Outcome of the last command. */
let note = { text: '', bad: false };
let busy = false;
/** Text of the learning rate field, unless the viewer is editing it. */
let shownRate = '';
/** The run that the panel showed when it was last rendered: the one that the viewer commands. */
let shownRun: CommandedRun | null = null;
/** The run that was shown when the viewer typed a learning rate; null while no typed rate waits to be sent. */
let rateRun: CommandedRun | null = null;
/** Id of the run whose learning rate the field shows. */
let shownRateRunId: string | undefined;

const rateInput = (): HTMLInputElement => document.getElementById('rate-input') as HTMLInputElement;

const isShown = ({ run }: CommandedRun): boolean => run.runId === shownRun?.run.runId;

/** The texts about a command to a run: `done` after its success, which a run that is no longer shown has as `doneElsewhere`. */
interface CommandTexts {
  done: string;
  doneElsewhere: string;
}

/**
 * Sends a command and shows its outcome. Ignores further clicks until the answer has arrived.
 * @param send Sends the command, or returns null if the viewer has decided against it.
 */
async function runCommand(
  { refresh }: PageActions,
  commanded: CommandedRun,
  send: () => Promise<string | undefined | null>,
  { done, doneElsewhere }: CommandTexts,
): Promise<void> {
  if (busy) return;
  busy = true;
  note = { text: '', bad: false };
  refresh();
  try {
    const problem = await send();
    if (problem !== null) {
      const success = isShown(commanded) ? done : `${commanded.name}: ${doneElsewhere}`;
      note = { text: problem ?? success, bad: Boolean(problem) };
    }
  } finally {
    busy = false;
    refresh();
  }
}

/** Shows why a command failed that was given elsewhere on the page; an empty text removes that of the command before. */
export function showCommandProblem(problem: string, { refresh }: PageActions): void {
  note = { text: problem, bad: problem !== '' };
  refresh();
}

/** Sends a command, and reports that its trainer, which may be in a long step, has not answered yet. */
async function sendToTrainer(
  { sendCommand, refresh }: PageActions,
  ...command: Parameters<SendCommand>
): Promise<string | undefined> {
  const timer = setTimeout(() => {
    note = { text: 'Waiting for the trainer…', bad: false };
    refresh();
  }, waitingAfterMs);
  try {
    return await sendCommand(...command);
  } finally {
    clearTimeout(timer);
    note = { text: '', bad: false };
  }
}

const loadConfirmation = onDemandDialog('Stop', () => import('../../ui/confirm.ts'));

/** Stops a run if the viewer confirms it; returns null if not. */
async function stop({ run, name }: CommandedRun, actions: PageActions): Promise<string | undefined | null> {
  const question = {
    title: `Stop ${name}?`,
    text: `The run ends after its current ${stepWordOf(run)}, with everything saved. It cannot be continued.`,
    confirmLabel: 'Stop',
  };
  const code = await loadConfirmation();
  return (await code?.confirmAction(question)) ? sendToTrainer(actions, run.runId, 'stop') : null;
}

function setRate(event: SubmitEvent, actions: PageActions): void {
  event.preventDefault();
  const learningRate = typedNumber(rateInput().value);
  const [min, max] = settingBounds.learningRate;
  if (!(learningRate >= min && learningRate <= max)) return rejectRate(actions);
  const commanded = rateRun ?? shownRun;
  if (!commanded) return;
  const { run } = commanded;
  const send = async (): Promise<string | undefined> => {
    const problem = await sendToTrainer(actions, run.runId, 'setLearningRate', { learningRate });
    rateRun = null;
    if (problem !== undefined || !isShown(commanded)) showRateOf(shownRun?.run ?? null);
    return problem;
  };
  const done = rateChangedNote(learningRate, run);
  runCommand(actions, commanded, send, { done, doneElsewhere: done.charAt(0).toLowerCase() + done.slice(1) });
}

/** Shows the rate of the run, unless the field has the focus. A new value or another run replaces what the viewer has typed. */
function showRate(run: Run | null): void {
  const focused = document.activeElement;
  // A rate that was typed for another run may be about to be sent with the button.
  if (focused?.id === 'rate-input' || (isTypedForAnother() && focused?.closest('#rate-form'))) return;
  if (rateTextOf(run) === shownRate && run?.runId === shownRateRunId) return;
  rateRun = null;
  showRateOf(run);
}

/** Returns whether the typed learning rate is for another run than the shown one. */
const isTypedForAnother = (): boolean => rateRun !== null && !isShown(rateRun);

function rateTextOf(run: Run | null): string {
  const rate = run?.batch?.learningRate;
  return typeof rate === 'number' ? formatLearningRate(rate) : shownRate;
}

/** Writes the rate of a run into the field. A template would write only a value that differs from the one it has written last. */
function showRateOf(run: Run | null): void {
  shownRate = rateTextOf(run);
  shownRateRunId = run?.runId;
  rateInput().value = shownRate;
}

function rejectRate({ refresh }: PageActions): void {
  note = { text: invalidRateNote, bad: true };
  rateRun = null;
  showRateOf(shownRun?.run ?? null);
  refresh();
}

/** Returns the run of a session with the name that the page shows for it. */
function commandedRunOf(session: Session): CommandedRun | null {
  const latest = latestDataOf(session);
  const { run } = session;
  if (!run || !latest) return null;
  return { run, name: displayName({ runId: run.runId, ...labelsOf(session, latest) }) };
}

const pauseTexts = {
  pause: { done: '', doneElsewhere: 'paused.' },
  resume: { done: '', doneElsewhere: 'resumed.' },
} as const;

/** The buttons below the run's latest values: commands to its trainer, and a new run. */
export const controlsPanel: Panel = {
  render({ session, savedAt }, actions) {
    if (savedAt !== null) return html``;
    const shown = availableControls(session);
    if (session.run?.runId !== shownRun?.run.runId) note = { text: '', bad: false };
    const commanded = commandedRunOf(session);
    shownRun = commanded;
    showRate(session.run);
    const typedFor = rateRun && isTypedForAnother() ? `The typed learning rate is for ${rateRun.name}.` : '';
    const text = note.text || typedFor || shown.note;
    const { pause } = shown;
    const hasContent = pause || shown.stop || shown.setLearningRate || shown.newRun || text;
    return html`
      <fieldset
        class="controls" id="controls"
        ?hidden=${!hasContent} ?disabled=${!shown.enabled} aria-busy=${busy ? 'true' : nothing}
      >
        <legend class="sr-only">Control the run</legend>
        <button
          class="button" type="button" id="pause-run" ?hidden=${pause === null}
          @click=${() => commanded && pause && runCommand(actions, commanded, () => sendToTrainer(actions, commanded.run.runId, pause), pauseTexts[pause])}
        >${pause === 'resume' ? 'Resume' : 'Pause'}</button>
        <button
          class="button" type="button" id="stop-run" ?hidden=${!shown.stop}
          @click=${() => commanded && runCommand(actions, commanded, () => stop(commanded, actions), { done: '', doneElsewhere: 'stopped.' })}
        >Stop</button>
        <form
          class="inline-form" id="rate-form" ?hidden=${!shown.setLearningRate}
          @submit=${(event: SubmitEvent) => setRate(event, actions)}
        >
          <label for="rate-input">Learning rate</label>
          <input
            class="input" id="rate-input" name="rate" type="text" inputmode="decimal" autocomplete="off"
            .value=${shownRate} @input=${() => {
              rateRun = commanded;
            }}
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
