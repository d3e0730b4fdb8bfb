import * as tf from '@tensorflow/tfjs-core';
import type { Kernels } from './kernels.ts';
import { plainKernels } from './plain.ts';

/**
 * tfjs's WebAssembly backend has no gradient for filters and a slow one for inputs; both can be had as ordinary
 * convolutions, which it does fast.
 */
export const wasmKernels: Kernels = {
  ...plainKernels,
  name: 'convolution gradients as convolutions',

  conv: (x, filter, bias) => tf.fused.conv2d({ x, filter, strides: 1, pad: 'same', bias }),

  convGradients: (x, filter, dy, wantInput) => ({
    input: wantInput ? inputGradient(dy, filter) : undefined,
    filter: filterGradient(x, dy, filter.shape[0]),
    bias: plainKernels.biasGradient(dy),
  }),

  // tfjs's kernel takes no value below zero for a maximum, so the input is shifted above zero first. That may round
  // away differences below a millionth; the gradient then goes to the first of those values.
  maxPoolGradient: (x, y, dy, state) =>
    tf.tidy(() => plainKernels.maxPoolGradient(tf.add(tf.sub(x, tf.min(x)), 1), y, dy, state)),
};

/** Convolves dy with the filter turned by 180° and its channel axes swapped. */
function inputGradient(dy: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]) as tf.Tensor4D;
    return tf.conv2d(dy, turned, 1, 'same');
  });
}

/** Convolves the padded input with dy, the batch taking the part of the channels. */
function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, filterSize: number): tf.Tensor4D {
  const border = (filterSize - 1) / 2;
  return tf.tidy(() => {
    const padded = tf.pad(x, [
      [0, 0],
      [border, border],
      [border, border],
      [0, 0],
    ]);
    const images = tf.transpose(padded, [3, 1, 2, 0]) as tf.Tensor4D;
    const filters = tf.transpose(dy, [1, 2, 0, 3]) as tf.Tensor4D;
    return tf.transpose(tf.conv2d(images, filters, 1, 'valid'), [1, 2, 0, 3]) as tf.Tensor4D;
  });
}
