import { type Filters, type Layer, type LayerOutput, Network } from './network.ts';
import { type OcclusionMap, occlusionMap } from './occlusion.ts';
import { type LayerPicture, layerPictures } from './pictures.ts';
import { readSafetensors } from './safetensors.ts';

/** A message to the worker. `key` identifies a set of weights, as in `WeightsSource`. */
export type NetworkRequest =
  | { type: 'weights'; id: number; key: string; layers: readonly Layer[]; file: ArrayBuffer }
  | { type: 'release'; id: number; key: string }
  | { type: 'predict' | 'outputs' | 'pictures' | 'occlusion'; id: number; key: string; image: Float32Array };

/** A message from the worker. */
export type NetworkResponse =
  | { type: 'done'; id: number }
  | { type: 'error'; id: number; message: string }
  | { type: 'prediction'; id: number; probabilities: Float32Array; milliseconds: number }
  | { type: 'outputs'; id: number; layers: LayerOutput[]; filters: Filters | undefined }
  | { type: 'pictures'; id: number; pictures: LayerPicture[] }
  | { type: 'occlusion'; id: number; map: OcclusionMap };

/** The part of a `Worker` that the client uses. */
export type NetworkWorker = Pick<Worker, 'postMessage' | 'onmessage' | 'onerror' | 'onmessageerror'>;

const networks = new Map<string, Network>();

/** Answers a request: in the worker, or on the page of a saved file, which browsers allow no worker. */
export function answerRequest(request: NetworkRequest): NetworkResponse {
  try {
    return respond(request);
  } catch (error) {
    const { message } = error as Error;
    return { type: 'error', id: request.id, message };
  }
}

function respond(request: NetworkRequest): NetworkResponse {
  const { id, key } = request;
  if (request.type === 'weights') {
    networks.set(key, new Network(request.layers, readSafetensors(request.file)));
    return { type: 'done', id };
  }
  if (request.type === 'release') {
    networks.delete(key);
    return { type: 'done', id };
  }
  const network = networks.get(key);
  if (!network) throw new Error('expected weights before an image');
  const { image } = request;
  const begin = performance.now();
  switch (request.type) {
    case 'predict': {
      const probabilities = network.predict(image);
      return { type: 'prediction', id, probabilities, milliseconds: performance.now() - begin };
    }
    case 'outputs':
      return { type: 'outputs', id, layers: network.outputs(image), filters: network.firstFilters() };
    case 'pictures':
      return {
        type: 'pictures',
        id,
        pictures: layerPictures(network.temporaryOutputs(image), network.firstFilters()),
      };
    case 'occlusion':
      return { type: 'occlusion', id, map: occlusionMap(network, image) };
  }
}
