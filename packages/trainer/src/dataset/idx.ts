import { gunzipSync } from 'node:zlib';
import { MonitorError } from '@mnist-monitor/shared';

/**
 * An array of bytes from a file in the IDX format (Y. LeCun's MNIST page). The file begins with a header: two bytes of 0, one
 * byte for the type (8 for unsigned bytes), one for the rank, and four for the size of each dimension. The values follow.
 */
export interface IdxArray {
  shape: number[];
  values: Uint8Array;
}

const unsignedByte = 8;
/** Types of whole numbers in an IDX file: their size in bytes, and how one is read. */
const wholeNumbers: Record<number, { bytes: number; read: (view: DataView, at: number) => number }> = {
  [unsignedByte]: { bytes: 1, read: (view, at) => view.getUint8(at) },
  11: { bytes: 2, read: (view, at) => view.getInt16(at) },
  12: { bytes: 4, read: (view, at) => view.getInt32(at) },
};
const gzipMagic = 0x1f8b;
/** Maximum size of a file, compressed or not: the training images of EMNIST by class have 522 MiB. */
export const maxFileBytes = 640 * 1024 * 1024;

/**
 * Parses an IDX file of unsigned bytes, compressed with gzip or not.
 * @param name Name of the file, for the error.
 * @param rank Expected number of dimensions.
 * @throws MonitorError `dataset.invalid` with the name of the file, what was expected and what it contains.
 */
export function parseIdx(bytes: Uint8Array, name: string, rank: number): IdxArray {
  const plain = unpack(bytes, name);
  const header = 4 + 4 * rank;
  const magic = `magic number 0x${((unsignedByte << 8) | rank).toString(16).padStart(8, '0')}`;
  if (plain.length < header) throw invalid(name, `${magic} and ${rank} sizes`, `only ${plain.length} bytes`);

  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  const found = view.getUint32(0);
  if (found !== ((unsignedByte << 8) | rank))
    throw invalid(name, magic, `0x${found.toString(16).padStart(8, '0')}`);

  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const expected = shape.reduce((product, side) => product * side, 1);
  const values = plain.subarray(header);
  if (values.length !== expected)
    throw invalid(name, `${expected} bytes after the header (${shape.join(' × ')})`, `${values.length}`);
  return { shape, values };
}

/** The labels of a dataset's images. */
export interface IdxLabels {
  shape: number[];
  values: Int32Array;
}

/**
 * Parses an IDX file of labels: unsigned bytes, or integers of 16 or 32 bits, which more than 256 classes need.
 * @param name Name of the file, for the error.
 * @throws MonitorError `dataset.invalid` with the name of the file, what was expected and what it contains.
 */
export function parseIdxLabels(bytes: Uint8Array, name: string): IdxLabels {
  const plain = unpack(bytes, name);
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  const type = plain.length < 8 || view.getUint16(0) !== 0 || plain[3] !== 1 ? undefined : plain[2];
  const format = wholeNumbers[type ?? unsignedByte];
  if (type === undefined || type === unsignedByte || !format) {
    const { shape, values } = parseIdx(plain, name, 1);
    return { shape, values: Int32Array.from(values) };
  }
  const size = view.getUint32(4);
  const found = plain.length - 8;
  if (found !== size * format.bytes)
    throw invalid(
      name,
      `${size * format.bytes} bytes after the header (${size} × ${format.bytes})`,
      `${found}`,
    );
  return {
    shape: [size],
    values: Int32Array.from({ length: size }, (_, at) => format.read(view, 8 + at * format.bytes)),
  };
}

function unpack(bytes: Uint8Array, name: string): Uint8Array {
  if (bytes.length < 2 || ((bytes[0] << 8) | bytes[1]) !== gzipMagic) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: maxFileBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw invalid(name, `at most ${maxFileBytes / 2 ** 20} MiB when unpacked`, 'more', cause);
    throw invalid(name, 'a complete gzip file', (cause as Error).message, cause);
  }
}

function invalid(name: string, expected: string, actual: string, cause?: unknown): MonitorError {
  return new MonitorError('dataset.invalid', `${name}: expected ${expected}, got ${actual}`, { cause });
}
