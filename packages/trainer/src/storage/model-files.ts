import { runFiles } from '@mnist-monitor/shared';
import { toLayersModel } from '../export/layers-model.ts';
import { toPyTorch } from '../export/pytorch.ts';
import { encodeSafetensors } from '../export/safetensors.ts';
import type { TensorValues } from '../learner/learner.ts';
import type { LayerSpec } from '../network/architecture.ts';
import type { RunFolder } from './run-folder.ts';

/**
 * Writes the weights into the run's folder as a tfjs model and as a safetensors file for PyTorch.
 * @returns The names of the files within the folder.
 * @throws MonitorError `runs.unwritable`
 */
export function writeModelFiles(
  folder: RunFolder,
  weights: readonly TensorValues[],
  layers: readonly LayerSpec[],
): string[] {
  const model = toLayersModel(weights, layers);
  folder.write(runFiles.modelWeights, model.weights);
  folder.write(runFiles.model, model.topology);
  folder.write(runFiles.pytorchWeights, encodeSafetensors(toPyTorch(weights, layers)));
  return [runFiles.model, runFiles.modelWeights, runFiles.pytorchWeights];
}
