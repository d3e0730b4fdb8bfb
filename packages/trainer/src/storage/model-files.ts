import { toLayersModel } from '../export/layers-model.ts';
import { toPyTorch } from '../export/pytorch.ts';
import { encodeSafetensors } from '../export/safetensors.ts';
import type { LearnerState } from '../learner/learner.ts';
import type { RunFolder } from './run-folder.ts';

/**
 * Writes the weights into the run's folder as a tfjs model and as a safetensors file for PyTorch.
 * @returns The names of the files within the folder.
 * @throws MonitorError `runs.unwritable`
 */
export async function writeModelFiles(
  folder: RunFolder,
  { weights }: Pick<LearnerState, 'weights'>,
): Promise<string[]> {
  const model = await toLayersModel(weights);
  folder.write('model/weights.bin', model.weights);
  folder.write('model/model.json', model.topology);
  folder.write('mnist_cnn.safetensors', encodeSafetensors(toPyTorch(weights)));
  return ['model/model.json', 'model/weights.bin', 'mnist_cnn.safetensors'];
}
