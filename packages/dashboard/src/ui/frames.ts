/** Returns a function that schedules `run` for the next animation frame; calls before that frame run it once. */
export function oncePerFrame(run: () => void): () => void {
  let scheduled = false;
  return () => {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      run();
    });
  };
}

/** Limits how often an action runs: the caller asks `shouldWait` first, and is called back when a delayed action is due. */
export class Throttle {
  readonly #intervalMs: number;
  readonly #onDue: () => void;
  #lastRunAt = Number.NEGATIVE_INFINITY;
  #inputs: readonly unknown[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onDue Called when a delayed action is due. */
  constructor(intervalMs: number, onDue: () => void) {
    this.#intervalMs = intervalMs;
    this.#onDue = onDue;
  }

  /**
   * Returns whether the action has to wait, and schedules `onDue` if so; otherwise the caller runs the action now. An action
   * whose inputs have changed never waits.
   */
  shouldWait(...inputs: readonly unknown[]): boolean {
    const same = inputs.every((input, index) => input === this.#inputs[index]);
    const now = performance.now();
    const waitMs = same ? this.#lastRunAt + this.#intervalMs - now : 0;
    this.#inputs = inputs;
    if (waitMs <= 0) {
      this.#lastRunAt = now;
      return false;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#onDue();
    }, waitMs);
    return true;
  }
}
