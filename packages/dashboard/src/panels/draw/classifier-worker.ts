import { type Layer, Network } from './network.ts';
import { readSafetensors } from './safetensors.ts';

/** A message to the worker: load weights, or classify an image with them. */
export type ClassifierRequest =
  | { type: 'weights'; layers: readonly Layer[]; file: ArrayBuffer }
  | { type: 'image'; id: number; image: Float32Array };

/** A message from the worker. */
export type ClassifierResponse =
  | { type: 'loaded' }
  | { type: 'error'; message: string }
  | { type: 'prediction'; id: number; probabilities: Float32Array; milliseconds: number };

let network: Network | undefined;

addEventListener('message', ({ data }: MessageEvent<ClassifierRequest>) => {
  try {
    const response = respond(data);
    if (response) postMessage(response);
  } catch (error) {
    postMessage({ type: 'error', message: (error as Error).message } satisfies ClassifierResponse);
  }
});

function respond(request: ClassifierRequest): ClassifierResponse | undefined {
  if (request.type === 'weights') {
    network = new Network(request.layers, readSafetensors(request.file));
    return { type: 'loaded' };
  }
  if (!network) return undefined;
  const begin = performance.now();
  const probabilities = network.predict(request.image);
  return { type: 'prediction', id: request.id, probabilities, milliseconds: performance.now() - begin };
}
