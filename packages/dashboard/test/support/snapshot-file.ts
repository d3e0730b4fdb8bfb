/** A tensor of rounded weights, with one scale for each output channel, which is its last axis. */
export interface RoundedTensor {
  name: string;
  shape: readonly number[];
  values: Int8Array;
  scales: Float32Array;
}

/** Returns the bytes of a snapshot as this project's trainer writes it: the scales, then the rounded values. */
export function snapshotFile(tensors: readonly RoundedTensor[]): Buffer {
  const header: Record<string, object> = {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  const add = (
    name: string,
    dtype: string,
    shape: readonly number[],
    values: Float32Array | Int8Array,
  ): void => {
    header[name] = { dtype, shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
    parts.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  };
  for (const { name, shape, scales } of tensors)
    add(
      `${name}.scale`,
      'F32',
      shape.map((_, axis) => (axis === shape.length - 1 ? scales.length : 1)),
      scales,
    );
  for (const { name, shape, values } of tensors) add(name, 'I8', shape, values);
  const json = new TextEncoder().encode(JSON.stringify(header));
  return Buffer.concat([new Uint8Array(new BigUint64Array([BigInt(json.length)]).buffer), json, ...parts]);
}
