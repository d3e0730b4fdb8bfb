/** The mean of the latest values: of all while there are few, and exponentially weighted from then on. */
export class MovingMean {
  readonly #window: number;
  #count = 0;
  #mean = 0;

  /** @param window Number of values whose weights sum up to about two thirds. */
  constructor(window: number) {
    this.#window = window;
  }

  /** Undefined before the first value. */
  get value(): number | undefined {
    return this.#count === 0 ? undefined : this.#mean;
  }

  add(value: number): void {
    this.#count = Math.min(this.#count + 1, this.#window);
    this.#mean += (value - this.#mean) / this.#count;
  }
}
