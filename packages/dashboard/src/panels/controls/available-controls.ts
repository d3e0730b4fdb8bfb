import { type CommandName, settingBounds } from '@mnist-monitor/shared/browser';
import { formatLearningRate } from '../../state/format.ts';
import { type Phase, phaseOf } from '../../state/phase.ts';
import type { Run } from '../../state/run.ts';
import { stepWordOf } from '../../state/run-words.ts';
import type { Session } from '../../state/session.ts';

/** The controls that the page offers now. */
export interface Controls {
  /** Whether the page is connected. If not, controls are disabled instead of hidden, so that the page does not move. */
  enabled: boolean;
  /** Command of the pause button; null hides the button. */
  pause: 'pause' | 'resume' | null;
  stop: boolean;
  setLearningRate: boolean;
  newRun: boolean;
  /** Reason why controls are missing; empty when none has to be shown. */
  note: string;
}

/** The ways in which a trainer accepts a new run now: at once, and into its queue. */
export interface AcceptedStarts {
  start: boolean;
  enqueue: boolean;
}

/** Returns the phase as if the page were connected: a lost connection disables controls, but does not hide them. */
const connectedPhase = (session: Session): Phase => phaseOf({ ...session, connection: { name: 'open' } });

/** Returns whether the gateway allows a command, the followed run is unfinished, and its trainer accepts the command. */
function accepts(session: Session, name: CommandName): boolean {
  const mayCommand = session.commands !== 'off' && isUnfinished(connectedPhase(session));
  return mayCommand && (session.reported?.commands.includes(name) ?? false);
}

const isUnfinished = (phase: Phase): boolean =>
  phase === 'running' || phase === 'paused' || phase === 'stalled';

/** Returns how a new run can be started. */
export const acceptedStarts = (session: Session): AcceptedStarts => ({
  start: session.commands !== 'off' && session.waitingTrainers > 0,
  enqueue: queueRunOf(session) !== null,
});

/** Returns the run whose trainer accepts starts into its queue: the followed run, or else another one; null without any. */
export function queueRunOf(session: Session): string | null {
  if (accepts(session, 'enqueue')) return session.run?.runId ?? null;
  return session.commands === 'off' ? null : session.queueRun;
}

/** Returns the controls that the gateway allows and the trainer accepts. */
export function availableControls(session: Session): Controls {
  const phase = connectedPhase(session);
  const pause = phase === 'paused' ? 'resume' : 'pause';
  const { start, enqueue } = acceptedStarts(session);
  return {
    enabled: session.connection.name === 'open',
    pause: accepts(session, pause) ? pause : null,
    stop: accepts(session, 'stop'),
    setLearningRate: accepts(session, 'setLearningRate'),
    newRun: start || enqueue,
    note: noteOf(session, isUnfinished(phase)),
  };
}

function noteOf(
  { gatewayVersion, commands, commandsOffReason, reported, startFailed }: Session,
  unfinished: boolean,
): string {
  if (gatewayVersion === null) return '';
  if (startFailed)
    return 'The run that a trainer prepared did not begin. The output of the trainer has the reason.';
  if (commands === 'off') return unfinished ? `Controls are off: ${commandsOffReason}.` : '';
  return unfinished && reported?.connected === false
    ? 'The trainer is not connected and cannot receive commands.'
    : '';
}

/** Note about a learning rate that is out of bounds. */
export const invalidRateNote = `The learning rate must be a number from ${settingBounds.learningRate.join(' to ')}. It was not changed.`;

/** Returns the note about a changed learning rate. With a schedule, the command sets its peak. */
export function rateChangedNote(learningRate: number, run: Run | null): string {
  const schedule = run?.started?.config.schedule ?? 'constant';
  const what = schedule === 'constant' ? 'Learning rate' : 'Peak learning rate';
  return `${what} ${formatLearningRate(learningRate)} from the next ${stepWordOf(run)} on.`;
}
