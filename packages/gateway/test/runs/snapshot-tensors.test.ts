import { describe, expect, test } from '@jest/globals';
import { readSnapshotTensor } from '../../src/runs/snapshot-tensors.ts';

const bytes = [1, -2, 3, -4, 5, -6];
/** Returns a snapshot of one tensor with 2 × 3 values and a scale for each column, and with other entries in its header. */
function snapshot(
  entries: object = {},
  { scales = [0.5, 1, 2], padding = '' }: { scales?: number[]; padding?: string } = {},
): Buffer {
  const all = {
    weights: { dtype: 'I8', shape: [2, 3], data_offsets: [0, 6] },
    'weights.scale': { dtype: 'F32', shape: [1, 3], data_offsets: [6, 18] },
    ...entries,
  };
  const header = Buffer.from(JSON.stringify(all) + padding);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  const data = [Buffer.from(Int8Array.from(bytes).buffer), Buffer.from(Float32Array.from(scales).buffer)];
  return Buffer.concat([size, header, ...data]);
}
const valuesOf = (file: Buffer, name = 'weights') => {
  const tensor = readSnapshotTensor(file, name);
  return tensor && { ...tensor, values: [...tensor.values] };
};

describe('a tensor of a snapshot', () => {
  test('has its bytes multiplied by the scales of their columns', () => {
    expect(valuesOf(snapshot())).toEqual({ shape: [2, 3], values: [0.5, -2, 6, -2, 5, -12] });
  });

  test.each([
    ['rows', [2, 1], [10, 100], [10, -20, 30, -400, 500, -600]],
    ['the whole tensor', [1, 1], [10], [10, -20, 30, -40, 50, -60]],
    ['each value', [2, 3], [1, 2, 3, 4, 5, 6], [1, -4, 9, -16, 25, -36]],
  ])('has its bytes multiplied by the scales of %s', (_what, shape, scales, values) => {
    const scale = { dtype: 'F32', shape, data_offsets: [6, 6 + 4 * scales.length] };
    expect(valuesOf(snapshot({ 'weights.scale': scale }, { scales }))?.values).toEqual(values);
  });

  test('may have any number of dimensions', () => {
    const entries = {
      weights: { dtype: 'I8', shape: [1, 2, 3], data_offsets: [0, 6] },
      'weights.scale': { dtype: 'F32', shape: [1, 2, 1], data_offsets: [6, 14] },
    };
    expect(valuesOf(snapshot(entries, { scales: [2, 3] }))?.values).toEqual([2, -4, 6, -12, 15, -18]);
  });

  const entry = (more: object) => ({ dtype: 'I8', shape: [2, 3], data_offsets: [0, 6], ...more });
  const scale = (more: object) => ({ dtype: 'F32', shape: [1, 3], data_offsets: [6, 18], ...more });
  test.each<[string, object]>([
    ['values of another type', { weights: entry({ dtype: 'F32' }) }],
    ['scales of another type', { 'weights.scale': scale({ dtype: 'I8' }) }],
    ['no scales', { 'weights.scale': undefined }],
    ['fewer bytes than its shape', { weights: entry({ data_offsets: [0, 5] }) }],
    ['more bytes than its shape', { weights: entry({ data_offsets: [0, 7] }) }],
    ['fewer scales than their shape', { 'weights.scale': scale({ data_offsets: [6, 14] }) }],
    ['a part of a scale', { 'weights.scale': scale({ data_offsets: [6, 17] }) }],
    ['scales of another side', { 'weights.scale': scale({ shape: [1, 2], data_offsets: [6, 14] }) }],
    ['scales of another rank', { 'weights.scale': scale({ shape: [3] }) }],
    ['bytes beyond the end of the file', { weights: entry({ data_offsets: [13, 19] }) }],
    ['an end before its beginning', { weights: entry({ shape: [0], data_offsets: [6, 0] }) }],
    ['a negative offset', { weights: entry({ data_offsets: [-6, 0] }) }],
    ['a shape that is no list', { weights: entry({ shape: 6 }) }],
    ['no description', { weights: null }],
  ])('is not read with %s', (_what, entries) => {
    expect(valuesOf(snapshot(entries))).toBeUndefined();
  });

  test.each([
    ['an empty file', Buffer.alloc(0)],
    ['a file of 7 bytes', Buffer.alloc(7, 1)],
    ['a file without a header', Buffer.alloc(20)],
    ['a header longer than the file', snapshot().subarray(0, 20)],
    ['a header that is no JSON', snapshot({}, { padding: '}' })],
  ])('is not read from %s', (_what, file) => {
    expect(valuesOf(file)).toBeUndefined();
  });

  test('is not read from a header that is no object, and not by an inherited name', () => {
    for (const header of ['null', '7', '"weights"']) {
      const file = Buffer.concat([Buffer.alloc(8), Buffer.from(header)]);
      file.writeBigUInt64LE(BigInt(header.length));
      expect([header, valuesOf(file)]).toEqual([header, undefined]);
    }
    expect(valuesOf(snapshot(), 'constructor')).toBeUndefined();
    expect(valuesOf(snapshot(), 'bias')).toBeUndefined();
  });
});
