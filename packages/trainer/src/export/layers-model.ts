import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { filterSize, poolSize } from '../kernels/kernels.ts';
import type { NamedValues } from '../learner/learner.ts';
import { architecture, imageShape, type LayerSpec } from '../network/architecture.ts';

/** The two files of a saved tfjs model. */
export interface SavedModel {
  /** `model.json`: topology and the list of weights. */
  topology: string;
  /** `weights.bin` */
  weights: Uint8Array;
}

const weightsFile = 'weights.bin';

/** The network as an ordinary tfjs LayersModel: probabilities from images, for `tf.loadLayersModel`. */
export async function toLayersModel(weights: readonly NamedValues[]): Promise<SavedModel> {
  const model = buildLayersModel(weights);
  const artifacts = await capture(model);
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

/** Weights are overwritten at once, so none are drawn. */
const kernelInitializer = 'zeros';

/** The LayersModel itself, on the current backend; the caller disposes it. */
export function buildLayersModel(weights: readonly NamedValues[]): layers.Sequential {
  const model = layers.sequential({ name: 'mnist_cnn' });
  architecture.forEach((spec, at) => {
    model.add(layerOf(spec, at === 0 ? { inputShape: [...imageShape] } : {}));
  });
  model.add(layers.layers.softmax({ name: 'probabilities' }));
  tf.tidy(() => model.setWeights(weights.map(({ shape, values }) => tf.tensor(values, shape))));
  return model;
}

function layerOf(spec: LayerSpec, common: { inputShape?: number[] }): layers.layers.Layer {
  const { name } = spec;
  switch (spec.type) {
    case 'conv2d':
      return layers.layers.conv2d({
        ...common,
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

async function capture(model: layers.Sequential): Promise<tf.io.ModelArtifacts> {
  let captured: tf.io.ModelArtifacts | undefined;
  await model.save({
    save: async (artifacts: tf.io.ModelArtifacts) => {
      captured = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' as const } };
    },
  });
  if (!captured) throw new Error('expected tfjs to hand over the model');
  return captured;
}
