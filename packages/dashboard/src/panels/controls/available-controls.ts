import { type CommandName, settingBounds } from '@mnist-monitor/shared/browser';
import type { RunStartedData } from '../../state/event-data.ts';
import { formatLearningRate } from '../../state/format.ts';
import { hasEnded, phaseOf } from '../../state/phase.ts';
import type { Session } from '../../state/session.ts';

/** The controls that the page offers now. */
export interface Controls {
  /** Whether the page is connected. If not, controls are disabled instead of hidden, so that the page does not move. */
  enabled: boolean;
  /** Command of the pause button; null hides the button. */
  pause: 'pause' | 'resume' | null;
  stop: boolean;
  setLearningRate: boolean;
  start: boolean;
  replay: boolean;
  /** Reason why controls are missing; empty when none has to be shown. */
  note: string;
}

/** Returns the controls that the gateway allows and the trainer accepts. */
export function availableControls(session: Session): Controls {
  // The phase as if the page were connected: a lost connection disables controls, but does not hide them.
  const phase = phaseOf({ ...session, connection: { name: 'open' } });
  const ended = hasEnded(phase) && session.caughtUp;
  const commandsAllowed = session.commands !== 'off' && phase !== 'replay';
  const isUnfinished = phase === 'running' || phase === 'paused' || phase === 'stalled';
  const accepts = (name: CommandName): boolean =>
    commandsAllowed && isUnfinished && (session.reported?.commands.includes(name) ?? false);
  const pause = phase === 'paused' ? 'resume' : 'pause';
  return {
    enabled: session.connection.name === 'open',
    pause: accepts(pause) ? pause : null,
    stop: accepts('stop'),
    setLearningRate: accepts('setLearningRate'),
    start: commandsAllowed && session.waitingTrainers > 0,
    replay: ended && (session.run?.eventCount ?? 0) > 1,
    note: noteOf(session, isUnfinished),
  };
}

function noteOf(
  { gatewayVersion, commands, commandsOffReason, reported }: Session,
  isUnfinished: boolean,
): string {
  if (gatewayVersion === null) return '';
  if (commands === 'off') return isUnfinished ? `Controls are off: ${commandsOffReason}.` : '';
  return isUnfinished && reported?.connected === false
    ? 'The trainer is not connected and cannot receive commands.'
    : '';
}

/** Note about a learning rate that is out of bounds. */
export const invalidRateNote = `The learning rate must be a number from ${settingBounds.learningRate.join(' to ')}. It was not changed.`;

/** Returns the note about a changed learning rate. With a schedule, the command sets its peak. */
export function rateChangedNote(learningRate: number, started: RunStartedData | null): string {
  const what = started?.config.schedule === 'constant' ? 'Learning rate' : 'Peak learning rate';
  return `${what} ${formatLearningRate(learningRate)} from the next batch on.`;
}
