import { size } from '../model.ts';

/** A tensor as PyTorch names and lays it out. */
export interface NamedTensor {
  name: string;
  shape: number[];
  values: Float32Array;
}

/**
 * Writes tensors in the safetensors format: 8 bytes with the header's length, a JSON header, then all values,
 * little-endian. Source: format description of github.com/huggingface/safetensors, version 0.8.
 */
export function safetensors(
  tensors: readonly NamedTensor[],
  metadata: Record<string, string> = {},
): Uint8Array {
  const header: Record<string, object> = { __metadata__: { format: 'pt', ...metadata } };
  let offset = 0;
  for (const { name, shape } of tensors) {
    const end = offset + size(shape) * Float32Array.BYTES_PER_ELEMENT;
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(header));
  const padding = (8 - (json.length % 8)) % 8; // Values must begin at a multiple of 8.
  const values = 8 + json.length + padding;
  const bytes = Buffer.alloc(values + offset, ' ');
  bytes.writeBigUInt64LE(BigInt(json.length + padding));
  json.copy(bytes, 8);
  let at = values;
  for (const tensor of tensors) for (const value of tensor.values) at = bytes.writeFloatLE(value, at);
  return bytes;
}
