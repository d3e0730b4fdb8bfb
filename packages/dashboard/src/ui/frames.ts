/** Runs something once in the next animation frame, however often it is asked for. */
export function oncePerFrame(run: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      run();
    });
  };
}

/** Limits how often something happens, and schedules what was held back. */
export class Throttle {
  readonly #ms: number;
  readonly #later: () => void;
  #at = Number.NEGATIVE_INFINITY;
  #subjects: readonly unknown[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param later Runs when the held back action is due. */
  constructor(ms: number, later: () => void) {
    this.#ms = ms;
    this.#later = later;
  }

  /** Returns whether the caller must wait, and schedules `later` if so; never when a subject has changed. */
  shouldWait(...subjects: readonly unknown[]): boolean {
    const same = subjects.every((subject, at) => subject === this.#subjects[at]);
    const now = performance.now();
    const waitMs = same ? this.#at + this.#ms - now : 0;
    this.#subjects = subjects;
    if (waitMs <= 0) {
      this.#at = now;
      return false;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#later();
    }, waitMs);
    return true;
  }
}
