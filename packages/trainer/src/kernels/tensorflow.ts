import { type Activation, elementCount, type Kernels, poolSize } from './kernels.ts';
import { plainKernels } from './plain.ts';
import { type Attribute, runOp } from './tensorflow-op.ts';
import tf from './tfjs.cjs';

const float: Attribute = { dtype: 'float32' };
const int: Attribute = { dtype: 'int32' };
const byte: Attribute = { dtype: 'uint8' };
const nhwc: Attribute = { text: 'NHWC' };
const convolution = {
  T: float,
  strides: { ints: [1, 1, 1, 1] },
  padding: { text: 'SAME' },
  data_format: nhwc,
};
const window = [1, poolSize, poolSize, 1];
const pooling = {
  T: float,
  ksize: { ints: window },
  strides: { ints: window },
  padding: { text: 'VALID' },
  data_format: nhwc,
};

/**
 * Kernels that compute gradients and random numbers with TensorFlow's own operations, each of which replaces several operations
 * of tfjs. The operations exist in all builds of TensorFlow, for CPU and for CUDA.
 */
export const tensorflowKernels: Kernels = {
  ...plainKernels,
  name: 'TensorFlow gradients',

  reluGradient: <T extends tf.Tensor>(dy: T, y: T) => runOp('ReluGrad', { T: float }, [dy, y])[0] as T,

  biasGradient: (dy) => runOp('BiasAddGrad', { T: float, data_format: nhwc }, [dy])[0] as tf.Tensor1D,

  // The seed of the stateless operation is an input, not an attribute, so TensorFlow creates only one kernel for all steps.
  // Each int32 gives four values, one per byte, which rounds the rate to a multiple of 1/256.
  dropoutMask: (shape, rate, seed) =>
    tf.tidy(() => {
      const count = elementCount(shape);
      const inputs = [tf.tensor1d([Math.ceil(count / 4)], 'int32'), tf.tensor1d([seed, 0], 'int32')];
      const [words] = runOp('StatelessRandomUniformFullInt', { dtype: int, T: int, Tseed: int }, inputs);
      const [bytes] = runOp('Bitcast', { T: int, type: byte }, [words]);
      const dropped = Math.round(rate * 256);
      const [limit] = runOp('Cast', { SrcT: int, DstT: byte }, [tf.scalar(dropped, 'int32')]);
      const [isKept] = runOp('GreaterEqual', { T: byte }, [bytes, limit]);
      const mask = tf.mul(tf.cast(isKept, 'float32'), 256 / (256 - dropped));
      return tf.reshape(tf.slice(tf.reshape(mask, [-1]), 0, count), shape);
    }),

  crossEntropy(logits, oneHot) {
    const [losses, gradient] = runOp('SoftmaxCrossEntropyWithLogits', { T: float }, [logits, oneHot], 2);
    return { losses: losses as tf.Tensor1D, gradient: gradient as tf.Tensor2D };
  },
};

/** Attribute that selects the kernels of oneDNN, which TensorFlow registers under this label. */
const oneDnn: Record<string, Attribute> = { _kernel: { text: 'MklNameChangeOp' } };
const oneDnnConvolution = { ...convolution, ...oneDnn, TArgs: float, num_args: { int: 1 } };
/** Operations that are fused with the convolution, by activation. */
const fusedOps: Record<Activation, Attribute> = {
  linear: { text: 'BiasAdd' },
  relu: { text: 'BiasAdd,Relu' },
};
const oneDnnPooling = { ...pooling, ...oneDnn, workspace_enabled: { bool: true } };

/**
 * Kernels that use oneDNN for the convolution, fused with bias and relu, and for the max-pool, whose workspace contains the
 * position of each maximum. `convGradients` is inherited, because TensorFlow itself uses oneDNN for those operations; oneDNN's
 * operation that also computes the bias gradient takes up to four times as long. oneDNN is part of x86 builds only: check
 * with `matchesPlainKernels` before use.
 */
export const oneDnnKernels: Kernels = {
  ...tensorflowKernels,
  name: 'oneDNN',

  conv(x, filter, bias, activation) {
    const attributes = { ...oneDnnConvolution, fused_ops: fusedOps[activation] };
    return runOp('_MklNativeFusedConv2D', attributes, [x, filter, bias])[0] as tf.Tensor4D;
  },

  maxPool(x) {
    const [y, workspace] = runOp('_MklNativeMaxPool', oneDnnPooling, [x], 2);
    return { y: y as tf.Tensor4D, state: [workspace] };
  },

  maxPoolGradient: (x, y, dy, state) =>
    runOp('_MklNativeMaxPoolGrad', oneDnnPooling, [x, y, dy, ...state])[0] as tf.Tensor4D,
};
