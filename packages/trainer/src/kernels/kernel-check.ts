import { seededRandom } from '../random.ts';
import { elementCount, type Kernels } from './kernels.ts';
import { plainKernels } from './plain.ts';
import tf from './tfjs.cjs';

/** Largest difference that counts as rounding: the compared tensors are small, with values around 1. */
const tolerance = 1e-3;

/** Returns whether `kernels` work on the active backend and agree with the plain kernels on a small batch. */
export function matchesPlainKernels(kernels: Kernels): boolean {
  try {
    return tf.tidy(() => {
      const expected = evaluateAll(plainKernels);
      return evaluateAll(kernels).every((tensor, at) => difference(tensor, expected[at]) < tolerance);
    });
  } catch {
    return false; // This build lacks one of the operations.
  }
}

/**
 * Returns the results of all operations on fixed inputs. Dropout masks differ between implementations, so the last result is
 * not a mask: each element of the mask is multiplied by its distance to the scale, which gives 0 for every valid mask.
 */
export function evaluateAll(kernels: Kernels): tf.Tensor[] {
  const random = seededRandom(7);
  const draw = <R extends tf.Rank>(shape: number[]): tf.Tensor<R> => {
    const values = Float32Array.from({ length: elementCount(shape) }, () => random() * 2 - 1);
    return tf.tensor(values, shape as tf.ShapeMap[R]);
  };
  const x = draw<tf.Rank.R4>([2, 6, 6, 3]);
  const filter = draw<tf.Rank.R4>([3, 3, 3, 4]);
  const bias = draw<tf.Rank.R1>([4]);
  const y = kernels.conv(x, filter, bias, 'linear');
  const dy = draw<tf.Rank.R4>([2, 6, 6, 4]);
  const gradients = kernels.convGradients(x, filter, dy, true);
  const pooled = kernels.maxPool(x);
  const pooledGradient = kernels.maxPoolGradient(x, pooled.y, draw<tf.Rank.R4>([2, 3, 3, 3]), pooled.state);
  const mask = kernels.dropoutMask([5, 6], 0.25, 1);
  const logits = draw<tf.Rank.R2>([3, 10]);
  const { losses, gradient } = kernels.crossEntropy(
    logits,
    tf.oneHot([1, 5, 9], 10, 1, 0, 'float32') as tf.Tensor2D,
  );
  return [
    y,
    kernels.conv(x, filter, bias, 'relu'),
    gradients.input as tf.Tensor,
    gradients.filter,
    kernels.biasGradient(dy),
    pooled.y,
    pooledGradient,
    kernels.reluGradient(dy, tf.relu(y)),
    losses,
    gradient,
    tf.mul(mask, tf.sub(mask, 4 / 3)),
  ];
}

const difference = (a: tf.Tensor, b: tf.Tensor): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0];
