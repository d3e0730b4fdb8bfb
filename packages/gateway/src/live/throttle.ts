/** Limits how often a function is called: requests that come too soon are merged into one later call. */
export class Throttle {
  readonly #intervalMs: number;
  readonly #call: () => void;
  #calledAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(perSecond: number, call: () => void) {
    this.#intervalMs = 1_000 / perSecond;
    this.#call = call;
  }

  /** Calls the function at once, or as soon as the interval since the last call has passed. */
  request(): void {
    const remainingMs = Math.ceil(this.#calledAt + this.#intervalMs - performance.now());
    if (remainingMs <= 0) this.callNow();
    else this.#timer ??= setTimeout(() => this.callNow(), remainingMs);
  }

  /** Calls the function at once, even within the interval since the last call, and begins the next interval. */
  callNow(): void {
    this.cancel();
    this.#calledAt = performance.now();
    this.#call();
  }

  /** Cancels a call that is due later. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
