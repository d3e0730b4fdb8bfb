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

/**
 * Converts the network to a LayersModel for `tf.loadLayersModel`. The model returns probabilities, [batch, classes], for images,
 * [batch, 28, 28, 1]. The files are written without tfjs-layers, whose loading would be a tenth of the trainer's start.
 * @param weights The parameters of the network, first layer first.
 * @param specs The layers of the network.
 */
export function toLayersModel(weights: readonly TensorValues[], specs: readonly LayerSpec[]): SavedModel {
  const layers = specs.map((spec, at) => {
    const { class_name, config } = describeLayer(spec);
    const input = at === 0 ? { batch_input_shape: [null, ...imageShape], dtype: 'float32' } : {};
    return { class_name, config: { name: spec.name, trainable: true, ...config, ...input } };
  });
  const probabilities = { class_name: 'Softmax', config: { name: 'probabilities', axis: -1 } };
  const topology = {
    format: 'layers-model',
    generatedBy: 'MNIST Training Monitor',
    convertedBy: null,
    modelTopology: {
      class_name: 'Sequential',
      config: { name: 'mnist_cnn', layers: [...layers, probabilities] },
      keras_version: 'tfjs-layers 4.22.0',
      backend: 'tensor_flow.js',
    },
    weightsManifest: [{ paths: ['weights.bin'], weights: weights.map(describeWeight) }],
  };
  const bytes = weights.map(({ values }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  return { topology: JSON.stringify(topology), weights: Buffer.concat(bytes) };
}

/** Describes a parameter: "conv1.weight" is "conv1/kernel" in a LayersModel. */
const describeWeight = ({ name, shape }: TensorValues) => ({
  name: name.replace('.weight', '/kernel').replace('.bias', '/bias'),
  shape,
  dtype: 'float32',
});

/** Describes a layer by the class of Keras and its settings. */
function describeLayer(spec: LayerSpec): { class_name: string; config: object } {
  switch (spec.type) {
    case 'conv2d':
      return {
        class_name: 'Conv2D',
        config: { filters: spec.filters, kernel_size: [filterSize, filterSize], padding: 'same' },
      };
    case 'maxPool2d':
      return {
        class_name: 'MaxPooling2D',
        config: { pool_size: [poolSize, poolSize], strides: [poolSize, poolSize], padding: 'valid' },
      };
    case 'relu':
      return { class_name: 'ReLU', config: {} };
    case 'dropout':
      return { class_name: 'Dropout', config: { rate: spec.rate } };
    case 'flatten':
      return { class_name: 'Flatten', config: {} };
    case 'dense':
      return { class_name: 'Dense', config: { units: spec.units } };
  }
}
