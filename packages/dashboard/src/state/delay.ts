/** Maximum number of delays that are kept: a few seconds of frames. */
const delayLimit = 240;

/** Summarizes the delays between the time of an event, by the trainer's clock, and its drawing on the screen. */
export class DelayMeter {
  #delays: number[] = [];

  /** Adds the delay of the newest event of a frame, in milliseconds. */
  add(milliseconds: number): void {
    this.#delays.push(milliseconds);
    if (this.#delays.length > delayLimit) this.#delays.shift();
  }

  /** Returns the median and the 95th percentile in milliseconds; undefined before the first delay. */
  summary(): { median: number; p95: number } | undefined {
    if (this.#delays.length === 0) return undefined;
    const sorted = this.#delays.toSorted((a, b) => a - b);
    const percentile = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
    return { median: percentile(0.5), p95: percentile(0.95) };
  }

  clear(): void {
    this.#delays = [];
  }
}
