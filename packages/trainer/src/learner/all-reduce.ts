import { elementCount } from '../kernels/kernels.ts';
import tf from '../kernels/tfjs.cjs';

/** Memory that the threads of one learner share. */
export interface AllReduceMemory {
  threads: number;
  /** float32, [threads, parameters]: one row of gradients per thread. */
  gradients: SharedArrayBuffer;
  /** int32, [2]: the number of threads that wait at the barrier, and how often all threads have passed the barrier. */
  barrier: SharedArrayBuffer;
}

/** Allocates the memory that the threads share; called by the thread that starts them. */
export function allocateAllReduceMemory(threads: number, parameterCount: number): AllReduceMemory {
  const bytes = Float32Array.BYTES_PER_ELEMENT * threads * parameterCount;
  return {
    threads,
    gradients: new SharedArrayBuffer(bytes),
    barrier: new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT),
  };
}

/**
 * Sums gradients over threads; each thread has one instance. All threads add the same values in the same order, so the
 * parameters of their networks stay exactly equal.
 */
export class AllReduce {
  readonly #shapes: readonly number[][];
  readonly #rows: Float32Array[];
  readonly #ownRow: Float32Array;
  readonly #barrier: Int32Array;

  /**
   * @param shapes Shapes of the parameters, in their order.
   * @param rank Index of this thread, from 0.
   */
  constructor({ threads, gradients, barrier }: AllReduceMemory, shapes: readonly number[][], rank: number) {
    const all = new Float32Array(gradients);
    const length = all.length / threads;
    this.#shapes = shapes;
    this.#rows = Array.from({ length: threads }, (_, row) => all.subarray(row * length, (row + 1) * length));
    this.#ownRow = this.#rows[rank];
    this.#barrier = new Int32Array(barrier);
  }

  /**
   * Returns the weighted sum of the gradients of all threads. Blocks until each thread has called it.
   * @param gradients This thread's gradients, disposed here; undefined when it had no images.
   * @param weight This thread's fraction of the batch, from 0 to 1.
   */
  sum(gradients: tf.Tensor[] | undefined, weight: number): tf.Tensor[] {
    this.#writeOwnRow(gradients, weight);
    this.#waitAtBarrier();
    let from = 0;
    return this.#shapes.map((shape) => {
      const to = from + elementCount(shape);
      const total = new Float32Array(to - from);
      for (const row of this.#rows) {
        const part = row.subarray(from, to);
        for (let at = 0; at < total.length; at++) total[at] += part[at];
      }
      from = to;
      return tf.tensor(total, shape);
    });
  }

  /**
   * Writes this thread's weighted gradients into its row. No other thread is still reading the row, because a step begins only
   * after all threads have answered the previous one.
   */
  #writeOwnRow(gradients: tf.Tensor[] | undefined, weight: number): void {
    if (!gradients) this.#ownRow.fill(0);
    let at = 0;
    for (const gradient of gradients ?? []) {
      for (const value of gradient.dataSync<'float32'>()) this.#ownRow[at++] = value * weight;
      gradient.dispose();
    }
  }

  #waitAtBarrier(): void {
    const timesPassed = Atomics.load(this.#barrier, 1);
    if (Atomics.add(this.#barrier, 0, 1) < this.#rows.length - 1) {
      Atomics.wait(this.#barrier, 1, timesPassed);
      return;
    }
    Atomics.store(this.#barrier, 0, 0);
    Atomics.add(this.#barrier, 1, 1);
    Atomics.notify(this.#barrier, 1);
  }
}
