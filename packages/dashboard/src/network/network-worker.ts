import { answerRequest, type NetworkRequest, type NetworkResponse } from './network-requests.ts';

addEventListener('message', ({ data }: MessageEvent<NetworkRequest>) => {
  const response = answerRequest(data);
  postMessage(response, { transfer: arraysOf(response) });
});

/** Returns the arrays of an answer that are moved to the page rather than copied: the outputs of all layers take 0.7 MB. */
function arraysOf(response: NetworkResponse): ArrayBuffer[] {
  if (response.type === 'pictures')
    return response.pictures.map(({ pixels }) => pixels.buffer as ArrayBuffer);
  if (response.type === 'outputs')
    return [...new Set(response.layers.map(({ values }) => values.buffer as ArrayBuffer))];
  return [];
}
