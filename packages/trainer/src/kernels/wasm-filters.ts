import { filterSize } from './kernels.ts';
import { type ConvolutionSize, lanes } from './wasm-convolution.ts';

/** Size of the filter: [3, 3, inputs, outputs]. */
type FilterSize = Pick<ConvolutionSize, 'inputs' | 'outputs'>;

/** Packs a filter for `convolve`: the values of 8 outputs side by side, for all rows, columns and inputs. */
export function packFilter(
  filter: Float32Array,
  { inputs, outputs }: FilterSize,
  packed: Float32Array,
): void {
  const terms = filterSize * filterSize * inputs;
  for (let at = 0, group = 0; group < outputs; group += lanes)
    for (let term = 0; term < terms; term++)
      for (let lane = 0; lane < lanes; lane++) packed[at++] = filter[term * outputs + group + lane]!;
}

/**
 * Packs a filter for the gradient of its input, which is a convolution of `dy`: rotated by 180°, with inputs and outputs exchanged.
 */
export function packRotatedFilter(
  filter: Float32Array,
  { inputs, outputs }: FilterSize,
  packed: Float32Array,
): void {
  const pixels = filterSize * filterSize;
  for (let at = 0, group = 0; group < inputs; group += lanes)
    for (let pixel = pixels - 1; pixel >= 0; pixel--)
      for (let output = 0; output < outputs; output++)
        for (let lane = 0; lane < lanes; lane++)
          packed[at++] = filter[(pixel * inputs + group + lane) * outputs + output]!;
}
