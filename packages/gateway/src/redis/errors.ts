import { type ErrorCode, MonitorError } from '@mnist-monitor/shared';
import { ErrorReply } from '@redis/client';
import { reasonOf } from './connection.ts';

/** By the beginning of Redis's answer; https://redis.io/docs/latest/operate/oss_and_stack/management/ tells of each. */
const storeErrors: readonly [start: RegExp, code: ErrorCode, problem: string][] = [
  [/^OOM /, 'store.full', 'no memory is left for'],
  [/^MISCONF .*No space left/, 'store.full', 'no space is left for'],
  [/^READONLY /, 'store.read_only', 'nothing may be written to'],
  [/^NOPERM /, 'store.read_only', 'the user has not all rights at'],
];

/** What stands in the way, in one line; a mistake of ours stays what it is. */
export function toStoreError(error: unknown, address: string): unknown {
  if (error instanceof RangeError || error instanceof TypeError) return error;
  const cause = error as Error;
  const known =
    cause instanceof ErrorReply ? storeErrors.find(([start]) => start.test(cause.message)) : undefined;
  const [, code, problem] = known ?? [undefined, 'store.failing' as const, 'no use can be made of'];
  return new MonitorError(code, `${problem} Redis at ${address} (${reasonOf(cause)})`, { cause });
}
