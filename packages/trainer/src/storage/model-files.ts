import { toLayersModel } from '../export/layers-model.ts';
import { toPyTorch } from '../export/pytorch.ts';
import { safetensors } from '../export/safetensors.ts';
import type { LearnerState } from '../learner/learner.ts';
import type { RunFolder } from './run-folder.ts';

/** Writes the weights into the run's folder in every form: for tfjs and for PyTorch. Returns the files' names. */
export async function saveModel(
  folder: RunFolder,
  { weights }: Pick<LearnerState, 'weights'>,
): Promise<string[]> {
  const model = await toLayersModel(weights);
  folder.write('model/weights.bin', model.weights);
  folder.write('model/model.json', model.topology);
  folder.write('mnist_cnn.safetensors', safetensors(toPyTorch(weights)));
  return ['model/model.json', 'model/weights.bin', 'mnist_cnn.safetensors'];
}
