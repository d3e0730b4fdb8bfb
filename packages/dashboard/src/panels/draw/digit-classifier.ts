import type { Answer, Question } from './classifier-worker.ts';
import type { Layer } from './network.ts';

export interface Prediction {
  probabilities: Float32Array;
  milliseconds: number;
}

/** Reads digits with a network's weights, on a thread of its own. */
export class DigitClassifier {
  readonly #worker = new Worker(new URL('./classifier-worker.ts', import.meta.url), { type: 'module' });
  readonly #waiting = new Map<number, (prediction: Prediction) => void>();
  #settleWeights: { done(): void; failed(error: Error): void } | undefined;
  #lastId = 0;

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<Answer>) => this.#receive(data);
  }

  /** Takes in a safetensors file. Rejects when it does not fit the layers. */
  load(layers: readonly Layer[], file: ArrayBuffer): Promise<void> {
    return new Promise((done, failed) => {
      this.#settleWeights = { done, failed };
      this.#ask({ type: 'weights', layers, file }, [file]);
    });
  }

  /** Reads an image of 28 × 28 values from 0 to 1. Never resolves before weights are there. */
  read(image: Float32Array): Promise<Prediction> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#ask({ type: 'image', id, image });
    });
  }

  close(): void {
    this.#worker.terminate();
  }

  #ask(question: Question, transfer: Transferable[] = []): void {
    this.#worker.postMessage(question, transfer);
  }

  #receive(answer: Answer): void {
    if (answer.type === 'ready') this.#settleWeights?.done();
    else if (answer.type === 'problem') this.#settleWeights?.failed(new Error(answer.message));
    else {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    }
  }
}
