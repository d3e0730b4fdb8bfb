import { describe, expect, test } from '@jest/globals';
import { encodeSafetensors, parseSafetensors } from '../../src/export/safetensors.ts';

describe('safetensors', () => {
  const bytes = Buffer.from(
    encodeSafetensors([
      { name: 'a', shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) },
      { name: 'b', shape: [1], values: Float32Array.of(-0.5) },
    ]),
  );
  const headerLength = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength));

  test('begins with a header that contains the offsets of each tensor', () => {
    expect(header).toMatchObject({
      a: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
      b: { dtype: 'F32', shape: [1], data_offsets: [16, 20] },
    });
  });

  test('contains the values after the header, aligned to 8 bytes', () => {
    const values = 8 + headerLength;
    expect(values % 8).toBe(0);
    expect([0, 4, 8, 12, 16].map((at) => bytes.readFloatLE(values + at))).toEqual([1, 2, 3, 4, -0.5]);
    expect(bytes).toHaveLength(values + 20);
  });

  test('is parsed as it was encoded, also from unaligned memory', () => {
    const shifted = Buffer.concat([Buffer.alloc(1), bytes]).subarray(1);
    expect(parseSafetensors(shifted)).toEqual({
      tensors: [
        { name: 'a', shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) },
        { name: 'b', shape: [1], values: Float32Array.of(-0.5) },
      ],
      metadata: { format: 'pt' },
    });
  });

  test('is refused when it is incomplete', () => {
    expect(() => parseSafetensors(bytes.subarray(0, -4))).toThrow(
      new RangeError('expected 20 bytes of values, got 16'),
    );
    expect(() => parseSafetensors(bytes.subarray(0, 20))).toThrow(SyntaxError);
    expect(() => parseSafetensors(bytes.subarray(0, 4))).toThrow('outside buffer bounds');
  });
});
