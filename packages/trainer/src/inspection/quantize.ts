import type { EncodableTensor } from '../export/safetensors.ts';
import type { TensorValues } from '../learner/learner.ts';

/** The largest absolute value of a signed byte that is used; -128 is not, so that the range is symmetric. */
const largestByte = 127;

/** Values as signed bytes: each value is its byte multiplied by the scale of its channel. */
export interface QuantizedValues {
  bytes: Int8Array;
  /** [channels] */
  scales: Float32Array;
}

/**
 * Rounds values to signed bytes, with one scale for each channel. Returns undefined where a value is not finite.
 * @param values [..., channels] in row-major order.
 */
export function quantize(values: Float32Array, channels: number): QuantizedValues | undefined {
  const largest = new Float32Array(channels);
  for (let at = 0; at < values.length; at++) {
    if (!Number.isFinite(values[at])) return undefined;
    const channel = at % channels;
    largest[channel] = Math.max(largest[channel], Math.abs(values[at]));
  }
  // A channel of zeros has the scale 1.
  const scales = largest.map((value) => value / largestByte || 1);
  const bytes = new Int8Array(values.length);
  for (let at = 0; at < values.length; at++) bytes[at] = Math.round(values[at] / scales[at % channels]);
  return { bytes, scales };
}

/**
 * Returns the tensors of a snapshot: for each weight `NAME` its bytes, and `NAME.scale` with one scale for each output channel.
 * Returns undefined where a weight is not finite, as in a run that has diverged.
 */
export function quantizeWeights(weights: readonly TensorValues[]): EncodableTensor[] | undefined {
  const scales: EncodableTensor[] = [];
  const bytes: EncodableTensor[] = [];
  for (const { name, shape, values } of weights) {
    const channels = shape.at(-1) ?? 1;
    const quantized = quantize(values, channels);
    if (!quantized) return undefined;
    const scaleShape = shape.map((_, axis) => (axis === shape.length - 1 ? channels : 1));
    scales.push({ name: `${name}.scale`, shape: scaleShape, values: quantized.scales });
    bytes.push({ name, shape: [...shape], values: quantized.bytes });
  }
  return [...scales, ...bytes]; // The float32 values come first, because they must begin at a multiple of 4 bytes.
}
