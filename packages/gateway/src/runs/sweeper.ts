import type { RetentionPolicy } from '@mnist-monitor/shared/options';
import { isStoreError } from '../store/health-checked-store.ts';
import { type RemovalContext, removeRun } from './removal.ts';
import { type RetentionCandidate, runsToRemove } from './retention.ts';
import type { RunSummaries } from './run-summaries.ts';

export interface SweeperOptions extends RemovalContext {
  /** The retention policy; undefined keeps all runs. */
  keep: RetentionPolicy | undefined;
  runs: RunSummaries;
  sweepIntervalMs: number;
}

/** Removes the runs that exceed the limits of the retention policy, when it is created and then at intervals. */
export class Sweeper {
  readonly #options: SweeperOptions;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: SweeperOptions) {
    this.#options = options;
    if (options.keep) this.#sweepRepeatedly(options.keep);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #sweepRepeatedly(keep: RetentionPolicy): Promise<void> {
    const { log, sweepIntervalMs } = this.#options;
    await this.#sweep(keep).catch((error) => {
      if (!isStoreError(error)) log.error({ err: error }, 'old runs could not be removed');
    });
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.#sweepRepeatedly(keep), sweepIntervalMs).unref();
  }

  async #sweep(keep: RetentionPolicy): Promise<void> {
    const { runs, folders, log } = this.#options;
    const candidates: RetentionCandidate[] = [];
    for await (const run of runs.all()) {
      const { runId, bytes, lastEventAt, lastReceivedAt, pinned, status, connected } = run;
      // Reading the size of a folder takes time, and only a policy with a limit of bytes needs it.
      const folderBytes = keep.bytes === undefined ? 0 : await folders.bytes(runId);
      const times = { lastEventAt, lastReceivedAt };
      candidates.push({ runId, bytes: bytes + folderBytes, ...times, pinned, status, connected });
    }
    for (const runId of runsToRemove(candidates, keep, new Date())) {
      if (this.#closed) return;
      if (await folders.isHeld(runId)) continue;
      // Another gateway on the same store may have removed the run already.
      if (await removeRun(this.#options, runId))
        log.info({ runId, keep }, 'removed a run that the retention policy does not keep');
    }
  }
}
