import { formatPlural } from '../state/format.ts';
import type { Activation, Filters, LayerOutput } from './network.ts';

/** Images side by side in one picture, with values from 0 to 255. */
export interface Mosaic {
  pixels: Uint8ClampedArray;
  size: { width: number; height: number };
}

/** Places tiles of equal size in rows, one pixel apart. `shade` returns the value of a pixel of a tile, from 0 to 1. */
function mosaic(
  { count, width, height }: { count: number; width: number; height: number },
  shade: (tile: number, pixel: number) => number,
): Mosaic {
  const columns = Math.min(count, 16);
  const size = { width: columns * (width + 1) - 1, height: Math.ceil(count / columns) * (height + 1) - 1 };
  const pixels = new Uint8ClampedArray(size.width * size.height);
  for (let tile = 0; tile < count; tile++) {
    const [left, top] = [(tile % columns) * (width + 1), Math.floor(tile / columns) * (height + 1)];
    for (let pixel = 0; pixel < width * height; pixel++)
      pixels[(top + Math.floor(pixel / width)) * size.width + left + (pixel % width)] =
        255 * shade(tile, pixel);
  }
  return { pixels, size };
}

/** Returns a mosaic of a layer's maps: values up to 0 are 0, and the largest value of the layer is 255. */
export function mapsMosaic({ channels, width, height, values }: Activation): Mosaic {
  const largest = largestOf(values) || 1;
  const isDense = width === 1 && height === 1;
  // The units of a dense layer are squares of 4 × 4 pixels, so that they can be seen.
  const side = isDense ? 4 : width;
  return mosaic({ count: channels, width: side, height: isDense ? 4 : height }, (tile, pixel) => {
    const at = isDense ? tile : tile * width * height + pixel;
    return Math.max(0, values[at] as number) / largest;
  });
}

/** Returns the largest value above 0, or 0. */
function largestOf(values: Float32Array): number {
  let largest = 0;
  for (const value of values) if (value > largest) largest = value;
  return largest;
}

/** Returns a mosaic of the weights of each filter for its first input: 0 is the middle grey, and each filter has its own scale. */
export function filtersMosaic({ count, inputs, size, values }: Filters): Mosaic {
  const taps = size * size;
  const scaleOf = (filter: number): number => {
    let largest = 0;
    for (let at = 0; at < taps; at++)
      largest = Math.max(largest, Math.abs(values[filter * inputs * taps + at] as number));
    return largest || 1;
  };
  const scales = Array.from({ length: count }, (_, filter) => scaleOf(filter));
  // Each weight is a square of 4 × 4 pixels, so that the picture is not blurred to nothing.
  const zoom = 4;
  return mosaic({ count, width: size * zoom, height: size * zoom }, (filter, pixel) => {
    const [row, column] = [
      Math.floor(pixel / (size * zoom) / zoom),
      Math.floor((pixel % (size * zoom)) / zoom),
    ];
    const weight = values[filter * inputs * taps + row * size + column] as number;
    return 0.5 + (0.5 * weight) / (scales[filter] as number);
  });
}

/** Describes the maps of a layer: "conv1: 32 maps of 28 × 28, 30 of them active; map 12 is the strongest". */
export function mapsText({ name, channels, width, height, values }: LayerOutput): string {
  const size = width * height;
  const strongest = Array.from({ length: channels }, (_, channel) =>
    largestOf(values.subarray(channel * size, (channel + 1) * size)),
  );
  const active = strongest.filter((value) => value > 0).length;
  const what =
    size === 1
      ? formatPlural(channels, 'unit', 'units')
      : `${formatPlural(channels, 'map', 'maps')} of ${height} × ${width}`;
  const most = strongest.indexOf(Math.max(...strongest)) + 1;
  const which = active === 0 ? '' : `; ${size === 1 ? 'unit' : 'map'} ${most} is the strongest`;
  return `${name}: ${what}, ${active} of them active${which}`;
}

/** The maps of a layer, or the filters of the first convolution, as one image. */
export interface LayerPicture extends Mosaic {
  /** The layer, or `filters`. */
  name: string;
  /** A description of the picture. */
  text: string;
}

/**
 * Returns the pictures of the filters, of each convolution, and of each dense layer but the last, whose outputs are the answer. The
 * worker draws them: their pixels are a tenth of the outputs of all layers.
 */
export function layerPictures(outputs: readonly LayerOutput[], filters: Filters | undefined): LayerPicture[] {
  const shown = outputs.filter(
    ({ type }, index) => type === 'conv2d' || (type === 'dense' && index < outputs.length - 1),
  );
  return [
    ...(filters ? [{ name: 'filters', text: filtersText(filters), ...filtersMosaic(filters) }] : []),
    ...shown.map((layer) => ({ name: layer.name, text: mapsText(layer), ...mapsMosaic(layer) })),
  ];
}

const filtersText = ({ count, size }: Filters): string =>
  `${formatPlural(count, 'filter', 'filters')} of the first layer, ${size} × ${size} weights each; middle grey is 0`;
