/**
 * The mean of the latest values. The first `window` values have equal weights. After them, each new value moves the mean by
 * 1/`window` of its distance, so the weights of older values decrease exponentially.
 */
export class MovingMean {
  readonly #window: number;
  #count = 0;
  #mean = 0;

  constructor(window: number) {
    this.#window = window;
  }

  /** The mean; undefined before the first value. */
  get value(): number | undefined {
    return this.#count === 0 ? undefined : this.#mean;
  }

  add(value: number): void {
    this.#count = Math.min(this.#count + 1, this.#window);
    this.#mean += (value - this.#mean) / this.#count;
  }
}
