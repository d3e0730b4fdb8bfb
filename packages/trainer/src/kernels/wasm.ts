import { MonitorError } from '@mnist-monitor/shared';
import type { Kernels } from './kernels.ts';
import { plainKernels } from './plain.ts';
import tf from './tfjs.cjs';
import {
  type ConvolutionSize,
  convolutionModule,
  filterGradientModule,
  hasRelaxedSimd,
  lanes,
  paddedBytes,
} from './wasm-convolution.ts';
import { packFilter, packRotatedFilter } from './wasm-filters.ts';
import { addressOf, floatsAt, functionsOf, newTensor, withBlocks } from './wasm-memory.ts';
import { poolGradientModule } from './wasm-pool.ts';

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

/** Returns the size of a convolution, without the number of images. */
const sizeOf = (x: tf.Tensor4D, filter: tf.Tensor4D): ConvolutionSize => {
  const [, height, width, inputs] = x.shape;
  return { height, width, inputs, outputs: filter.shape[3] };
};

/**
 * Kernels for tfjs's WebAssembly backend. The convolutions, their gradients and the gradient of max-pools are written by this project
 * (`wasm-convolution.ts`), for numbers of channels that fill vectors: tfjs has no filter gradient, and its others are slow. tfjs's sums
 * and matrix products are slow too, and are computed as pools and convolutions.
 */
export const wasmKernels: Kernels = {
  ...plainKernels,
  name: `own convolutions with ${hasRelaxedSimd ? 'relaxed SIMD' : 'SIMD'}`,

  conv(x, filter, bias, activation) {
    const size = sizeOf(x, filter);
    if (size.outputs % lanes !== 0) return plainKernels.conv(x, filter, bias, activation);
    const floor = activation === 'relu' ? 0 : Number.NEGATIVE_INFINITY;
    return convolve({ x, filter, size, pack: packFilter, bias, floor });
  },

  convGradients: (x, filter, dy, needsInput) => ({
    input: needsInput ? inputGradient(dy, filter) : undefined,
    filter: filterGradient(x, dy, filter),
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

  maxPoolGradient(x, y, dy, state) {
    const [images, height, width, channels] = x.shape;
    if (channels % 4 !== 0) return shiftedMaxPoolGradient(x, y, dy, state);
    const gradient = newTensor<tf.Tensor4D>(x.shape);
    const size = { height, width, channels };
    const { poolGradient } = functionsOf(`pool ${JSON.stringify(size)}`, () => poolGradientModule(size));
    poolGradient!(...[x, y, dy, gradient].map(addressOf), images);
    return gradient;
  },
};

interface ConvolutionOptions {
  x: tf.Tensor4D;
  filter: tf.Tensor4D;
  size: ConvolutionSize;
  /** Packs the filter for a convolution of this size. */
  pack: typeof packFilter;
  /** Added to each output; nothing by default. */
  bias?: tf.Tensor1D;
  /** Lower outputs are replaced by this value. */
  floor: number;
}

function convolve({ x, filter, size, pack, bias, floor }: ConvolutionOptions): tf.Tensor4D {
  const { height, width, outputs } = size;
  const [images] = x.shape;
  const y = newTensor<tf.Tensor4D>([images, height, width, outputs]);
  const { convolve } = functionsOf(`convolution ${JSON.stringify(size)}`, () => convolutionModule(size));
  const [, , inputs, filters] = filter.shape;
  withBlocks([filter.size * 4, outputs * 4, paddedBytes(size)], (packed, noBias, padded) => {
    pack(
      floatsAt(addressOf(filter), filter.size),
      { inputs, outputs: filters },
      floatsAt(packed!, filter.size),
    );
    floatsAt(noBias!, outputs).fill(0);
    const biases = bias ? addressOf(bias) : noBias!;
    convolve!(addressOf(x), packed!, biases, addressOf(y), padded!, images, floor);
  });
  return y;
}

/** Convolves dy with the filter rotated by 180° and its channel axes swapped. */
function inputGradient(dy: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor4D {
  const [, height, width, inputs] = dy.shape;
  const outputs = filter.shape[2];
  const floor = Number.NEGATIVE_INFINITY;
  if (outputs % lanes === 0)
    return convolve({
      ...{ x: dy, filter, pack: packRotatedFilter, floor },
      size: { height, width, inputs, outputs },
    });
  return tf.tidy(() => {
    const rotated = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]) as tf.Tensor4D;
    return tf.conv2d(dy, rotated, 1, 'same');
  });
}

function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor4D {
  const size = sizeOf(x, filter);
  if (size.outputs % lanes !== 0) return filterGradientAsConvolution(x, dy, filter.shape[0]);
  const gradient = newTensor<tf.Tensor4D>(filter.shape);
  const { filterGradient } = functionsOf(`gradient ${JSON.stringify(size)}`, () =>
    filterGradientModule(size),
  );
  withBlocks([paddedBytes(size)], (padded) => {
    filterGradient!(addressOf(x), addressOf(dy), addressOf(gradient), padded!, x.shape[0]);
  });
  return gradient;
}

/** Convolves the padded input with dy, with the batch axis as the channels. */
function filterGradientAsConvolution(x: tf.Tensor4D, dy: tf.Tensor4D, filterSize: number): tf.Tensor4D {
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

/**
 * Computes the gradient of a max-pool with tfjs, whose kernel ignores maxima below zero: the input is shifted above zero first. Rounding
 * may remove differences below 1e-6; the gradient then goes to the first of the values that became equal.
 */
const shiftedMaxPoolGradient: Kernels['maxPoolGradient'] = (x, y, dy, state) =>
  tf.tidy(() => plainKernels.maxPoolGradient(tf.add(tf.sub(x, tf.min(x)), 1), y, dy, state));
