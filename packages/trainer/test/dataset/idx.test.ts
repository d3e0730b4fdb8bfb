import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { MonitorError } from '@mnist-monitor/shared';
import fc from 'fast-check';
import { parseIdx } from '../../src/dataset/idx.ts';

function idx(shape: number[], values: Uint8Array, type = 8): Uint8Array {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.writeUInt32BE((type << 8) | shape.length);
  shape.forEach((side, axis) => {
    header.writeUInt32BE(side, 4 + 4 * axis);
  });
  return Buffer.concat([header, values]);
}

function failure(bytes: Uint8Array, rank = 1): MonitorError {
  try {
    parseIdx(bytes, 'labels.idx', rank);
  } catch (error) {
    if (error instanceof MonitorError) return error;
    throw error;
  }
  throw new Error('expected parseIdx to fail');
}

/** 646 MiB of zeros in 0.6 MiB: 34 gzip members of 19 MiB. */
const zeros = Buffer.concat(Array(34).fill(gzipSync(Buffer.alloc(19 * 2 ** 20), { level: 1 })));

describe('parseIdx', () => {
  test('parses any array, compressed or not', () => {
    const arrays = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 3 }).chain((shape) => {
      const length = shape.reduce((product, side) => product * side, 1);
      return fc.tuple(
        fc.constant(shape),
        fc.uint8Array({ minLength: length, maxLength: length }),
        fc.boolean(),
      );
    });
    fc.assert(
      fc.property(arrays, ([shape, values, packed]) => {
        const bytes = idx(shape, values);
        const parsed = parseIdx(packed ? gzipSync(bytes) : bytes, 'any', shape.length);
        expect(parsed.shape).toEqual(shape);
        expect([...parsed.values]).toEqual([...values]);
      }),
    );
  });

  test('throws only its own error for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.integer({ min: 1, max: 3 }), (bytes, rank) => {
        try {
          parseIdx(bytes, 'any', rank);
        } catch (error) {
          expect(error).toBeInstanceOf(MonitorError);
        }
      }),
    );
  });

  test.each([
    [
      'an empty file',
      new Uint8Array(0),
      'labels.idx: expected magic number 0x00000801 and 1 sizes, got only 0 bytes',
    ],
    [
      'another type of values',
      idx([1], new Uint8Array(1), 13),
      'labels.idx: expected magic number 0x00000801, got 0x00000d01',
    ],
    [
      'another rank',
      idx([1, 1], new Uint8Array(1)),
      'labels.idx: expected magic number 0x00000801, got 0x00000802',
    ],
    [
      'too few values',
      idx([3], new Uint8Array(2)),
      'labels.idx: expected 3 bytes after the header (3), got 2',
    ],
    [
      'too many values',
      idx([3], new Uint8Array(4)),
      'labels.idx: expected 3 bytes after the header (3), got 4',
    ],
    [
      'a small gzip file that unpacks to gigabytes',
      zeros,
      'labels.idx: expected at most 640 MiB when unpacked, got more',
    ],
    [
      'an incomplete gzip file',
      gzipSync(idx([3], new Uint8Array(3))).subarray(0, 20),
      'labels.idx: expected a complete gzip file, got unexpected end of file',
    ],
  ])('names the problem of %s', (_what, bytes, message) => {
    expect(failure(bytes)).toMatchObject({ code: 'dataset.invalid', message });
  });
});
