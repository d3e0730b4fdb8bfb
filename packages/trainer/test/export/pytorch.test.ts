import { describe, expect, test } from '@jest/globals';
import { permute, toPyTorch } from '../../src/export/pytorch.ts';
import { elementCount } from '../../src/kernels/kernels.ts';
import { architecture, type LayerSpec, networks, parameterSpecs } from '../../src/network/architecture.ts';

describe('permute', () => {
  test('moves each value to its permuted position', () => {
    const values = Float32Array.from({ length: 24 }, (_, at) => at);
    const moved = permute({ shape: [2, 3, 4], values }, [2, 0, 1]);
    expect(moved.shape).toEqual([4, 2, 3]);
    for (let i = 0; i < 2; i++)
      for (let j = 0; j < 3; j++)
        for (let k = 0; k < 4; k++) expect(moved.values[(k * 2 + i) * 3 + j]).toBe((i * 3 + j) * 4 + k);
  });
});

describe('toPyTorch', () => {
  const convert = (layers: readonly LayerSpec[]) => {
    const weights = parameterSpecs(layers).map(({ name, shape }) => ({
      name,
      shape,
      values: Float32Array.from({ length: elementCount(shape) }, (_, at) => at),
    }));
    return Object.fromEntries(toPyTorch(weights, layers).map((tensor) => [tensor.name, tensor]));
  };
  const tensors = convert(architecture);

  test('returns the shapes that PyTorch expects', () => {
    expect(
      Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape])),
    ).toMatchObject({
      'conv1.weight': [32, 1, 3, 3],
      'conv4.weight': [64, 64, 3, 3],
      'conv4.bias': [64],
      'fc1.weight': [128, 3_136],
      'fc2.weight': [10, 128],
    });
  });

  test('reorders the flattened inputs, channels first', () => {
    // The input [row 2, column 3, channel 5] of unit 7 in tfjs is [channel 5, row 2, column 3] in PyTorch.
    const tfjsIndex = (((2 * 7 + 3) * 64 + 5) * 128 + 7) as number;
    expect(tensors['fc1.weight']?.values[7 * 3_136 + (5 * 7 + 2) * 7 + 3]).toBe(tfjsIndex);
    const inSprint = ((2 * 7 + 3) * 32 + 5) * 128 + 7;
    const sprint = convert(networks.sprint);
    expect(sprint['fc1.weight']?.values[7 * 1_568 + (5 * 7 + 2) * 7 + 3]).toBe(inSprint);
  });
});
