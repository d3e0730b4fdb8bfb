import type { ClassifierRequest, ClassifierResponse } from './classifier-worker.ts';
import type { Layer } from './network.ts';

export interface Prediction {
  /** Probability of each class. */
  probabilities: Float32Array;
  /** Duration of the forward pass. */
  milliseconds: number;
}

/** The part of a `Worker` that the classifier uses. */
export type ClassifierWorker = Pick<Worker, 'postMessage' | 'onmessage' | 'onerror' | 'onmessageerror'>;

type Answer = Exclude<ClassifierResponse, { type: 'error' }>;
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/** Classifies digits with the weights of a run, in a worker: the forward pass takes longer than a frame. */
export class DigitClassifier {
  readonly #worker: ClassifierWorker;
  readonly #pending = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  #lastId = 0;
  /** Why the worker no longer answers; undefined while it works. */
  #failure: Error | undefined;

  constructor(
    worker: ClassifierWorker = new Worker(new URL('./classifier-worker.ts', import.meta.url), {
      type: 'module',
    }),
  ) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<ClassifierResponse>) => this.#receive(data);
    worker.onerror = ({ message }) => this.#fail(message);
    worker.onmessageerror = () => this.#fail('a message of the worker cannot be read');
  }

  /** Loads the weights of a safetensors file. Rejects when the file does not match the layers, and when the worker fails. */
  async load(layers: readonly Layer[], file: ArrayBuffer): Promise<void> {
    await this.#request({ type: 'weights', layers, file }, [file]);
  }

  /** Classifies an image of 28 × 28 values from 0 to 1. Rejects when no weights were loaded before, and when the worker fails. */
  async classify(image: Float32Array): Promise<Prediction> {
    const answer = await this.#request({ type: 'image', image });
    if (answer.type !== 'prediction') throw new TypeError(`expected a prediction, got ${answer.type}`);
    return answer;
  }

  #request(request: WithoutId<ClassifierRequest>, transfer: Transferable[] = []): Promise<Answer> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ ...request, id }, transfer);
    });
  }

  #receive(response: ClassifierResponse): void {
    const pending = this.#pending.get(response.id);
    this.#pending.delete(response.id);
    if (response.type === 'error') pending?.reject(new Error(response.message));
    else pending?.resolve(response);
  }

  /** Rejects all requests, present and future: a worker that has failed, such as one that cannot be loaded, stays silent. */
  #fail(message: string | undefined): void {
    this.#failure = new Error(message || 'the worker cannot be loaded');
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}
