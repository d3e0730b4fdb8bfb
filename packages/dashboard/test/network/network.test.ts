import { describe, expect, it } from '@jest/globals';
import { Network } from '../../src/network/network.ts';
import { readSafetensors, type Tensor } from '../../src/network/safetensors.ts';

/** Numbers that look random and are the same in each run. */
function numbers(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, index) => Math.sin((index + 1) * 12.9898 + seed * 78.233) * 0.5);
}
const tensor = (shape: number[], seed: number): Tensor => ({
  shape,
  values: numbers(
    shape.reduce((size, side) => size * side),
    seed,
  ),
});
const image = numbers(784, 9).map(Math.abs);

describe('the forward pass', () => {
  const tensors = new Map<string, Tensor>([
    ['conv1.weight', tensor([3, 1, 3, 3], 1)],
    ['conv1.bias', tensor([3], 2)],
    ['conv2.weight', tensor([2, 3, 3, 3], 3)],
    ['conv2.bias', tensor([2], 4)],
    ['fc.weight', tensor([10, 2 * 14 * 14], 5)],
    ['fc.bias', tensor([10], 6)],
  ]);
  const layers = [
    'conv1:conv2d',
    'relu1:relu',
    'conv2:conv2d',
    'pool:maxPool2d',
    'drop:dropout',
    'flatten:flatten',
    'fc:dense',
  ].map((text) => {
    const [name = '', type = ''] = text.split(':');
    return { name, type };
  });
  const values = (name: string): Float32Array => tensors.get(name)?.values as Float32Array;

  it('equals a plain implementation', () => {
    const first = convolve([image], {
      weight: values('conv1.weight'),
      bias: values('conv1.bias'),
      outputs: 3,
    });
    const second = convolve(
      first.map((plane) => plane.map((value) => Math.max(0, value))),
      {
        weight: values('conv2.weight'),
        bias: values('conv2.bias'),
        outputs: 2,
      },
    );
    const flat = second.flatMap((plane) => [...pool(plane)]);
    const logits = Array.from({ length: 10 }, (_, unit) =>
      flat.reduce(
        (sum, value, index) => sum + value * (values('fc.weight')[unit * flat.length + index] as number),
        values('fc.bias')[unit] as number,
      ),
    );
    const powers = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
    const expected = powers.map((power) => power / powers.reduce((a, b) => a + b));

    const probabilities = new Network(layers, tensors).predict(image);
    expect(probabilities).toHaveLength(10);
    for (const [label, probability] of probabilities.entries())
      expect(probability).toBeCloseTo(expected[label] as number, 4);
  });

  it('has the filters of the first convolution', () => {
    const filters = new Network(layers, tensors).firstFilters();
    expect(filters).toMatchObject({ count: 3, inputs: 1, size: 3 });
    expect(filters?.values).toEqual(values('conv1.weight'));
  });

  it('rejects unknown layers and missing weights', () => {
    expect(() => new Network([{ name: 'a1', type: 'attention' }], tensors)).toThrow(
      new TypeError('expected a layer that this page can compute, got attention (a1)'),
    );
    expect(() => new Network([{ name: 'fc9', type: 'dense' }], tensors)).toThrow(
      new TypeError('expected weights of the layer fc9'),
    );
  });
});

describe('a safetensors file', () => {
  const fileOf = (header: object, floats: number[]): ArrayBuffer => {
    const json = new TextEncoder().encode(JSON.stringify(header));
    const bytes = new Uint8Array(8 + json.length + floats.length * 4);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
    bytes.set(json, 8);
    bytes.set(new Uint8Array(Float32Array.from(floats).buffer), 8 + json.length);
    return bytes.buffer;
  };

  it('contains its tensors by name', () => {
    const file = fileOf(
      {
        __metadata__: { format: 'pt' },
        'a.weight': { dtype: 'F32', shape: [2, 1], data_offsets: [0, 8] },
        'a.bias': { dtype: 'F32', shape: [1], data_offsets: [8, 12] },
      },
      [1, 2, 3],
    );
    const tensors = readSafetensors(file);
    expect([...tensors.keys()]).toEqual(['a.weight', 'a.bias']);
    expect(tensors.get('a.weight')).toEqual({ shape: [2, 1], values: Float32Array.from([1, 2]) });
  });

  it('is rejected when its values are not 32-bit floats, or when the file has another format', () => {
    expect(() =>
      readSafetensors(fileOf({ a: { dtype: 'F16', shape: [1], data_offsets: [0, 2] } }, [1])),
    ).toThrow(new TypeError('expected 32-bit floats in a, got F16'));
    expect(() => readSafetensors(new TextEncoder().encode('not a model').buffer)).toThrow(
      'Invalid typed array length',
    );
  });
});

/** A convolution by its definition, pixel by pixel: slow, and too simple to be wrong. */
function convolve(
  planes: readonly Float32Array[],
  { weight, bias, outputs }: { weight: Float32Array; bias: Float32Array; outputs: number },
): Float32Array[] {
  const valueAt = (plane: Float32Array, y: number, x: number): number =>
    y < 0 || x < 0 || y >= 28 || x >= 28 ? 0 : (plane[y * 28 + x] as number);
  return Array.from({ length: outputs }, (_, output) =>
    Float32Array.from({ length: 784 }, (_, pixel) => {
      const [y, x] = [Math.floor(pixel / 28), pixel % 28];
      let sum = bias[output] as number;
      for (const [input, plane] of planes.entries())
        for (let tap = 0; tap < 9; tap++)
          sum +=
            (weight[(output * planes.length + input) * 9 + tap] as number) *
            valueAt(plane, y + Math.floor(tap / 3) - 1, x + (tap % 3) - 1);
      return sum;
    }),
  );
}

const pool = (plane: Float32Array): Float32Array =>
  Float32Array.from({ length: 196 }, (_, pixel) => {
    const [y, x] = [2 * Math.floor(pixel / 14), 2 * (pixel % 14)];
    return Math.max(...[0, 1, 28, 29].map((offset) => plane[y * 28 + x + offset] as number));
  });
