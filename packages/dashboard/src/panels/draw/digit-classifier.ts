import type { ClassifierRequest, ClassifierResponse } from './classifier-worker.ts';
import type { Layer } from './network.ts';

export interface Prediction {
  /** Probability of each class. */
  probabilities: Float32Array;
  /** Duration of the forward pass. */
  milliseconds: number;
}

/** Classifies digits with the weights of a run, in a worker: the forward pass takes longer than a frame. */
export class DigitClassifier {
  readonly #worker = new Worker(new URL('./classifier-worker.ts', import.meta.url), { type: 'module' });
  readonly #pending = new Map<number, (prediction: Prediction) => void>();
  #loading: { resolve(): void; reject(error: Error): void } | undefined;
  #lastId = 0;

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<ClassifierResponse>) => this.#receive(data);
  }

  /** Loads the weights of a safetensors file. Rejects when the file does not match the layers. */
  load(layers: readonly Layer[], file: ArrayBuffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#loading = { resolve, reject };
      this.#send({ type: 'weights', layers, file }, [file]);
    });
  }

  /** Classifies an image of 28 × 28 values from 0 to 1. Never resolves unless weights have been loaded before. */
  classify(image: Float32Array): Promise<Prediction> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#pending.set(id, resolve);
      this.#send({ type: 'image', id, image });
    });
  }

  #send(request: ClassifierRequest, transfer: Transferable[] = []): void {
    this.#worker.postMessage(request, transfer);
  }

  #receive(response: ClassifierResponse): void {
    if (response.type === 'loaded') this.#loading?.resolve();
    else if (response.type === 'error') this.#loading?.reject(new Error(response.message));
    else {
      this.#pending.get(response.id)?.(response);
      this.#pending.delete(response.id);
    }
  }
}
