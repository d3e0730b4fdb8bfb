import { MonitorError } from '@mnist-monitor/shared';
import type { Kernels } from './kernels.ts';
import { plainKernels } from './plain.ts';
import tf from './tfjs.cjs';

/**
 * Activates tfjs's WebAssembly backend on this thread.
 * @throws MonitorError `engine.unavailable`
 */
export async function startWasmBackend(): Promise<void> {
  await import('@tensorflow/tfjs-backend-wasm');
  if (!(await tf.setBackend('wasm')))
    throw new MonitorError(
      'engine.unavailable',
      'the WebAssembly backend of tfjs does not start in this version of Node.js',
    );
}

/**
 * Kernels for tfjs's WebAssembly backend, whose convolutions and pools are fast. The backend has no filter gradient, and its
 * input gradient, sums and matrix products are slow, so all of these are computed as convolutions and pools.
 */
export const wasmKernels: Kernels = {
  ...plainKernels,
  name: 'gradients and products as convolutions',

  convGradients: (x, filter, dy, needsInput) => ({
    input: needsInput ? inputGradient(dy, filter) : undefined,
    filter: filterGradient(x, dy, filter.shape[0]),
  }),

  // The product is a 1×1 convolution over an image with one pixel per row of the left matrix.
  matMul: (a, b, transposed = {}) =>
    tf.tidy(() => {
      const left = transposed.a ? tf.transpose(a) : a;
      const right = transposed.b ? tf.transpose(b) : b;
      const [rows, shared] = left.shape;
      const columns = right.shape[1];
      const image = tf.reshape(left, [1, rows, 1, shared]) as tf.Tensor4D;
      const filter = tf.reshape(right, [1, 1, shared, columns]) as tf.Tensor4D;
      return tf.reshape(tf.conv2d(image, filter, 1, 'valid'), [rows, columns]) as tf.Tensor2D;
    }),

  // An average pool computes the mean of each image, so that the slow sum has only one value per image and channel.
  biasGradient: (dy) =>
    tf.tidy(() => {
      if (dy.rank !== 4) return plainKernels.biasGradient(dy);
      const [, height, width] = dy.shape as tf.Tensor4D['shape'];
      const means = tf.avgPool(dy as tf.Tensor4D, [height, width], 1, 'valid');
      return tf.mul(plainKernels.biasGradient(means), height * width) as tf.Tensor1D;
    }),

  // tfjs's kernel ignores maxima below zero, so the input is shifted above zero first. Rounding may remove differences
  // below 1e-6; the gradient then goes to the first of the values that became equal.
  maxPoolGradient: (x, y, dy, state) =>
    tf.tidy(() => plainKernels.maxPoolGradient(tf.add(tf.sub(x, tf.min(x)), 1), y, dy, state)),
};

/** Convolves dy with the filter rotated by 180° and its channel axes swapped. */
function inputGradient(dy: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const rotated = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]) as tf.Tensor4D;
    return tf.conv2d(dy, rotated, 1, 'same');
  });
}

/** Convolves the padded input with dy, with the batch axis as the channels. */
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
