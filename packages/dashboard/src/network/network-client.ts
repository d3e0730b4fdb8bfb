import type { Filters, Layer, LayerOutput } from './network.ts';
import type { NetworkRequest, NetworkResponse, NetworkWorker } from './network-requests.ts';
import type { OcclusionMap } from './occlusion.ts';
import type { LayerPicture } from './pictures.ts';
import { startNetworkWorker } from './start-worker.ts';

export interface Prediction {
  /** Probability of each class. */
  probabilities: Float32Array;
  /** Duration of the forward pass. */
  milliseconds: number;
}

/** Weights of a run: the saved model of an epoch, or a snapshot. */
export interface WeightsSource {
  /** Identifies the content: the digest of a snapshot, or the run and the epoch of a saved model. */
  key: string;
  layers: readonly Layer[];
  /** Reads the safetensors file. Rejects when it cannot be read. */
  read(): Promise<ArrayBuffer>;
}

type Answer = Exclude<NetworkResponse, { type: 'error' }>;
type AnswerOf<Type extends Answer['type']> = Extract<Answer, { type: Type }>;
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/** Maximum number of sets of weights in the worker: enough for all snapshots of a run, 30 MB, and its saved model. */
const weightsLimit = 80;

/** Computes with the weights of a run in a worker: a forward pass takes longer than a frame. */
export class NetworkClient {
  readonly #worker: NetworkWorker;
  readonly #pending = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  /** The weights in the worker, or on the way to it, the least recently used first. */
  readonly #weights = new Map<string, Promise<unknown>>();
  #lastId = 0;
  /** Why the worker no longer answers; undefined while it works. */
  #failure: Error | undefined;

  constructor(worker: NetworkWorker = startNetworkWorker()) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<NetworkResponse>) => this.#receive(data);
    worker.onerror = ({ message }) => this.#fail(message);
    worker.onmessageerror = () => this.#fail('a message of the worker cannot be read');
  }

  /**
   * Loads weights, unless the worker has them. Rejects when they cannot be read or do not match the layers, and when the worker
   * fails.
   */
  async load({ key, layers, read }: WeightsSource): Promise<void> {
    const known = this.#weights.get(key);
    const loading =
      known ?? read().then((file) => this.#request<'done'>({ type: 'weights', key, layers, file }, [file]));
    // Moves the weights to the end, as the most recently used ones.
    this.#weights.delete(key);
    this.#weights.set(key, loading);
    try {
      await loading;
    } catch (error) {
      this.#weights.delete(key); // The next call tries again.
      throw error;
    }
    this.#releaseLeastRecent();
  }

  /** Classifies a square image with values from 0 to 1. Rejects when the weights cannot be loaded, and when the worker fails. */
  async predict(source: WeightsSource, image: Float32Array): Promise<Prediction> {
    await this.load(source);
    return this.#request<'prediction'>({ type: 'predict', key: source.key, image });
  }

  /** Returns the output of each layer, and the filters of the first convolution. Rejects as `predict` does. */
  async outputs(
    source: WeightsSource,
    image: Float32Array,
  ): Promise<{ layers: LayerOutput[]; filters: Filters | undefined }> {
    await this.load(source);
    return this.#request<'outputs'>({ type: 'outputs', key: source.key, image });
  }

  /** Returns pictures of the filters and of the layers' outputs. Rejects as `predict` does. */
  async pictures(source: WeightsSource, image: Float32Array): Promise<LayerPicture[]> {
    await this.load(source);
    return (await this.#request<'pictures'>({ type: 'pictures', key: source.key, image })).pictures;
  }

  /** Returns which squares of an image the answer rests on. Rejects as `predict` does. */
  async occlusion(source: WeightsSource, image: Float32Array): Promise<OcclusionMap> {
    await this.load(source);
    return (await this.#request<'occlusion'>({ type: 'occlusion', key: source.key, image })).map;
  }

  /** Releases the least recently used weights beyond `weightsLimit`. */
  #releaseLeastRecent(): void {
    for (const key of [...this.#weights.keys()].slice(0, -weightsLimit)) {
      this.#weights.delete(key);
      this.#request<'done'>({ type: 'release', key }).catch(() => {}); // A failed worker has no weights.
    }
  }

  #request<Type extends Answer['type']>(
    request: WithoutId<NetworkRequest>,
    transfer: Transferable[] = [],
  ): Promise<AnswerOf<Type>> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: (answer) => resolve(answer as AnswerOf<Type>), reject });
      this.#worker.postMessage({ ...request, id }, transfer);
    });
  }

  #receive(response: NetworkResponse): void {
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

let shared: NetworkClient | undefined;

/** Returns the client that all panels share, and starts its worker with the first call. */
export function networkClient(): NetworkClient {
  shared ??= new NetworkClient();
  return shared;
}
