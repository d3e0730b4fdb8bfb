/** Types of numbers in a NumPy file, little-endian. */
export type NpyType = '<f4' | '<u4' | '<u2' | '|u1';

/**
 * Returns the beginning of a `.npy` file, before its values in row-major order. Source: format description of NumPy, version 1.0
 * (`numpy.lib.format`).
 */
export function npyHeader(type: NpyType, shape: readonly number[]): Buffer {
  // A tuple of one element needs a comma after it.
  const tuple = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const prefixBytes = 10;
  // The values begin at a multiple of 64 bytes; the header ends with a line break.
  const padding = (64 - ((prefixBytes + text.length + 1) % 64)) % 64;
  const header = Buffer.alloc(prefixBytes);
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(text.length + padding + 1, 8);
  return Buffer.concat([header, Buffer.from(`${text}${' '.repeat(padding)}\n`)]);
}
