import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { filterSize, poolSize } from '../kernels/kernels.ts';
import type { TensorValues } from '../learner/learner.ts';
import { imageShape, type LayerSpec } from '../network/architecture.ts';

/** The two files of a saved tfjs model. */
export interface SavedModel {
  /** Content of `model.json`: topology and weight list. */
  topology: string;
  /** Content of `weights.bin`. */
  weights: Uint8Array;
}

const weightsFile = 'weights.bin';

/**
 * Converts the network to a LayersModel for `tf.loadLayersModel`. The model returns probabilities, [batch, classes], for images,
 * [batch, 28, 28, 1].
 */
export async function toLayersModel(
  weights: readonly TensorValues[],
  specs: readonly LayerSpec[],
): Promise<SavedModel> {
  const model = buildLayersModel(weights, specs);
  const artifacts = await saveToMemory(model);
  model.dispose();
  const topology = {
    format: 'layers-model',
    generatedBy: 'MNIST Training Monitor',
    convertedBy: null,
    modelTopology: artifacts.modelTopology,
    weightsManifest: [{ paths: [weightsFile], weights: artifacts.weightSpecs }],
  };
  const data = tf.io.CompositeArrayBuffer.join(artifacts.weightData);
  return { topology: JSON.stringify(topology), weights: new Uint8Array(data) };
}

/** Initializer of all weights. The weights are replaced later, so random numbers would be a waste of time. */
const kernelInitializer = 'zeros';

/** Builds the LayersModel on the active backend. The caller disposes it. @param specs The layers of the network. */
export function buildLayersModel(
  weights: readonly TensorValues[],
  specs: readonly LayerSpec[],
): layers.Sequential {
  const model = layers.sequential({ name: 'mnist_cnn' });
  specs.forEach((spec, at) => {
    model.add(buildLayer(spec, at === 0 ? { inputShape: [...imageShape] } : {}));
  });
  model.add(layers.layers.softmax({ name: 'probabilities' }));
  tf.tidy(() => model.setWeights(weights.map(({ shape, values }) => tf.tensor(values, shape))));
  return model;
}

function buildLayer(spec: LayerSpec, inputOptions: { inputShape?: number[] }): layers.layers.Layer {
  const { name } = spec;
  switch (spec.type) {
    case 'conv2d':
      return layers.layers.conv2d({
        ...inputOptions,
        name,
        filters: spec.filters,
        kernelSize: filterSize,
        padding: 'same',
        kernelInitializer,
      });
    case 'maxPool2d':
      return layers.layers.maxPooling2d({ name, poolSize });
    case 'relu':
      return layers.layers.reLU({ name });
    case 'dropout':
      return layers.layers.dropout({ name, rate: spec.rate });
    case 'flatten':
      return layers.layers.flatten({ name });
    case 'dense':
      return layers.layers.dense({ name, units: spec.units, kernelInitializer });
  }
}

/** Saves the model to memory. tfjs returns the content of its files only to a save handler. */
async function saveToMemory(model: layers.Sequential): Promise<tf.io.ModelArtifacts> {
  let saved: tf.io.ModelArtifacts | undefined;
  await model.save({
    save: async (artifacts: tf.io.ModelArtifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' as const } };
    },
  });
  if (!saved) throw new Error('expected tfjs to call the save handler');
  return saved;
}
