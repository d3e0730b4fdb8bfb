import { readSafetensors } from './safetensors.ts';

/** The largest absolute value of a signed byte that is used, so that the range is symmetric. */
const largestByte = 127;

/**
 * Returns a safetensors file with the weights of another one as signed bytes, a quarter of its size: one scale for each output
 * channel, which is the first axis, as in PyTorch. Vectors stay 32-bit floats.
 * @throws TypeError when a tensor is neither of 32-bit floats nor of signed bytes with scales; RangeError when a value is not finite,
 * as in a run that has diverged.
 */
export function roundWeights(file: ArrayBuffer): ArrayBuffer {
  const header: Record<string, object> = {};
  const floats: Float32Array[] = [];
  const rounded: Int8Array[] = [];
  let offset = 0;
  const entry = (dtype: string, shape: readonly number[], byteLength: number): object => {
    const begin = offset;
    offset += byteLength;
    return { dtype, shape, data_offsets: [begin, offset] };
  };
  const tensors = [...readSafetensors(file)].map(([name, tensor]) => {
    const isMatrix = tensor.shape.length > 1 && !tensor.scale;
    return { name, ...tensor, ...(isMatrix && roundedTensor(tensor.values as Float32Array, tensor.shape)) };
  });
  // The floats come first, because they must begin at a multiple of four bytes.
  for (const { name, shape, values, scale } of tensors) {
    const own = scale ?? { shape, values: values as Float32Array };
    header[scale ? `${name}.scale` : name] = entry('F32', own.shape, own.values.byteLength);
    floats.push(own.values);
  }
  for (const { name, shape, values, scale } of tensors) {
    if (!scale) continue;
    header[name] = entry('I8', shape, values.byteLength);
    rounded.push(values as Int8Array);
  }
  return joined(new TextEncoder().encode(JSON.stringify(header)), [...floats, ...rounded]);
}

function roundedTensor(values: Float32Array, shape: readonly number[]) {
  if (!values.every(Number.isFinite)) throw new RangeError('the weights are not finite');
  const channels = shape[0] as number;
  const size = values.length / channels;
  const scales = Float32Array.from({ length: channels }, (_, channel) => {
    const largest = values
      .subarray(channel * size, (channel + 1) * size)
      .reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    return largest / largestByte || 1; // A channel of zeros has the scale 1.
  });
  return {
    values: Int8Array.from(values, (value, at) =>
      Math.round(value / (scales[Math.floor(at / size)] as number)),
    ),
    scale: { shape: shape.map((_, axis) => (axis === 0 ? channels : 1)), values: scales },
  };
}

/** Returns the file: the length of the header in 8 bytes, the header, and the values. */
function joined(header: Uint8Array, arrays: readonly (Float32Array | Int8Array)[]): ArrayBuffer {
  const length = 8 + header.length + arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const file = new Uint8Array(length);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  let at = 8 + header.length;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    file.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return file.buffer;
}
