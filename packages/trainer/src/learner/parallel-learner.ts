import { Worker } from 'node:worker_threads';
import type { Batch } from '../dataset/batches.ts';
import { elementCount } from '../kernels/kernels.ts';
import { parameterSpecs } from '../network/architecture.ts';
import { allocateAllReduceMemory } from './all-reduce.ts';
import { concatenate, joinInspections } from './inspection.ts';
import type { Inspection, Learner, LearnerState, StepOptions, StepScore, TensorValues } from './learner.ts';
import type { LearnerOptions } from './local-learner.ts';
import type { BatchShare, LearnerThreadData, LearnerThreadRequest } from './thread-messages.ts';

/**
 * Trains on several threads. Each thread has a copy of the network and computes the gradients of its share of the batch;
 * the gradients are summed in shared memory, so the result equals that of one thread with the whole batch, except for
 * the dropout masks and rounding.
 */
export class ParallelLearner implements Learner {
  readonly #threads: LearnerThread[];
  #images = new SharedArrayBuffer(0);
  #oneHot = new SharedArrayBuffer(0);

  private constructor(threads: LearnerThread[]) {
    this.#threads = threads;
  }

  /** Starts the threads and resolves when all are ready. */
  static async start(threadCount: number, options: LearnerOptions): Promise<ParallelLearner> {
    const parameterCount = parameterSpecs(options.layers).reduce(
      (sum, { shape }) => sum + elementCount(shape),
      0,
    );
    const memory = allocateAllReduceMemory(threadCount, parameterCount);
    const threads = Array.from(
      { length: threadCount },
      (_, rank) => new LearnerThread({ rank, memory, options }),
    );
    await Promise.all(threads.map((thread) => thread.nextAnswer()));
    return new ParallelLearner(threads);
  }

  async step(batch: Batch, options: StepOptions): Promise<StepScore> {
    const parts = await this.#distribute<StepScore>(batch, (share) => ({ type: 'step', share, options }));
    const sum = (of: 'loss' | 'accuracy'): number => parts.reduce((total, part) => total + part[of], 0);
    // Only the first part has gradients: those of the whole batch.
    return { ...parts[0], loss: sum('loss'), accuracy: sum('accuracy') };
  }

  async predict(batch: Batch): Promise<Float32Array> {
    return concatenate(await this.#distribute<Float32Array>(batch, (share) => ({ type: 'predict', share })));
  }

  async inspect(batch: Batch): Promise<Inspection> {
    const parts = await this.#distribute<Inspection | undefined>(batch, (share) => ({
      type: 'inspect',
      share,
    }));
    return joinInspections(parts.filter((part) => part !== undefined));
  }

  /** Returns the weights of the first thread, which are the weights of all. */
  weights(): Promise<TensorValues[]> {
    return this.#threads[0].request({ type: 'weights' });
  }

  /** Returns the state of the first thread, which is the state of all. */
  state(): Promise<LearnerState> {
    return this.#threads[0].request({ type: 'state' });
  }

  async restore(state: LearnerState): Promise<void> {
    await this.#requestAll(() => ({ type: 'restore', state }));
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  /** Copies the batch into shared memory and sends each thread a request for its share of the images. */
  #distribute<T>(
    { size: total, images, oneHot }: Batch,
    request: (share: BatchShare) => LearnerThreadRequest,
  ): Promise<T[]> {
    if (this.#images.byteLength < images.byteLength) {
      this.#images = new SharedArrayBuffer(images.byteLength);
      this.#oneHot = new SharedArrayBuffer(oneHot.byteLength);
    }
    new Float32Array(this.#images).set(images);
    new Float32Array(this.#oneHot).set(oneHot);
    const begin = (rank: number): number => Math.floor((rank * total) / this.#threads.length);
    const memory = { images: this.#images, oneHot: this.#oneHot, total, classCount: oneHot.length / total };
    return this.#requestAll((rank) => request({ ...memory, from: begin(rank), to: begin(rank + 1) }));
  }

  /**
   * Sends each thread a request. When a thread fails, all are terminated, because the others would wait at the barrier for
   * ever.
   */
  async #requestAll<T>(request: (rank: number) => LearnerThreadRequest): Promise<T[]> {
    try {
      return await Promise.all(this.#threads.map((thread, rank) => thread.request<T>(request(rank))));
    } catch (error) {
      await this.dispose();
      throw error;
    }
  }
}

/** A worker thread that answers one request at a time. */
class LearnerThread {
  readonly #worker: Worker;
  #pending: { resolve: (answer: unknown) => void; reject: (error: unknown) => void } | undefined;

  constructor(data: LearnerThreadData) {
    this.#worker = new Worker(new URL('./learner-thread.js', import.meta.url), { workerData: data });
    this.#worker.on('message', (answer: unknown) => this.#pending?.resolve(answer));
    this.#worker.on('error', (error) => this.#pending?.reject(error));
  }

  request<T>(request: LearnerThreadRequest): Promise<T> {
    const answer = this.nextAnswer<T>();
    this.#worker.postMessage(request);
    return answer;
  }

  /** Resolves with the thread's next message: the answer to a request, or `ready` at the start. */
  nextAnswer<T>(): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve: (answer) => resolve(answer as T), reject };
    });
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}
