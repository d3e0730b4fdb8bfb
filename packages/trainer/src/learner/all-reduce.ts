import * as tf from '@tensorflow/tfjs-core';
import { size } from '../kernels/kernels.ts';

/** Memory that the threads of one learner share; made once, by the thread that starts the others. */
export interface SharedMemory {
  threads: number;
  /** For each thread, values for all parameters. */
  gradients: SharedArrayBuffer;
  /** How many threads have come to the meeting point, and how often all have met. */
  meeting: SharedArrayBuffer;
}

export function allocate(threads: number, parameterCount: number): SharedMemory {
  const bytes = Float32Array.BYTES_PER_ELEMENT * threads * parameterCount;
  return {
    threads,
    gradients: new SharedArrayBuffer(bytes),
    meeting: new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT),
  };
}

/**
 * One thread's side of the exchange of gradients. Every thread adds up the same values in the same order, so that all
 * make the same step and their networks stay equal to the last bit.
 */
export class AllReduce {
  readonly #shapes: readonly number[][];
  readonly #rows: Float32Array[];
  readonly #own: Float32Array;
  readonly #meeting: Int32Array;

  /** @param shapes Of the parameters, in their order. @param rank Which of the threads this is, from 0. */
  constructor({ threads, gradients, meeting }: SharedMemory, shapes: readonly number[][], rank: number) {
    const all = new Float32Array(gradients);
    const length = all.length / threads;
    this.#shapes = shapes;
    this.#rows = Array.from({ length: threads }, (_, row) => all.subarray(row * length, (row + 1) * length));
    this.#own = this.#rows[rank];
    this.#meeting = new Int32Array(meeting);
  }

  /**
   * Gives this thread's gradients to the others, and returns the sum of everybody's. Blocks until all have come.
   * @param gradients Disposed here; undefined when this thread had no images.
   * @param weight This thread's share of the batch, from 0 to 1.
   */
  sum(gradients: tf.Tensor[] | undefined, weight: number): tf.Tensor[] {
    this.#publish(gradients, weight);
    this.#meet();
    let from = 0;
    return this.#shapes.map((shape) => {
      const to = from + size(shape);
      const total = new Float32Array(to - from);
      for (const row of this.#rows) {
        const part = row.subarray(from, to);
        for (let at = 0; at < total.length; at++) total[at] += part[at];
      }
      from = to;
      return tf.tensor(total, shape);
    });
  }

  #publish(gradients: tf.Tensor[] | undefined, weight: number): void {
    if (!gradients) this.#own.fill(0);
    let at = 0;
    for (const gradient of gradients ?? []) {
      for (const value of gradient.dataSync<'float32'>()) this.#own[at++] = value * weight;
      gradient.dispose();
    }
  }

  #meet(): void {
    const met = Atomics.load(this.#meeting, 1);
    if (Atomics.add(this.#meeting, 0, 1) < this.#rows.length - 1) {
      Atomics.wait(this.#meeting, 1, met);
      return;
    }
    Atomics.store(this.#meeting, 0, 0);
    Atomics.add(this.#meeting, 1, 1);
    Atomics.notify(this.#meeting, 1);
  }
}
