import type { Stopwatch } from './stopwatch.ts';

export interface Pace {
  imagesPerSecond: number;
  elapsedSeconds: number;
  /** Null until there is something to reckon with. */
  etaSeconds: number | null;
}

/** How much of the newest step's time goes into the moving average. */
const newestWeight = 0.1;

/**
 * Reckons speed and time left: steps and evaluations separately, since an evaluation costs as much as many steps.
 * The first step is left out of the average: it is slower, while libraries and caches warm up.
 */
export class PaceEstimator {
  readonly #stopwatch: Stopwatch;
  readonly #totals: { steps: number; epochs: number };
  #steps = 0;
  #epochs = 0;
  #stepSeconds: number | undefined;
  #evaluationSeconds = 0;

  /** @param totals What is still to be done. */
  constructor(totals: { steps: number; epochs: number }, stopwatch: Stopwatch) {
    this.#totals = totals;
    this.#stopwatch = stopwatch;
  }

  /** Takes in a finished step. */
  step(images: number, seconds: number): Pace {
    this.#steps++;
    if (this.#steps > 1) this.#stepSeconds = blend(this.#stepSeconds, seconds);
    return {
      imagesPerSecond: images / seconds,
      elapsedSeconds: this.#stopwatch.seconds,
      etaSeconds: this.#eta(),
    };
  }

  /** Takes in a finished epoch's evaluation. */
  evaluation(seconds: number): void {
    this.#epochs++;
    this.#evaluationSeconds = seconds;
  }

  #eta(): number | null {
    if (this.#stepSeconds === undefined) return null;
    const steps = (this.#totals.steps - this.#steps) * this.#stepSeconds;
    return steps + (this.#totals.epochs - this.#epochs) * this.#evaluationSeconds;
  }
}

function blend(average: number | undefined, newest: number): number {
  return average === undefined ? newest : average + newestWeight * (newest - average);
}
