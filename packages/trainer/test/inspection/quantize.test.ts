import { describe, expect, test } from '@jest/globals';
import { encodeSafetensors, parseSafetensors } from '../../src/export/safetensors.ts';
import { quantize, quantizeWeights } from '../../src/inspection/quantize.ts';

describe('quantize', () => {
  test('rounds to signed bytes with one scale for each channel, within half a scale', () => {
    const values = Float32Array.from({ length: 300 }, (_, at) => Math.sin(at) * (at % 3 === 0 ? 100 : 0.01));
    const { bytes, scales } = quantize(values, 3)!;
    expect(scales).toHaveLength(3);
    expect(Math.max(...bytes)).toBe(127);
    bytes.forEach((byte, at) => {
      const scale = scales[at % 3]!;
      expect(Math.abs(byte * scale - values[at]!)).toBeLessThanOrEqual(scale * 0.5001);
    });
  });

  test('gives zeros the scale 1', () => {
    expect(quantize(Float32Array.of(0, 0), 1)).toEqual({
      bytes: Int8Array.of(0, 0),
      scales: Float32Array.of(1),
    });
  });

  test.each([Number.NaN, Number.NEGATIVE_INFINITY])('returns nothing with %p among the values', (value) => {
    expect(quantize(Float32Array.of(1, value), 1)).toBeUndefined();
  });
});

describe('quantizeWeights', () => {
  const filter = { name: 'conv1.weight', shape: [1, 1, 2, 2], values: Float32Array.of(1, 10, -2, 5) };

  test('returns each tensor as bytes, and one scale for each output channel of the same rank', () => {
    const tensors = quantizeWeights([filter])!;
    expect(tensors).toEqual([
      { name: 'conv1.weight.scale', shape: [1, 1, 1, 2], values: Float32Array.of(2 / 127, 10 / 127) },
      { name: 'conv1.weight', shape: [1, 1, 2, 2], values: Int8Array.of(64, 127, -127, 64) },
    ]);
  });

  test('is written to a file whose header names both types', () => {
    const file = Buffer.from(encodeSafetensors(quantizeWeights([filter])!));
    const headerBytes = Number(file.readBigUInt64LE());
    const header = JSON.parse(file.toString('utf8', 8, 8 + headerBytes));
    expect(header).toMatchObject({
      'conv1.weight.scale': { dtype: 'F32', shape: [1, 1, 1, 2], data_offsets: [0, 8] },
      'conv1.weight': { dtype: 'I8', shape: [1, 1, 2, 2], data_offsets: [8, 12] },
    });
    expect([...new Int8Array(file.subarray(-4))]).toEqual([64, 127, -127, 64]);
    expect(() => parseSafetensors(file)).not.toThrow();
  });

  test('returns nothing for weights that have diverged', () => {
    const diverged = { ...filter, values: Float32Array.of(1, Number.NaN, 0, 0) };
    expect(quantizeWeights([filter, diverged])).toBeUndefined();
  });
});
