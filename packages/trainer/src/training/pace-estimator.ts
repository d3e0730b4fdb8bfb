import type { Stopwatch } from './stopwatch.ts';

/** Speed and times of a run after a step. */
export interface Pace {
  imagesPerSecond: number;
  elapsedSeconds: number;
  /** Estimated seconds to the end of the run; null before the second step. */
  etaSeconds: number | null;
}

/** Weight of the newest step in the moving average of step times. */
const newestWeight = 0.1;

/**
 * Measures the speed and estimates the remaining time of a run. Steps and evaluations are measured separately, because
 * an evaluation takes as long as many steps. The average excludes the first step, which is slow because libraries and
 * caches warm up.
 */
export class PaceEstimator {
  readonly #stopwatch: Stopwatch;
  readonly #totals: { steps: number; epochs: number };
  #steps = 0;
  #epochs = 0;
  #stepSeconds: number | undefined;
  #evaluationSeconds = 0;

  /** @param totals Steps and epochs from now to the end of the run. */
  constructor(totals: { steps: number; epochs: number }, stopwatch: Stopwatch) {
    this.#totals = totals;
    this.#stopwatch = stopwatch;
  }

  /** Adds a finished step and returns the pace after it. */
  addStep(images: number, seconds: number): Pace {
    this.#steps++;
    if (this.#steps > 1) this.#stepSeconds = updateAverage(this.#stepSeconds, seconds);
    return {
      imagesPerSecond: images / seconds,
      elapsedSeconds: this.#stopwatch.seconds,
      etaSeconds: this.#eta(),
    };
  }

  /** Adds the evaluation of a finished epoch. */
  addEvaluation(seconds: number): void {
    this.#epochs++;
    this.#evaluationSeconds = seconds;
  }

  #eta(): number | null {
    if (this.#stepSeconds === undefined) return null;
    const steps = (this.#totals.steps - this.#steps) * this.#stepSeconds;
    return steps + (this.#totals.epochs - this.#epochs) * this.#evaluationSeconds;
  }
}

function updateAverage(average: number | undefined, newest: number): number {
  return average === undefined ? newest : average + newestWeight * (newest - average);
}
