import { Worker } from 'node:worker_threads';
import { bytesPerImage, classCount } from '@mnist-monitor/shared';
import type { Batch } from '../dataset/batches.ts';
import { size } from '../kernels/kernels.ts';
import { parameterSpecs } from '../network/architecture.ts';
import { allocate } from './all-reduce.ts';
import type { Learner, LearnerState, Score, StepOptions } from './learner.ts';
import type { LearnerOptions } from './local-learner.ts';
import type { Share, ThreadData, ThreadRequest } from './thread-messages.ts';

/**
 * Learns on several threads: each has a network of its own and takes a share of each batch; the gradients are added up
 * in shared memory, so that the result is that of one thread with the whole batch (dropout masks aside).
 */
export class ParallelLearner implements Learner {
  readonly #threads: Thread[];
  #images = new SharedArrayBuffer(0);
  #oneHot = new SharedArrayBuffer(0);

  private constructor(threads: Thread[]) {
    this.#threads = threads;
  }

  static async start(threadCount: number, options: LearnerOptions): Promise<ParallelLearner> {
    const parameters = parameterSpecs(options.layers).reduce((sum, { shape }) => sum + size(shape), 0);
    const memory = allocate(threadCount, parameters);
    const threads = Array.from({ length: threadCount }, (_, rank) => new Thread({ rank, memory, options }));
    await Promise.all(threads.map((thread) => thread.answer()));
    return new ParallelLearner(threads);
  }

  async step(batch: Batch, options: StepOptions): Promise<Score> {
    const parts = await this.#share<Score>(batch, (share) => ({ type: 'step', share, options }));
    return parts.reduce((sum, { loss, accuracy }) => ({
      loss: sum.loss + loss,
      accuracy: sum.accuracy + accuracy,
    }));
  }

  async predict(batch: Batch): Promise<Float32Array> {
    const parts = await this.#share<Float32Array>(batch, (share) => ({ type: 'predict', share }));
    return Float32Array.from(parts.flatMap((part) => [...part]));
  }

  /** All threads have the same. */
  state(): Promise<LearnerState> {
    return this.#threads[0].ask({ type: 'state' });
  }

  async restore(state: LearnerState): Promise<void> {
    await this.#all(() => ({ type: 'restore', state }));
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }

  #share<T>({ size: total, images, oneHot }: Batch, request: (share: Share) => ThreadRequest): Promise<T[]> {
    if (this.#images.byteLength < images.byteLength) {
      this.#images = new SharedArrayBuffer(total * bytesPerImage * Float32Array.BYTES_PER_ELEMENT);
      this.#oneHot = new SharedArrayBuffer(total * classCount * Float32Array.BYTES_PER_ELEMENT);
    }
    new Float32Array(this.#images).set(images);
    new Float32Array(this.#oneHot).set(oneHot);
    const begin = (rank: number): number => Math.floor((rank * total) / this.#threads.length);
    const memory = { images: this.#images, oneHot: this.#oneHot, total };
    return this.#all((rank) => request({ ...memory, from: begin(rank), to: begin(rank + 1) }));
  }

  /** Asks every thread. When one fails, the others would wait for it for ever, so all are ended. */
  async #all<T>(request: (rank: number) => ThreadRequest): Promise<T[]> {
    try {
      return await Promise.all(this.#threads.map((thread, rank) => thread.ask<T>(request(rank))));
    } catch (error) {
      await this.dispose();
      throw error;
    }
  }
}

/** A worker thread that answers one request at a time. */
class Thread {
  readonly #worker: Worker;
  #settle: { resolve: (answer: unknown) => void; reject: (error: unknown) => void } | undefined;

  constructor(data: ThreadData) {
    this.#worker = new Worker(new URL('./learner-thread.js', import.meta.url), { workerData: data });
    this.#worker.on('message', (answer: unknown) => this.#settle?.resolve(answer));
    this.#worker.on('error', (error) => this.#settle?.reject(error));
  }

  ask<T>(request: ThreadRequest): Promise<T> {
    const answer = this.answer<T>();
    this.#worker.postMessage(request);
    return answer;
  }

  /** What it says next. */
  answer<T>(): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve: (answer) => resolve(answer as T), reject };
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
