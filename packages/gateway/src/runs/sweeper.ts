import type { RetentionPolicy } from '@mnist-monitor/shared/options';
import { type RemovalContext, removeRun } from './removal.ts';
import { type RetentionCandidate, runsToRemove } from './retention.ts';
import type { RunSummaries } from './run-summaries.ts';

export interface SweeperOptions extends RemovalContext {
  /** Undefined keeps everything. */
  keep: RetentionPolicy | undefined;
  runs: RunSummaries;
  sweepIntervalMs: number;
}

/** Removes runs beyond what is to be kept, at the start and every so often. */
export class Sweeper {
  readonly #options: SweeperOptions;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: SweeperOptions) {
    this.#options = options;
    if (options.keep) this.#sweepOn(options.keep);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #sweepOn(keep: RetentionPolicy): Promise<void> {
    const { log, sweepIntervalMs } = this.#options;
    await this.#sweep(keep).catch((error) => log.error({ err: error }, 'old runs could not be removed'));
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.#sweepOn(keep), sweepIntervalMs).unref();
  }

  async #sweep(keep: RetentionPolicy): Promise<void> {
    const { runs, folders, log } = this.#options;
    const judged: RetentionCandidate[] = [];
    for (const run of await runs.list()) {
      // What a run's folder has is known only to the disk: looked up where it matters.
      const inFolder = keep.bytes === undefined ? 0 : await folders.bytes(run.runId);
      judged.push({ ...run, bytes: run.bytes + inFolder });
    }
    for (const runId of runsToRemove(judged, keep, new Date())) {
      if (this.#closed) return;
      if (await folders.isHeld(runId)) continue;
      // Undefined when another gateway was faster.
      if (await removeRun(this.#options, runId))
        log.info({ runId, keep }, 'removed a run beyond what is to be kept');
    }
  }
}
