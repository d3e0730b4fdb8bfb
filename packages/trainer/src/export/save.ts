import { inputScale } from '../model.ts';
import type { Weight } from '../network.ts';
import type { RunFolder } from '../run/run-folder.ts';
import { toLayersModel } from './layers-model.ts';
import { toPyTorch } from './pytorch.ts';
import { safetensors } from './safetensors.ts';

/** The same network for images from 0 to 1: the first layer takes in the factor that ours come with. */
export function foldInputScale(weights: readonly Weight[]): Weight[] {
  const [first, ...others] = weights;
  return [{ ...first, values: first.values.map((value) => value * inputScale) }, ...others];
}

/** Writes the weights into the run's folder in every form: for tfjs and for PyTorch. Returns the files' names. */
export async function saveModel(folder: RunFolder, weights: readonly Weight[]): Promise<string[]> {
  const folded = foldInputScale(weights);
  const model = await toLayersModel(folded);
  folder.write('model/weights.bin', model.weights);
  folder.write('model/model.json', model.topology);
  folder.write('mnist_cnn.safetensors', safetensors(toPyTorch(folded)));
  return ['model/model.json', 'model/weights.bin', 'mnist_cnn.safetensors'];
}
