/** An array of numbers with its shape. */
export interface Tensor {
  shape: readonly number[];
  values: Float32Array;
}

/**
 * Reads the tensors of a safetensors file, by name. The file is the header's length in 8 bytes, a JSON header, and the
 * values, little-endian. Source: format description of github.com/huggingface/safetensors, version 0.8.
 * @throws TypeError when a tensor is not of 32-bit floats; SyntaxError or RangeError when the file is damaged.
 */
export function readSafetensors(bytes: ArrayBuffer): Map<string, Tensor> {
  const start = 8 + Number(new DataView(bytes).getBigUint64(0, true));
  const header: Record<string, { dtype?: string; shape: number[]; data_offsets: [number, number] }> =
    JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, start - 8)));
  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    if (dtype !== 'F32') throw new TypeError(`expected 32-bit floats in ${name}, got ${dtype}`);
    // Copied, because a view must begin at a multiple of four bytes.
    const values = new Float32Array(bytes.slice(start + offsets[0], start + offsets[1]));
    tensors.set(name, { shape, values });
  }
  return tensors;
}
