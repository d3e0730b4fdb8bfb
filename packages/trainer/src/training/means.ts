import type { Score } from '../learner/learner.ts';

/** Means per sample, not per batch: a smaller last batch counts for less. */
export class Means {
  #loss = 0;
  #accuracy = 0;
  #count = 0;

  add(score: Score, count: number): void {
    this.#loss += score.loss * count;
    this.#accuracy += score.accuracy * count;
    this.#count += count;
  }

  get value(): Score {
    return { loss: this.#loss / this.#count, accuracy: this.#accuracy / this.#count };
  }
}
