import type { RunWeights } from '../../network/run-weights.ts';

/** Computes one result at a time with weights of a run. Of the requests that arrive in the meantime, only the latest is computed. */
export class LatestComputation<R> {
  /** The latest result for the requested image; undefined until there is one. */
  result: R | undefined;
  /** The weights of the latest result. */
  weights: RunWeights | undefined;
  /** Why the last computation failed; empty otherwise. */
  problem = '';
  readonly #compute: (weights: RunWeights, image: Float32Array) => Promise<R>;
  readonly #onChange: () => void;
  #wanted: { weights: RunWeights; image: Float32Array } | undefined;
  #isComputing = false;
  #isOutdated = false;

  constructor(compute: (weights: RunWeights, image: Float32Array) => Promise<R>, onChange: () => void) {
    this.#compute = compute;
    this.#onChange = onChange;
  }

  /** Requests the result for these weights and this image, unless the previous request was for the same ones. */
  request(weights: RunWeights, image: Float32Array): void {
    const before = this.#wanted;
    if (before?.weights.key === weights.key && before.image === image) return;
    if (before?.image !== image) this.result = undefined;
    this.#wanted = { weights, image };
    this.#isOutdated = true;
    this.#run();
  }

  async #run(): Promise<void> {
    if (this.#isComputing) return;
    this.#isComputing = true;
    while (this.#isOutdated && this.#wanted) {
      this.#isOutdated = false;
      const { weights, image } = this.#wanted;
      try {
        const result = await this.#compute(weights, image);
        if (image === this.#wanted.image) Object.assign(this, { result, weights, problem: '' });
      } catch (error) {
        this.problem = (error as Error).message;
      }
      this.#onChange();
    }
    this.#isComputing = false;
  }
}
