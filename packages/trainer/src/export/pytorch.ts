import type { Shape } from '../kernels/kernels.ts';
import type { TensorValues } from '../learner/learner.ts';
import { type LayerSpec, layersWithInputs } from '../network/architecture.ts';

/**
 * Converts weights to PyTorch's layout: filters from [height, width, in, out] to [out, in, height, width], dense weights
 * from [in, out] to [out, in]. The inputs of the dense layer after `flatten` are reordered too, because PyTorch flattens
 * [channels, height, width] and tfjs [height, width, channels].
 * @param layers The layers of the network.
 */
export function toPyTorch(weights: readonly TensorValues[], layers: readonly LayerSpec[]): TensorValues[] {
  const flattenedShape = shapeBeforeFlatten(layers);
  return weights.map(({ name, shape, values }) => {
    if (shape.length === 4) return { name, ...permute({ shape, values }, [3, 2, 0, 1]) };
    if (shape.length === 1) return { name, shape, values };
    if (shape[0] !== flattenedShape.reduce((a, b) => a * b))
      return { name, ...permute({ shape, values }, [1, 0]) };
    const unflattened = permute({ shape: [...flattenedShape, shape[1]], values }, [3, 2, 0, 1]);
    return { name, shape: [shape[1], shape[0]], values: unflattened.values };
  });
}

/** Returns the input shape of the layer `flatten`, [height, width, channels]. */
function shapeBeforeFlatten(layers: readonly LayerSpec[]): Shape {
  const flatten = layersWithInputs(layers).find(({ layer }) => layer.type === 'flatten');
  if (!flatten) throw new Error('expected a flatten layer in the network');
  return flatten.input;
}

interface Values {
  shape: number[];
  values: Float32Array;
}

/** Returns a copy with permuted axes: axis `i` of the result is axis `axes[i]` of the input. */
export function permute({ shape, values }: Values, axes: readonly number[]): Values {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
  const target = axes.map((axis) => shape[axis]);
  const result = new Float32Array(values.length);
  const position = new Array<number>(target.length).fill(0);
  for (let at = 0; at < result.length; at++) {
    let from = 0;
    for (let axis = 0; axis < target.length; axis++) from += position[axis] * strides[axes[axis]];
    result[at] = values[from];
    for (let axis = target.length - 1; axis >= 0 && ++position[axis] === target[axis]; axis--)
      position[axis] = 0;
  }
  return { shape: target, values: result };
}
