import { elementCount } from '../kernels/kernels.ts';
import type { TensorValues } from '../learner/learner.ts';

/**
 * A tensor to encode, of float32 or of signed bytes. In a list, tensors of float32 come first, because their values must begin at
 * a multiple of 4 bytes.
 */
export type EncodableTensor = Omit<TensorValues, 'values'> & { values: Float32Array | Int8Array };

/**
 * Encodes tensors in the safetensors format: 8 bytes with the header's length, a JSON header, then all values,
 * little-endian. Source: format description of github.com/huggingface/safetensors, version 0.8.
 */
export function encodeSafetensors(
  tensors: readonly EncodableTensor[],
  metadata: Record<string, string> = {},
): Uint8Array {
  const header: Record<string, object> = { __metadata__: { format: 'pt', ...metadata } };
  let offset = 0;
  for (const { name, shape, values } of tensors) {
    const end = offset + elementCount(shape) * values.BYTES_PER_ELEMENT;
    const dtype = values instanceof Int8Array ? 'I8' : 'F32';
    header[name] = { dtype, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(header));
  const padding = (8 - (json.length % 8)) % 8; // Values must begin at a multiple of 8.
  const start = 8 + json.length + padding;
  const bytes = Buffer.alloc(start + offset, ' ');
  bytes.writeBigUInt64LE(BigInt(json.length + padding));
  json.copy(bytes, 8);
  let at = start;
  for (const { values } of tensors) {
    // No conversion is needed: all processors that Node.js and TensorFlow support are little-endian.
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return bytes;
}

type Entry = { shape: number[]; data_offsets: [number, number] };

/**
 * Parses bytes that `encodeSafetensors` has written for tensors of float32.
 * @throws RangeError or SyntaxError when the bytes are incomplete or in another format.
 */
export function parseSafetensors(bytes: Uint8Array): {
  tensors: TensorValues[];
  metadata: Record<string, string>;
} {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + Number(buffer.readBigUInt64LE());
  const { __metadata__: metadata, ...entries } = JSON.parse(buffer.toString('utf8', 8, start));
  const data = buffer.subarray(start);
  const tensors = Object.entries(entries as Record<string, Entry>).map(([name, { shape, data_offsets }]) => {
    const [from, to] = data_offsets;
    if (to > data.length) throw new RangeError(`expected ${to} bytes of values, got ${data.length}`);
    // Copied, because a Float32Array must begin at a multiple of 4 bytes.
    return { name, shape, values: new Float32Array(new Uint8Array(data.subarray(from, to)).buffer) };
  });
  return { tensors, metadata };
}
