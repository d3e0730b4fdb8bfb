import { MonitorError } from '@mnist-monitor/shared';

export interface FileQuotaOptions {
  /** The largest size of all files together. */
  maxBytes: number;
  /** Minimum time between two measurements while the files take all the space. */
  measureIntervalMs: number;
  /** Measures the complete files, in bytes. */
  measure: () => Promise<number>;
}

/**
 * Bounds the bytes of all published files together. The files are measured before the first one is received, and again
 * when they seem to take all the space: trainers on this machine and users may have written or deleted some.
 */
export class FileQuota {
  readonly #options: FileQuotaOptions;
  /** The bytes of the complete files; infinite until they are measured, so that the first reservation measures them. */
  #stored = Number.POSITIVE_INFINITY;
  /** The bytes of the files that are being received. */
  #receiving = 0;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #measuring: Promise<void> | undefined;
  /** The bytes of the files that became complete during a measurement, which may have missed them. */
  #completedMeanwhile = 0;

  constructor(options: FileQuotaOptions) {
    this.#options = options;
  }

  /** Counts bytes of a file before they are written. @throws MonitorError `files.full` if there is no space for them. */
  async reserve(bytes: number): Promise<void> {
    const { maxBytes, measureIntervalMs } = this.#options;
    if (!this.#fits(bytes) && performance.now() - this.#measuredAt >= measureIntervalMs)
      await this.#measure();
    if (!this.#fits(bytes))
      throw new MonitorError(
        'files.full',
        `expected at most ${maxBytes} bytes of snapshots and test images of all runs, which this file would exceed: delete runs, let --keep delete the oldest, or allow more with --uploads`,
      );
    this.#receiving += bytes;
  }

  /** Counts reserved bytes as those of a complete file. */
  complete(bytes: number): void {
    this.#receiving -= bytes;
    this.#stored += bytes;
    this.#completedMeanwhile += bytes;
  }

  /** Releases reserved bytes of a file that did not become complete. */
  cancel(bytes: number): void {
    this.#receiving -= bytes;
  }

  /** Releases the bytes of a complete file that was deleted. */
  release(bytes: number): void {
    this.#stored = Math.max(0, this.#stored - bytes);
  }

  #fits(bytes: number): boolean {
    return this.#stored + this.#receiving + bytes <= this.#options.maxBytes;
  }

  #measure(): Promise<void> {
    this.#measuring ??= (async () => {
      this.#completedMeanwhile = 0;
      const measured = await this.#options.measure();
      // Files that became complete meanwhile may count twice, until the next measurement.
      this.#stored = measured + this.#completedMeanwhile;
      this.#measuredAt = performance.now();
    })().finally(() => {
      this.#measuring = undefined;
    });
    return this.#measuring;
  }
}
