import { type CommandData, type CommandName, settingBounds } from '@mnist-monitor/shared/browser';
import { capitalize, formatLearningRate } from '../../state/format.ts';
import type { Session } from '../../state/session.ts';
import { confirmed } from '../../ui/confirm.ts';
import { byId, field, onChange, setText } from '../../ui/dom.ts';
import { controlsOf, rateChanged, rateRefused } from './available-controls.ts';

/** Tells the trainer something; resolves with a sentence when that failed, an empty one when it was not sent. */
export type Tell = <N extends CommandName>(name: N, data?: CommandData<N>) => Promise<string | undefined>;

export interface ControlActions {
  tell: Tell;
  openNewRun(): void;
  openReplay(): void;
}

/** The buttons below the run header: what the trainer can be told now. */
export function createControls({ tell, openNewRun, openReplay }: ControlActions): (session: Session) => void {
  const group = byId('controls', HTMLFieldSetElement);
  const pause = byId('pause-run', HTMLButtonElement);
  const stop = byId('stop-run', HTMLButtonElement);
  const rateForm = byId('rate-form', HTMLFormElement);
  const rate = byId('rate-input', HTMLInputElement);
  const newRun = byId('new-run-open', HTMLButtonElement);
  const replay = byId('replay-open', HTMLButtonElement);
  const note = field('controls-note');
  let said = '';
  let busy = false;
  let current: Session['run'] = null;

  const say = (text: string, bad = false): void => {
    said = text;
    setText(note, text);
    note.classList.toggle('alarm', bad);
  };
  const writeRate = (learningRate = current?.batch?.learningRate): void => {
    if (learningRate !== undefined) rate.value = formatLearningRate(learningRate);
  };

  /** One at a time: a second press means the first was not noticed, not that it is wanted twice. */
  const run = async (action: () => Promise<string | undefined>, done = ''): Promise<void> => {
    if (busy) return;
    busy = true;
    say('');
    group.setAttribute('aria-busy', 'true');
    const complaint = await action();
    group.removeAttribute('aria-busy');
    busy = false;
    say(complaint ?? done, Boolean(complaint));
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
  [rate.min, rate.max] = settingBounds.learningRate.map(String) as [string, string];
  rate.addEventListener('invalid', (event) => {
    event.preventDefault();
    say(rateRefused, true);
    writeRate();
  });
  rateForm.addEventListener('submit', (event) => {
    event.preventDefault();
    const learningRate = rate.valueAsNumber;
    run(
      async () => {
        const complaint = await tell('setLearningRate', { learningRate });
        if (complaint !== undefined) writeRate();
        return complaint;
      },
      rateChanged(learningRate, current?.started ?? null),
    );
  });
  newRun.addEventListener('click', openNewRun);
  replay.addEventListener('click', openReplay);

  const showRate = onChange((_runId: string | undefined, learningRate: number | undefined) => {
    if (document.activeElement !== rate) writeRate(learningRate);
  });
  const leave = onChange((_runId: string | undefined) => say(''));
  return (session) => {
    const shown = controlsOf(session);
    current = session.run;
    leave(current?.runId);
    group.disabled = !shown.usable;
    pause.hidden = shown.pause === null;
    if (shown.pause) pause.dataset.command = shown.pause;
    setText(pause, shown.pause === 'resume' ? 'Resume' : 'Pause');
    stop.hidden = !shown.stop;
    rateForm.hidden = !shown.setLearningRate;
    newRun.hidden = !shown.start;
    replay.hidden = !shown.replay;
    showRate(current?.runId, current?.batch?.learningRate);
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
