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

/** Holds back what would come too soon after the time before, and sees to it that it comes later. */
export class Rest {
  readonly #ms: number;
  readonly #later: () => void;
  #at = Number.NEGATIVE_INFINITY;
  #subjects: readonly unknown[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param later Runs when what was held back may come. */
  constructor(ms: number, later: () => void) {
    this.#ms = ms;
    this.#later = later;
  }

  /** Whether to hold back now; never when it is about another subject than before. */
  holds(...subjects: readonly unknown[]): boolean {
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
