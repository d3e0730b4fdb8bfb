import type { MonitorEvent } from '@mnist-monitor/shared';

const side = 28;

/** Replaces the network that the events describe by that of `strokeWeights`. */
export const withStrokeNetwork = (events: readonly MonitorEvent[]): MonitorEvent[] =>
  events.map((event) =>
    event.type === 'run.started'
      ? {
          ...event,
          data: {
            ...event.data,
            model: {
              layers: [
                { name: 'flatten', type: 'flatten', outputShape: [side * side], parameters: 0 },
                { name: 'fc', type: 'dense', outputShape: [10], parameters: side * side * 10 + 10 },
              ],
              parameters: side * side * 10 + 10,
            },
          },
        }
      : event,
  );

/**
 * Returns the weights of a network with one layer, as a safetensors file. The network classifies a vertical stroke as
 * `upright` and a horizontal stroke as `level`.
 */
export function strokeWeights({ upright, level }: { upright: number; level: number }): Uint8Array {
  const weight = new Float32Array(10 * side * side);
  const isMiddle = (position: number): boolean => position >= side / 2 - 3 && position < side / 2 + 3;
  for (let pixel = 0; pixel < side * side; pixel++) {
    if (isMiddle(pixel % side)) weight[upright * side * side + pixel] = 0.1;
    if (isMiddle(Math.floor(pixel / side))) weight[level * side * side + pixel] = 0.1;
  }
  const bias = new Float32Array(10);
  const header = new TextEncoder().encode(
    JSON.stringify({
      'fc.weight': { dtype: 'F32', shape: [10, side * side], data_offsets: [0, weight.byteLength] },
      'fc.bias': {
        dtype: 'F32',
        shape: [10],
        data_offsets: [weight.byteLength, weight.byteLength + bias.byteLength],
      },
    }),
  );
  const length = new BigUint64Array([BigInt(header.length)]);
  const parts = [length, header, weight, bias];
  return Buffer.concat(
    parts.map(({ buffer, byteLength }) => Buffer.from(buffer as ArrayBuffer, 0, byteLength)),
  );
}
