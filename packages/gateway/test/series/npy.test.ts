import { expect, test } from '@jest/globals';
import { npyHeader } from '../../src/series/npy.ts';

/** The header of `numpy.save` for this array, from NumPy 2: `np.zeros((2, 3), '<f4')`. */
const byNumpy = Buffer.concat([
  Buffer.from('\x93NUMPY\x01\x00v\x00', 'latin1'),
  Buffer.from("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".padEnd(117)),
  Buffer.from('\n'),
]);

test('the header of a NumPy file is the one that NumPy writes (P-209)', () => {
  expect(npyHeader('<f4', [2, 3])).toEqual(byNumpy);
});

test.each([
  [[], '()'],
  [[7], '(7,)'],
  [[2, 3, 4], '(2, 3, 4)'],
])('the header of an array of the shape %j has the tuple %s (P-209)', (shape, tuple) => {
  const header = npyHeader('|u1', shape);
  expect(header.toString('latin1', 10).trimEnd()).toBe(
    `{'descr': '|u1', 'fortran_order': False, 'shape': ${tuple}, }`,
  );
});

test('values begin at the next multiple of 64 bytes, whatever the length of the shape (P-209)', () => {
  for (let dimensions = 0; dimensions < 70; dimensions++) {
    const header = npyHeader('<u4', Array(dimensions).fill(1));
    const text = header.toString('latin1', 10);
    expect(header.readUInt16LE(8)).toBe(text.length);
    expect(header.length % 64).toBe(0);
    expect(text).toMatch(/\), \} {0,63}\n$/);
  }
});
