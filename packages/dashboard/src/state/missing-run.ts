import { capitalize } from './format.ts';
import { withName } from './run-summaries.ts';
import type { Session } from './session.ts';

/** Why the run that a page asked for cannot be shown. */
export interface MissingRun {
  /** The state of the run in a word or two. */
  state: string;
  /** The reason, in one or two sentences. */
  reason: string;
}

const states = { runNotFound: 'Not found', runDeleted: 'Deleted', runDamaged: 'Unreadable' } as const;

/** Returns why the gateway does not send the followed run: it does not exist, was deleted or is damaged. Null for any other state. */
export function missingRun({
  connection,
  summary,
}: Pick<Session, 'connection' | 'summary'>): MissingRun | null {
  if (connection.name !== 'closed') return null;
  const state = states[connection.code as keyof typeof states] as string | undefined;
  if (state === undefined) return null;
  const reason = `${capitalize(withName(connection.reason.replace(/\.$/, ''), summary))}.`;
  return {
    state,
    reason: connection.code === 'runNotFound' ? `${reason} It may have been deleted.` : reason,
  };
}
