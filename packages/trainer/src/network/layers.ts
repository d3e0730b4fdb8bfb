import type { Kernels } from '../kernels/kernels.ts';
import { plainKernels } from '../kernels/plain.ts';
import tf from '../kernels/tfjs.cjs';
import type { LayerSpec } from './architecture.ts';

/** Gradients of the loss with respect to a layer's input and parameters. */
export interface Gradients {
  /** Undefined for the first layer, whose input needs no gradient. */
  input: tf.Tensor | undefined;
  parameters: tf.Tensor[];
  /**
   * The sums of `input` over all axes but the last, which are the bias gradient of the previous layer. Set only where this
   * layer can compute them faster than the previous one.
   */
  inputSums?: tf.Tensor1D;
}

/**
 * Output of a layer in training, and the layer's backward pass. `backward` is called once, and disposes the tensors that the
 * layer kept for it.
 */
export interface LayerOutput {
  y: tf.Tensor;
  /**
   * @param dy Gradient of the loss with respect to `y`.
   * @param sums The `inputSums` of the layer whose input is `y`.
   */
  backward(dy: tf.Tensor, sums?: tf.Tensor1D): Gradients;
}

/** A layer with its parameters. */
export interface Layer {
  /** Computes the output with dropout off. */
  forward(x: tf.Tensor): tf.Tensor;
  /** Computes the output with dropout on, and prepares the backward pass. @param seed Seed of the dropout mask. */
  forwardTraining(x: tf.Tensor, seed: number): LayerOutput;
}

/** The properties that a layer gets from its network, in addition to its spec. */
export interface LayerContext {
  kernels: Kernels;
  /** Weight and bias, or none. */
  parameters: tf.Variable[];
  /** Whether this is the first layer, whose input needs no gradient. */
  isFirst: boolean;
  /** Whether this is a convolution that also computes the next relu, or such a relu: see `isFused`. */
  isFused: boolean;
}

/** Creates the layer that a spec describes. */
export function buildLayer(spec: LayerSpec, context: LayerContext): Layer {
  switch (spec.type) {
    case 'conv2d':
      return conv2d(context);
    case 'maxPool2d':
      return maxPool2d(context.kernels);
    case 'relu':
      return relu(context);
    case 'dropout':
      return dropout(spec.rate, context.kernels);
    case 'flatten':
      return flatten;
    case 'dense':
      return dense(context);
  }
}

function conv2d({ kernels, parameters, isFirst, isFused }: LayerContext): Layer {
  const [filter, bias] = parameters as unknown as [tf.Tensor4D, tf.Tensor1D];
  const activation = isFused ? 'relu' : 'linear';
  const forward = (x: tf.Tensor) => kernels.conv(x as tf.Tensor4D, filter, bias, activation);
  return {
    forward,
    forwardTraining: (x) => ({
      y: forward(x),
      backward(dy, sums = kernels.biasGradient(dy)) {
        const gradients = kernels.convGradients(x as tf.Tensor4D, filter, dy as tf.Tensor4D, !isFirst);
        return { input: gradients.input, parameters: [gradients.filter, sums] };
      },
    }),
  };
}

function dense({ kernels, parameters }: LayerContext): Layer {
  const [weight, bias] = parameters as unknown as [tf.Tensor2D, tf.Tensor1D];
  const forward = (x: tf.Tensor) => tf.tidy(() => tf.add(kernels.matMul(x as tf.Tensor2D, weight), bias));
  return {
    forward,
    forwardTraining: (x) => ({
      y: forward(x),
      backward: (dy) => ({
        input: kernels.matMul(dy as tf.Tensor2D, weight, { b: true }),
        parameters: [
          kernels.matMul(x as tf.Tensor2D, dy as tf.Tensor2D, { a: true }),
          kernels.biasGradient(dy),
        ],
      }),
    }),
  };
}

/**
 * Builds a max-pool. It computes `inputSums` from `dy`: the input gradient contains the values of `dy` and otherwise zeros, so
 * the sums are equal, and `dy` has a quarter of the size.
 */
function maxPool2d(kernels: Kernels): Layer {
  return {
    // The plain kernel does not compute the state that only the gradient needs.
    forward: (x) => plainKernels.maxPool(x as tf.Tensor4D).y,
    forwardTraining(x) {
      const { y, state } = kernels.maxPool(x as tf.Tensor4D);
      const backward = (dy: tf.Tensor): Gradients => {
        const input = kernels.maxPoolGradient(x as tf.Tensor4D, y, dy as tf.Tensor4D, state);
        tf.dispose(state);
        return { input, parameters: [], inputSums: kernels.biasGradient(dy) };
      };
      return { y, backward };
    },
  };
}

/**
 * Builds a relu. When the convolution before computes the relu, this layer still computes its gradient: after a max-pool, this
 * gradient has a quarter of the values.
 */
function relu({ kernels, isFused }: LayerContext): Layer {
  const forward = (x: tf.Tensor) => (isFused ? x.clone() : tf.relu(x));
  return {
    forward,
    forwardTraining(x) {
      const y = forward(x);
      return { y, backward: (dy) => ({ input: kernels.reluGradient(dy, y), parameters: [] }) };
    },
  };
}

/** Builds inverted dropout: training scales the output, so prediction uses the input as it is (Srivastava et al., 2014). */
function dropout(rate: number, kernels: Kernels): Layer {
  return {
    forward: (x) => x.clone(),
    forwardTraining(x, seed) {
      const mask = kernels.dropoutMask(x.shape, rate, seed);
      const backward = (dy: tf.Tensor): Gradients => {
        const input = tf.mul(dy, mask);
        mask.dispose();
        return { input, parameters: [] };
      };
      return { y: tf.mul(x, mask), backward };
    },
  };
}

const flatten: Layer = {
  forward: (x) => tf.reshape(x, [x.shape[0], -1]),
  forwardTraining: (x) => ({
    y: flatten.forward(x),
    backward: (dy) => ({ input: tf.reshape(dy, x.shape), parameters: [] }),
  }),
};
