import { seededRandom } from '../random.ts';
import { elementCount, type Kernels, poolSize } from './kernels.ts';
import tf from './tfjs.cjs';

/** Kernels that use only tfjs's own operations. They work on every backend; faster kernels are compared with them. */
export const plainKernels: Kernels = {
  name: 'plain',

  conv: (x, filter, bias, activation) =>
    tf.fused.conv2d({ x, filter, strides: 1, pad: 'same', bias, activation }),

  convGradients: (x, filter, dy, needsInput) => ({
    input: needsInput ? conv2dInputGradient(x.shape, dy, filter) : undefined,
    filter: conv2dFilterGradient(x, dy, filter.shape),
  }),

  maxPool: (x) => ({ y: tf.maxPool(x, poolSize, poolSize, 'valid'), state: [] }),

  maxPoolGradient: (x, y, dy) =>
    runKernel(
      'MaxPoolGrad',
      { dy, input: x, output: y },
      { filterSize: poolSize, strides: poolSize, pad: 'valid' },
    ),

  reluGradient: (dy, y) => tf.tidy(() => tf.mul(dy, tf.step(y))),

  matMul: (a, b, transposed = {}) => tf.matMul(a, b, transposed.a, transposed.b),

  biasGradient: (dy) => tf.tidy(() => tf.sum(dy, [...dy.shape.keys()].slice(0, -1)) as tf.Tensor1D),

  dropoutMask(shape, rate, seed) {
    const random = seededRandom(seed);
    const scale = 1 / (1 - rate);
    const mask = new Float32Array(elementCount(shape));
    for (let at = 0; at < mask.length; at++) mask[at] = random() < rate ? 0 : scale;
    return tf.tensor(mask, shape);
  },

  crossEntropy: (logits, oneHot) =>
    tf.tidy(() => {
      const logProbabilities = tf.logSoftmax(logits);
      const losses = tf.neg(tf.sum(tf.mul(oneHot, logProbabilities), 1)) as tf.Tensor1D;
      return { losses, gradient: tf.sub(tf.exp(logProbabilities), oneHot) };
    }),
};

function conv2dInputGradient(inputShape: number[], dy: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor4D {
  const attributes = { strides: 1, pad: 'same', dataFormat: 'NHWC', inputShape };
  return runKernel('Conv2DBackpropInput', { dy, filter }, attributes);
}

function conv2dFilterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, filterShape: number[]): tf.Tensor4D {
  const attributes = { strides: 1, pad: 'same', dataFormat: 'NHWC', filterShape };
  return runKernel('Conv2DBackpropFilter', { x, dy }, attributes);
}

/** Calls a tfjs kernel by its name: tfjs exports no functions for some gradients. */
function runKernel(name: string, inputs: tf.NamedTensorMap, attributes: object): tf.Tensor4D {
  return tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap) as tf.Tensor4D;
}
