import { type ErrorCode, MonitorError } from '@mnist-monitor/shared';
import { ErrorReply } from '@redis/client';

/** The failures of a Redis server by the beginning of its error reply. */
const failures: readonly [start: RegExp, code: ErrorCode, problem: string][] = [
  [/^OOM /, 'store.full', 'no memory is left for'],
  [/^MISCONF .*No space left/, 'store.full', 'no space is left for'],
  [/^WRONGTYPE /, 'store.failing', 'a key of another type than expected is in'],
  [/^READONLY /, 'store.read_only', 'writing is not allowed to'],
  [/^NOPERM |^ERR The user executing the script can't/, 'store.read_only', 'the user lacks permissions at'],
];

/** The error for a Redis user who may not run all commands that the store needs, because access control rules are missing. */
export class ForbiddenCommandsError extends MonitorError {
  readonly commands: readonly string[];

  constructor(commands: readonly string[], address: string) {
    super('store.read_only', `the user lacks permissions at Redis at ${address} (${commands.join(', ')})`);
    this.commands = commands;
  }
}

/** Converts a failure of the server or the connection to a MonitorError of one line; returns any other error unchanged. */
export function toStoreError(error: unknown, address: string): unknown {
  if (error instanceof RangeError || error instanceof TypeError) return error;
  const cause = error as Error;
  const known =
    cause instanceof ErrorReply ? failures.find(([start]) => start.test(cause.message)) : undefined;
  const [, code, problem] = known ?? [undefined, 'store.failing' as const, 'a command failed at'];
  return new MonitorError(code, `${problem} Redis at ${address} (${reasonOf(cause)})`, { cause });
}

/** Returns the reason of an error in one line of at most 200 characters. */
export const reasonOf = (error: Error): string => {
  const inner = error instanceof AggregateError ? (error.errors[0] as Error) : error;
  return (inner.message || inner.name).split('\n')[0]!.slice(0, 200);
};

/** Returns whether an error reply means that a key has another type than this program's keys. */
export const isWrongType = (error: unknown): boolean =>
  error instanceof ErrorReply && error.message.startsWith('WRONGTYPE ');

/** Returns what another program has done to the keys of a run when a command for the run failed; undefined for other failures. */
export function damageOf(error: unknown): string | undefined {
  if (isWrongType(error)) return 'a key of it has another type than expected';
  const isBehind =
    error instanceof ErrorReply && /The ID specified in XADD is equal or smaller/.test(error.message);
  return isBehind ? 'its stream has entries of another program' : undefined;
}
