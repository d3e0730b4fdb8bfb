import type { Prediction, WeightsSource } from '../../network/network-client.ts';

/** The answer of the network of one snapshot for the image. */
export interface Reading {
  step: number;
  /** Probability of each class. */
  probabilities: Float32Array;
}

/** A snapshot whose weights can be loaded. */
export interface ReadableSnapshot {
  step: number;
  weights: WeightsSource;
}

interface Options {
  predict(source: WeightsSource, image: Float32Array): Promise<Prediction>;
  /** Called after each reading, and when one has failed. */
  onChange(): void;
}

/** Number of snapshots that are read at a time: while one is computed, the next ones are downloaded. */
const concurrency = 4;

/** Delay before a snapshot is read again: a trainer without access to the gateway's folder sends the weights after the event. */
const retryMs = 2_000;
const maxTries = 4;

/** Reads an image with every snapshot of a run, and with each new one as it arrives. */
export class SnapshotReadings {
  readonly #options: Options;
  #image: Float32Array | null = null;
  #waiting: ReadableSnapshot[] = [];
  /** The keys of the weights of all snapshots that have been read, are being read, or wait to be read. */
  readonly #known = new Set<string>();
  /** The highest step of all snapshots. */
  #newestStep = 0;
  #running = 0;
  /** In ascending order of their steps; replaced with each reading. */
  readings: readonly Reading[] = [];
  /** Number of snapshots that the run no longer has, or that cannot be read. */
  missing = 0;
  /** Why the last missing snapshot could not be read; empty if none is missing. */
  problem = '';

  constructor(options: Options) {
    this.#options = options;
  }

  /** Whether each snapshot has been read or is missing. */
  get isComplete(): boolean {
    return this.#waiting.length === 0 && this.#running === 0;
  }

  /**
   * Reads an image with all snapshots that have not read it yet. Discards the readings of the image of the previous call if that
   * was another one.
   */
  read(image: Float32Array | null, snapshots: readonly ReadableSnapshot[]): void {
    if (image !== this.#image) {
      this.#image = image;
      this.#known.clear();
      this.readings = [];
      this.#newestStep = 0;
      this.#waiting = [];
      this.missing = 0;
      this.problem = '';
    }
    if (!image) return;
    for (const snapshot of snapshots) {
      if (this.#known.has(snapshot.weights.key)) continue;
      this.#known.add(snapshot.weights.key);
      this.#newestStep = Math.max(this.#newestStep, snapshot.step);
      this.#waiting.push(snapshot);
    }
    while (this.#running < concurrency && this.#waiting.length > 0) this.#next(image);
  }

  async #next(image: Float32Array): Promise<void> {
    const snapshot = this.#waiting.shift();
    if (!snapshot) return;
    this.#running++;
    try {
      const { probabilities } = await this.#predict(snapshot, image);
      if (image === this.#image) this.#add({ step: snapshot.step, probabilities });
    } catch (error) {
      if (image === this.#image) {
        this.missing++;
        this.problem = (error as Error).message;
      }
    }
    this.#running--;
    this.#options.onChange();
    if (this.#image) this.read(this.#image, []);
  }

  /** Predicts with a snapshot. As long as it is the newest, its weights may still arrive, so a failure is tried again. */
  async #predict({ step, weights }: ReadableSnapshot, image: Float32Array): Promise<Prediction> {
    for (let tries = 1; ; tries++)
      try {
        return await this.#options.predict(weights, image);
      } catch (error) {
        if (tries >= maxTries || step < this.#newestStep || image !== this.#image) throw error;
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
  }

  #add(reading: Reading): void {
    const others = this.readings.filter(({ step }) => step !== reading.step);
    this.readings = [...others, reading].sort((a, b) => a.step - b.step);
  }
}
