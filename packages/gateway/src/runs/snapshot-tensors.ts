import { z } from 'zod';

const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().nonnegative()).max(8),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});

/** A tensor of a snapshot, as numbers of float32 in row-major order. */
export interface SnapshotTensor {
  shape: number[];
  values: Float32Array;
}

/**
 * Returns a tensor of a snapshot: its bytes multiplied by their scales. Undefined when the file has no such tensor in the form that
 * the protocol describes.
 */
export function readSnapshotTensor(file: Buffer, name: string): SnapshotTensor | undefined {
  const headerBytes = file.length < 8 ? 0 : Number(file.readBigUInt64LE());
  if (headerBytes > file.length - 8) return undefined;
  const data = file.subarray(8 + headerBytes);
  const bytes = readEntry(file, headerBytes, name);
  const scale = readEntry(file, headerBytes, `${name}.scale`);
  if (bytes?.dtype !== 'I8' || scale?.dtype !== 'F32') return undefined;
  const rounded = new Int8Array(data.subarray(...bytes.data_offsets));
  const scales = new Float32Array(new Uint8Array(data.subarray(...scale.data_offsets)).buffer.slice(0));
  const { shape } = bytes;
  const isBroadcast =
    shape.length === scale.shape.length && scale.shape.every((side, at) => [1, shape[at]].includes(side));
  if (!isBroadcast || rounded.length !== product(shape) || scales.length !== product(scale.shape))
    return undefined;
  return { shape, values: multiply(rounded, scales, { shape, scaleShape: scale.shape }) };
}

const product = (sides: readonly number[]): number => sides.reduce((all, side) => all * side, 1);

function readEntry(file: Buffer, headerBytes: number, name: string): z.infer<typeof entrySchema> | undefined {
  let header: unknown;
  try {
    header = JSON.parse(file.toString('utf8', 8, 8 + headerBytes));
  } catch {
    return undefined;
  }
  if (typeof header !== 'object' || header === null || !Object.hasOwn(header, name)) return undefined;
  const { data } = entrySchema.safeParse((header as Record<string, unknown>)[name]);
  if (!data) return undefined;
  const [from, to] = data.data_offsets;
  const isWhole = (to - from) % (data.dtype === 'F32' ? 4 : 1) === 0;
  return from <= to && to <= file.length - 8 - headerBytes && isWhole ? data : undefined;
}

/** Multiplies bytes by scales of the same rank, whose sides of 1 are repeated. */
function multiply(
  bytes: Int8Array,
  scales: Float32Array,
  { shape, scaleShape }: { shape: readonly number[]; scaleShape: readonly number[] },
): Float32Array {
  const strides = scaleShape.map((side, axis) => (side === 1 ? 0 : product(scaleShape.slice(axis + 1))));
  const position = shape.map(() => 0);
  return Float32Array.from(bytes, (byte) => {
    const value = byte * scales[position.reduce((at, index, axis) => at + index * strides[axis]!, 0)]!;
    for (let axis = shape.length - 1; axis >= 0 && ++position[axis]! === shape[axis]; axis--)
      position[axis] = 0;
    return value;
  });
}
