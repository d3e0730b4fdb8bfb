/** Calls back at once, or as soon as the last call is long enough ago: many wishes between become one call. */
export class Throttle {
  readonly #intervalMs: number;
  readonly #call: () => void;
  #calledAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(perSecond: number, call: () => void) {
    this.#intervalMs = 1_000 / perSecond;
    this.#call = call;
  }

  request(): void {
    const restMs = Math.ceil(this.#calledAt + this.#intervalMs - performance.now());
    if (restMs <= 0) this.callNow();
    else this.#timer ??= setTimeout(() => this.callNow(), restMs);
  }

  /** Calls back however short a time ago it did. */
  callNow(): void {
    this.cancel();
    this.#calledAt = performance.now();
    this.#call();
  }

  /** Forgets a wish that waits. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
