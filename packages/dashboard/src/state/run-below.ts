import type { RunSummary } from './event-data.ts';
import { phaseOf } from './phase.ts';
import type { Run } from './run.ts';
import { displayNameOf } from './run-summaries.ts';
import { isFollowed, type Session } from './session.ts';

/** The run on display, and the session of the followed run, whose state the header shows. */
export interface DisplayedRun {
  run: Run | null;
  summary: RunSummary | null;
  session: Session;
}

/** A run that the charts and the parts below them show, while the header shows another one. */
export interface RunBelow {
  name: string;
  /** Why it is shown: the viewer has frozen the charts or looks at an earlier moment, or the run of the header has no data yet. */
  reason: 'frozen' | 'before';
}

/** Returns the run below the header if it is another one than the run of the header; null if it is the same. */
export function runBelow({ run, summary, session }: DisplayedRun): RunBelow | null {
  if (!run) return null;
  const name = displayNameOf(run, summary);
  if (!isFollowed(run, session)) return { name, reason: 'frozen' };
  return phaseOf(session) === 'starting' ? { name, reason: 'before' } : null;
}

/** Returns a sentence about the run below the header; empty while it is the run of the header. */
export function runBelowText(below: RunBelow | null): string {
  if (!below) return '';
  const { name, reason } = below;
  return reason === 'frozen'
    ? `From here on, the page shows “${name}”, which you were looking at.`
    : `From here on, the page shows “${name}”, the run before.`;
}
