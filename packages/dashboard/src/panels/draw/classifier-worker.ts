import { type Layer, Network } from './network.ts';
import { readSafetensors } from './safetensors.ts';

/** What the page asks of the worker: to take weights in, or to read an image with them. */
export type Question =
  | { type: 'weights'; layers: readonly Layer[]; file: ArrayBuffer }
  | { type: 'image'; id: number; image: Float32Array };

/** What the worker answers. */
export type Answer =
  | { type: 'ready' }
  | { type: 'problem'; message: string }
  | { type: 'prediction'; id: number; probabilities: Float32Array; milliseconds: number };

let network: Network | undefined;

// The forward pass takes longer than a frame: on a thread of its own the charts go on meanwhile.
addEventListener('message', ({ data }: MessageEvent<Question>) => {
  try {
    const answer = answerTo(data);
    if (answer) postMessage(answer);
  } catch (error) {
    postMessage({ type: 'problem', message: (error as Error).message } satisfies Answer);
  }
});

function answerTo(question: Question): Answer | undefined {
  if (question.type === 'weights') {
    network = new Network(question.layers, readSafetensors(question.file));
    return { type: 'ready' };
  }
  if (!network) return undefined;
  const begin = performance.now();
  const probabilities = network.predict(question.image);
  return { type: 'prediction', id: question.id, probabilities, milliseconds: performance.now() - begin };
}
