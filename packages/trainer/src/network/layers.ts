import * as tf from '@tensorflow/tfjs-core';
import type { Kernels } from '../kernels/kernels.ts';
import { plainKernels } from '../kernels/plain.ts';
import type { LayerSpec } from './architecture.ts';

/** What goes back through a layer: the gradients of the loss for its input and for its parameters. */
export interface Gradients {
  /** Undefined for the first layer, which nothing lies before. */
  input: tf.Tensor | undefined;
  parameters: tf.Tensor[];
  /** The sum of `input` over all axes but the last, the gradient of a bias right before it, where it is had for less here. */
  inputSums?: tf.Tensor1D;
}

/**
 * One layer going forward in training: its output and the way back. `backward` takes the gradient for the output; it may
 * be called once, and disposes what the layer kept for it.
 */
export interface ForwardStep {
  y: tf.Tensor;
  /** @param sums Of `dy` over all axes but the last, where they are known. */
  backward(dy: tf.Tensor, sums?: tf.Tensor1D): Gradients;
}

/** A layer with its parameters in place. */
export interface Layer {
  forward(x: tf.Tensor): tf.Tensor;
  /** @param seed For layers that draw random numbers. */
  train(x: tf.Tensor, seed: number): ForwardStep;
}

export interface LayerContext {
  kernels: Kernels;
  /** Weight and bias, or nothing. */
  parameters: tf.Variable[];
  /** Whether anything before this layer needs a gradient. */
  first: boolean;
  /** Of a convolution and a relu behind it, perhaps with a max-pool between them: the convolution does both. */
  fused: boolean;
}

/** Builds the layer that a spec describes. */
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

function conv2d({ kernels, parameters, first, fused }: LayerContext): Layer {
  const [filter, bias] = parameters as unknown as [tf.Tensor4D, tf.Tensor1D];
  const activation = fused ? 'relu' : 'linear';
  const forward = (x: tf.Tensor) => kernels.conv(x as tf.Tensor4D, filter, bias, activation);
  return {
    forward,
    train: (x) => ({
      y: forward(x),
      backward(dy, sums = kernels.biasGradient(dy)) {
        const gradients = kernels.convGradients(x as tf.Tensor4D, filter, dy as tf.Tensor4D, !first);
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
    train: (x) => ({
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

/** What goes back through it are the values that came, among zeros: their sums are the same, of a quarter as many. */
function maxPool2d(kernels: Kernels): Layer {
  return {
    // Without what the gradient needs, which takes time to note.
    forward: (x) => plainKernels.maxPool(x as tf.Tensor4D).y,
    train(x) {
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

/** Its gradient is taken here in any case: behind a pool there are only a quarter of the values. */
function relu({ kernels, fused }: LayerContext): Layer {
  const forward = (x: tf.Tensor) => (fused ? x.clone() : tf.relu(x));
  return {
    forward,
    train(x) {
      const y = forward(x);
      return { y, backward: (dy) => ({ input: kernels.reluGradient(dy, y), parameters: [] }) };
    },
  };
}

/** "Inverted" dropout: scaled while training, nothing to do afterwards. */
function dropout(rate: number, kernels: Kernels): Layer {
  return {
    forward: (x) => x.clone(),
    train(x, seed) {
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
  train: (x) => ({
    y: flatten.forward(x),
    backward: (dy) => ({ input: tf.reshape(dy, x.shape), parameters: [] }),
  }),
};
