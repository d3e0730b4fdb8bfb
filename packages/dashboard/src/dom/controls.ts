import type { CommandData, CommandName } from '@mnist-monitor/shared';
import { capitalize } from '../state/format.ts';
import type { Session } from '../state/session.ts';
import { controlsOf } from '../views/controls.ts';
import { confirmed } from './confirm.ts';
import { byId, field, onChange, setText } from './dom.ts';

/** Tells the trainer something; resolves with a sentence when that failed. */
export type Tell = <N extends CommandName>(name: N, data?: CommandData<N>) => Promise<string | undefined>;

export interface ControlActions {
  tell: Tell;
  openNewRun(): void;
  openReplay(): void;
}

/** The buttons below the run header: what the trainer can be told now. */
export function createControls({ tell, openNewRun, openReplay }: ControlActions): (session: Session) => void {
  const group = byId('controls', HTMLElement);
  const pause = byId('pause-run', HTMLButtonElement);
  const stop = byId('stop-run', HTMLButtonElement);
  const rateForm = byId('rate-form', HTMLFormElement);
  const rate = byId('rate-input', HTMLInputElement);
  const newRun = byId('new-run-open', HTMLButtonElement);
  const replay = byId('replay-open', HTMLButtonElement);
  const note = field('controls-note');
  let said = '';
  let busy = false;

  /** One at a time: a second press means the first was not noticed, not that it is wanted twice. */
  const run = async (action: () => Promise<string | undefined>): Promise<void> => {
    if (busy) return;
    busy = true;
    said = '';
    group.setAttribute('aria-busy', 'true');
    said = (await action()) ?? '';
    group.removeAttribute('aria-busy');
    busy = false;
    setText(note, said);
  };
  pause.addEventListener('click', () =>
    run(() => tell(pause.dataset.command === 'resume' ? 'resume' : 'pause')),
  );
  stop.addEventListener('click', () =>
    run(async () => {
      const question = {
        title: 'Stop this run?',
        text: 'It ends after the batch it is in, with everything saved. It cannot go on afterwards.',
        yes: 'Stop',
      };
      return (await confirmed(question)) ? tell('stop') : undefined;
    }),
  );
  rateForm.addEventListener('submit', (event) => {
    event.preventDefault();
    run(() => tell('setLearningRate', { learningRate: rate.valueAsNumber }));
  });
  newRun.addEventListener('click', openNewRun);
  replay.addEventListener('click', openReplay);

  const showRate = onChange((_runId: string | undefined, learningRate: number | undefined) => {
    if (document.activeElement !== rate && learningRate !== undefined)
      rate.value = String(Number(learningRate.toPrecision(3)));
  });
  return (session) => {
    const shown = controlsOf(session);
    pause.hidden = shown.pause === null;
    if (shown.pause) pause.dataset.command = shown.pause;
    setText(pause, shown.pause === 'resume' ? 'Resume' : 'Pause');
    stop.hidden = !shown.stop;
    rateForm.hidden = !shown.setLearningRate;
    newRun.hidden = !shown.start;
    replay.hidden = !shown.replay;
    showRate(session.run?.runId, session.run?.batch?.learningRate);
    setText(note, said || shown.note);
    group.hidden = !(
      shown.pause ||
      shown.stop ||
      shown.setLearningRate ||
      shown.start ||
      shown.replay ||
      note.textContent
    );
  };
}

/** The message of an error as a sentence. */
export const complaintOf = (message: string): string => `${capitalize(message)}.`.replace(/\.\.$/, '.');
