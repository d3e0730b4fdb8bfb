import { type CommandName, type RunStartedData, settingBounds } from '@mnist-monitor/shared/browser';
import { formatLearningRate } from '../../state/format.ts';
import { hasEnded, phaseOf } from '../../state/phase.ts';
import type { Session } from '../../state/session.ts';

/** The controls that the page offers now. */
export interface Controls {
  /** Whether there is a connection. Without one the controls stay in place, so that the page does not move. */
  enabled: boolean;
  /** Command of the pause button; null hides the button. */
  pause: 'pause' | 'resume' | null;
  stop: boolean;
  setLearningRate: boolean;
  start: boolean;
  replay: boolean;
  /** Why controls are missing; empty without a reason worth showing. */
  note: string;
}

/** Returns the controls that the gateway allows and the trainer accepts. */
export function availableControls(session: Session): Controls {
  const phase = phaseOf({ ...session, link: { name: 'open' } });
  const ended = hasEnded(phase) && session.caughtUp;
  const on = session.commands !== 'off' && phase !== 'replay';
  const goesOn = phase === 'running' || phase === 'paused' || phase === 'stalled';
  const takes = (name: CommandName): boolean =>
    on && goesOn && (session.reported?.commands.includes(name) ?? false);
  const pause = phase === 'paused' ? 'resume' : 'pause';
  return {
    enabled: session.link.name === 'open',
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
      ? 'Controls are off because other machines can reach this gateway. Start it with --command-token to enable them.'
      : '';
  return goesOn && reported?.connected === false
    ? 'The trainer is not connected and cannot receive commands.'
    : '';
}

/** Note about a learning rate out of bounds. */
export const rateRefused = `The learning rate must be a number from ${settingBounds.learningRate.join(' to ')}. It was not changed.`;

/** Returns the note about a changed learning rate. With a schedule, the command sets its peak. */
export function rateChanged(learningRate: number, started: RunStartedData | null): string {
  const what = started?.config.schedule === 'constant' ? 'Learning rate' : 'Peak learning rate';
  return `${what} ${formatLearningRate(learningRate)} from the next batch on.`;
}
