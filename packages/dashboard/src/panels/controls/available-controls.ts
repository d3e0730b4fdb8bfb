import { type CommandName, type RunStartedData, settingBounds } from '@mnist-monitor/shared/browser';
import { formatLearningRate } from '../../state/format.ts';
import { hasEnded, phaseOf } from '../../state/phase.ts';
import type { Session } from '../../state/session.ts';

/** What the viewer can tell the trainer. */
export interface Controls {
  /** Whether there is a connection to tell it over. Without one the controls stay, so that the page does not move. */
  usable: boolean;
  /** Which of the two the one button does; null hides it. */
  pause: 'pause' | 'resume' | null;
  stop: boolean;
  setLearningRate: boolean;
  start: boolean;
  replay: boolean;
  /** Why there are none, where that is worth saying. */
  note: string;
}

/** Only what is allowed and what the trainer takes is shown. */
export function availableControls(session: Session): Controls {
  const phase = phaseOf({ ...session, link: { name: 'open' } });
  const ended = hasEnded(phase) && session.caughtUp;
  const on = session.commands !== 'off' && phase !== 'replay';
  const goesOn = phase === 'running' || phase === 'paused' || phase === 'stalled';
  const takes = (name: CommandName): boolean =>
    on && goesOn && (session.reported?.commands.includes(name) ?? false);
  const pause = phase === 'paused' ? 'resume' : 'pause';
  return {
    usable: session.link.name === 'open',
    pause: takes(pause) ? pause : null,
    stop: takes('stop'),
    setLearningRate: takes('setLearningRate'),
    start: on && session.waitingTrainers > 0,
    replay: ended && (session.run?.events ?? 0) > 1,
    note: noteOf(session, goesOn),
  };
}

function noteOf({ server, commands, reported }: Session, goesOn: boolean): string {
  if (server === null) return '';
  if (commands === 'off')
    return goesOn
      ? 'Controls are off: other machines reach this gateway. Start it with --command-token to have them.'
      : '';
  return goesOn && reported?.connected === false
    ? 'The trainer is away: it cannot be told anything now.'
    : '';
}

/** What to say of a number that cannot be a learning rate. */
export const rateRefused = `A learning rate is a number from ${settingBounds.learningRate.join(' to ')}: it is left as it was.`;

/** What to say when the trainer has taken a learning rate; with a schedule it is the peak that is set. */
export function rateChanged(learningRate: number, started: RunStartedData | null): string {
  const what = started?.config.schedule === 'constant' ? 'Learning rate' : 'Peak of the learning rate:';
  return `${what} ${formatLearningRate(learningRate)} from the next batch on.`;
}
