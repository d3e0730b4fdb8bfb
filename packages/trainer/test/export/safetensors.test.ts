import { describe, expect, test } from '@jest/globals';
import { parseSafetensors, safetensors } from '../../src/export/safetensors.ts';

describe('safetensors', () => {
  const bytes = Buffer.from(
    safetensors([
      { name: 'a', shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) },
      { name: 'b', shape: [1], values: Float32Array.of(-0.5) },
    ]),
  );
  const headerLength = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength));

  test('begins with the length of a header that says where each tensor stands', () => {
    expect(header).toMatchObject({
      a: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
      b: { dtype: 'F32', shape: [1], data_offsets: [16, 20] },
    });
  });

  test('puts the values behind it, aligned to 8 bytes, and nothing after them', () => {
    const values = 8 + headerLength;
    expect(values % 8).toBe(0);
    expect([0, 4, 8, 12, 16].map((at) => bytes.readFloatLE(values + at))).toEqual([1, 2, 3, 4, -0.5]);
    expect(bytes).toHaveLength(values + 20);
  });

  test('is read back as it was, wherever in memory the bytes stand', () => {
    const shifted = Buffer.concat([Buffer.alloc(1), bytes]).subarray(1);
    expect(parseSafetensors(shifted)).toEqual({
      tensors: [
        { name: 'a', shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) },
        { name: 'b', shape: [1], values: Float32Array.of(-0.5) },
      ],
      metadata: { format: 'pt' },
    });
  });

  test('is refused when it is cut short', () => {
    expect(() => parseSafetensors(bytes.subarray(0, -4))).toThrow(
      new RangeError('expected 20 bytes of values, got 16'),
    );
    expect(() => parseSafetensors(bytes.subarray(0, 20))).toThrow(SyntaxError);
    expect(() => parseSafetensors(bytes.subarray(0, 4))).toThrow('outside buffer bounds');
  });
});
