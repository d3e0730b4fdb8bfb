import { type Layer, Network } from './network.ts';
import { readSafetensors } from './safetensors.ts';

/** A message to the worker: load weights, or classify an image with them. */
export type ClassifierRequest =
  | { type: 'weights'; id: number; layers: readonly Layer[]; file: ArrayBuffer }
  | { type: 'image'; id: number; image: Float32Array };

/** A message from the worker. */
export type ClassifierResponse =
  | { type: 'loaded'; id: number }
  | { type: 'error'; id: number; message: string }
  | { type: 'prediction'; id: number; probabilities: Float32Array; milliseconds: number };

let network: Network | undefined;

addEventListener('message', ({ data }: MessageEvent<ClassifierRequest>) => {
  try {
    postMessage(respond(data));
  } catch (error) {
    const { message } = error as Error;
    postMessage({ type: 'error', id: data.id, message } satisfies ClassifierResponse);
  }
});

function respond(request: ClassifierRequest): ClassifierResponse {
  if (request.type === 'weights') {
    network = new Network(request.layers, readSafetensors(request.file));
    return { type: 'loaded', id: request.id };
  }
  if (!network) throw new Error('expected weights before an image');
  const begin = performance.now();
  const probabilities = network.predict(request.image);
  return { type: 'prediction', id: request.id, probabilities, milliseconds: performance.now() - begin };
}
