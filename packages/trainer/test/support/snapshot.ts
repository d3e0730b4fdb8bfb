import type { TensorValues } from '../../src/learner/learner.ts';

interface Entry {
  dtype: 'I8' | 'F32';
  shape: number[];
  data_offsets: [number, number];
}

/** Returns the weights of a snapshot: each byte multiplied by the scale of its output channel, the last axis. */
export function readSnapshot(file: Buffer): TensorValues[] {
  const start = 8 + Number(file.readBigUInt64LE());
  const { __metadata__: _, ...entries } = JSON.parse(file.toString('utf8', 8, start));
  const bytesOf = ({ data_offsets: [from, to] }: Entry): ArrayBuffer =>
    new Uint8Array(file.subarray(start + from, start + to)).buffer;
  return Object.entries(entries as Record<string, Entry>).flatMap(([name, entry]) => {
    if (entry.dtype !== 'I8') return [];
    const scales = new Float32Array(bytesOf(entries[`${name}.scale`]));
    const values = Float32Array.from(
      new Int8Array(bytesOf(entry)),
      (byte, at) => byte * scales[at % scales.length]!,
    );
    return [{ name, shape: entry.shape, values }];
  });
}
