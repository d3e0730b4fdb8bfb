import { type ErrorCode, MonitorError } from '@mnist-monitor/shared/errors';
import { OtherStreamError, SeqGapError } from './event-rules.ts';

/** A call of a method of the other thread. */
export interface Call {
  id: number;
  method: string;
  args: readonly unknown[];
}

/** The result of a call, or the error that the method threw. */
export type Outcome = { result: unknown } | { error: ThreadError };

/** The message that answers a call. */
export type Reply = { id: number } & Outcome;

/** An error as it is sent between threads: a class and its fields would be lost. */
export type ThreadError =
  | { kind: 'monitor'; code: ErrorCode; message: string; cause: string }
  | { kind: 'gap'; last: number; got: number }
  | { kind: 'stream'; runId: string }
  | { kind: 'other'; message: string; stack: string };

export function toThreadError(error: unknown): ThreadError {
  if (error instanceof SeqGapError) return { kind: 'gap', last: error.last, got: error.got };
  if (error instanceof OtherStreamError) return { kind: 'stream', runId: error.runId };
  const { message, stack = '', cause } = error instanceof Error ? error : new Error(String(error));
  if (error instanceof MonitorError)
    return { kind: 'monitor', code: error.code, message, cause: String(cause) };
  return { kind: 'other', message, stack };
}

export function fromThreadError(error: ThreadError): Error {
  if (error.kind === 'gap') return new SeqGapError(error.last, error.got);
  if (error.kind === 'stream') return new OtherStreamError(error.runId);
  if (error.kind === 'monitor')
    return new MonitorError(error.code, error.message, { cause: new Error(error.cause) });
  return Object.assign(new Error(error.message), { stack: error.stack });
}
