import { MonitorError } from '@mnist-monitor/shared';

/**
 * The error for one run whose stored events are missing or unreadable, while the store itself works. Unlike
 * a failure of the store, it seldom ends before the run is deleted: only once later events have taken the place of what cannot be
 * read. Its message names the run and has no paths, so clients may receive it.
 */
export class DamagedRunError extends MonitorError {
  readonly runId: string;
  /** The file or the address of the store, for the log. */
  readonly store: string | undefined;

  constructor(runId: string, problem: string, store?: string) {
    super('run.damaged', `run ${runId} is damaged: ${problem}`);
    this.runId = runId;
    this.store = store;
  }
}

/** Turns the failure of an operation on a damaged run into undefined, and throws any other error again. */
export function ignoreDamage(error: unknown): undefined {
  if (!(error instanceof DamagedRunError)) throw error;
}
