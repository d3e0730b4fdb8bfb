import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';

/** Shape of a tensor without its batch axis: [height, width, channels] of an image, or [features]. */
export type Shape = readonly number[];

/** Returns the number of values in a tensor of this shape. */
export const elementCount = (shape: Shape): number => shape.reduce((product, side) => product * side, 1);

/** Height and width of the filters of all convolutions. */
export const filterSize = 3;
/** Size and stride of all max-pools. */
export const poolSize = 2;

/** Tensors that max-pooling keeps for its gradient besides input and output; empty where the backend needs none. */
export type PoolState = Tensor[];

/** Gradients of the loss for a convolution's input and filter. `biasGradient` computes the gradient for the bias. */
export type ConvGradients = {
  /** Gradient for the input; undefined when it was not requested, as for the first layer. */
  input: Tensor4D | undefined;
  filter: Tensor4D;
};

/** The function that a convolution applies to its output. */
export type Activation = 'linear' | 'relu';

/** The factors of a matrix product that are transposed before the multiplication. */
export interface Transposed {
  a?: boolean;
  b?: boolean;
}

/**
 * The costly operations of the network and their gradients, which each engine implements in its own way.
 * Images are [batch, height, width, channels], filters [height, width, in, out]. Convolutions have stride 1 and "same"
 * padding; pools are 2×2 with stride 2. `dy` is the gradient of the loss for the output `y`. Each result is a new tensor
 * that the caller disposes.
 */
export interface Kernels {
  /** Name of this implementation, reported in `run.started`. */
  readonly name: string;
  conv(x: Tensor4D, filter: Tensor4D, bias: Tensor1D, activation: Activation): Tensor4D;
  convGradients(x: Tensor4D, filter: Tensor4D, dy: Tensor4D, needsInput: boolean): ConvGradients;
  maxPool(x: Tensor4D): { y: Tensor4D; state: PoolState };
  maxPoolGradient(x: Tensor4D, y: Tensor4D, dy: Tensor4D, state: PoolState): Tensor4D;
  reluGradient<T extends Tensor>(dy: T, y: T): T;
  /** Product of two matrices, after the transpositions that `transposed` requests. */
  matMul(a: Tensor2D, b: Tensor2D, transposed?: Transposed): Tensor2D;
  /** Sum of `dy` over all axes but the last, [channels]. */
  biasGradient(dy: Tensor): Tensor1D;
  /**
   * Mask of inverted dropout: 1 / (1 - rate) with probability 1 - rate, else 0. The same seed gives the same mask.
   * @param rate From 0 to 1; an implementation may round it to a multiple of 1/256.
   */
  dropoutMask(shape: number[], rate: number, seed: number): Tensor;
  /** Cross-entropy of each row in nats, [batch], and its gradient for the logits, [batch, classes], not averaged. */
  crossEntropy(logits: Tensor2D, oneHot: Tensor2D): { losses: Tensor1D; gradient: Tensor2D };
}
