import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';

/** Sizes of a tensor's axes, without the batch: height, width and channels of an image, or the number of features. */
export type Shape = readonly number[];

/** Number of values in a tensor of this shape. */
export const size = (shape: Shape): number => shape.reduce((product, side) => product * side, 1);

/** Side of every convolution's filter; the borders are padded so that the size stays ("same"). */
export const filterSize = 3;
/** Side and stride of every max-pool. */
export const poolSize = 2;

/** What max-pooling hands to its gradient beside input and output; empty where the backend needs nothing more. */
export type PoolState = Tensor[];

/** Of a convolution's input and filter; that of its bias is `biasGradient`. */
export type ConvGradients = {
  /** Undefined when it was not asked for: nothing lies before the first layer. */
  input: Tensor4D | undefined;
  filter: Tensor4D;
};

/** What a convolution does with each of its values at the end. */
export type Activation = 'linear' | 'relu';

/** Which factors of a product are transposed first. */
export interface Transposed {
  a?: boolean;
  b?: boolean;
}

/**
 * The costly operations of the network and their gradients: what engines differ in.
 * Images are [batch, height, width, channels], filters [height, width, in, out]; convolutions pad to "same" with
 * stride 1, pools are 2×2 with stride 2. Every result is a new tensor that the caller disposes.
 */
export interface Kernels {
  /** Name of this set of operations, sent in `run.started`. */
  readonly name: string;
  conv(x: Tensor4D, filter: Tensor4D, bias: Tensor1D, activation: Activation): Tensor4D;
  convGradients(x: Tensor4D, filter: Tensor4D, dy: Tensor4D, wantInput: boolean): ConvGradients;
  maxPool(x: Tensor4D): { y: Tensor4D; state: PoolState };
  maxPoolGradient(x: Tensor4D, y: Tensor4D, dy: Tensor4D, state: PoolState): Tensor4D;
  reluGradient<T extends Tensor>(dy: T, y: T): T;
  /** The product of two matrices, each transposed first where said. */
  matMul(a: Tensor2D, b: Tensor2D, transposed?: Transposed): Tensor2D;
  /** Sum over all axes but the last. */
  biasGradient(dy: Tensor): Tensor1D;
  /** 1 / (1 - rate) with probability 1 - rate, else 0: the same mask for the same seed. A rate may be rounded to 1/256. */
  dropoutMask(shape: number[], rate: number, seed: number): Tensor;
  /** Cross-entropy of each row in nats, [batch], and its gradient for the logits, [batch, 10], not yet averaged. */
  crossEntropy(logits: Tensor2D, oneHot: Tensor2D): { losses: Tensor1D; gradient: Tensor2D };
}
