/** An array of numbers with its shape. Rounded values are signed bytes, each to be multiplied by the scale of its output channel. */
export interface Tensor {
  shape: readonly number[];
  values: Float32Array | Int8Array;
  /**
   * The scales of rounded values; undefined for others. Their shape has as many dimensions as that of the tensor: the number of
   * channels on the axis of the outputs, and 1 on the others.
   */
  scale?: { shape: readonly number[]; values: Float32Array };
}

interface Entry {
  dtype?: string;
  shape: number[];
  data_offsets: [number, number];
}

/**
 * Reads the tensors of a safetensors file, by name. The scales of a tensor in a snapshot become part of the tensor. The file is the
 * header's length in 8 bytes, a JSON header, and the values, little-endian. Source: format description of
 * github.com/huggingface/safetensors, version 0.8.
 * @throws TypeError when a tensor is neither of 32-bit floats nor of signed bytes with scales; SyntaxError or RangeError when the
 * file is damaged.
 */
export function readSafetensors(bytes: ArrayBuffer): Map<string, Tensor> {
  const start = 8 + Number(new DataView(bytes).getBigUint64(0, true));
  const header: Record<string, Entry> = JSON.parse(
    new TextDecoder().decode(new Uint8Array(bytes, 8, start - 8)),
  );
  const floats = ({ dtype, shape, data_offsets: offsets }: Entry, name: string) => {
    if (dtype !== 'F32') throw new TypeError(`expected 32-bit floats in ${name}, got ${dtype}`);
    // Copied, because a view must begin at a multiple of four bytes.
    return { shape, values: new Float32Array(bytes.slice(start + offsets[0], start + offsets[1])) };
  };
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(header)) {
    const isScale = name.endsWith('.scale') && header[name.slice(0, -'.scale'.length)]?.dtype === 'I8';
    if (name === '__metadata__' || isScale) continue;
    const scale = header[`${name}.scale`];
    if (entry.dtype !== 'I8' || !scale) {
      tensors.set(name, floats(entry, name));
      continue;
    }
    const [from, to] = entry.data_offsets;
    const values = new Int8Array(bytes, start + from, to - from);
    tensors.set(name, { shape: entry.shape, values, scale: floats(scale, `${name}.scale`) });
  }
  return tensors;
}
