import type { Activation, Filters, LayerOutput } from '../../network/network.ts';
import type { OcclusionMap } from '../../network/occlusion.ts';
import { formatPlural } from '../../state/format.ts';

/** Images side by side in one picture, with values from 0 to 255. */
export interface Mosaic {
  pixels: Uint8ClampedArray;
  size: { width: number; height: number };
  columns: number;
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
  return { pixels, size, columns };
}

/** Returns a mosaic of a layer's maps: values up to 0 are 0, and the largest value of the layer is 255. */
export function mapsMosaic({ channels, width, height, values }: Activation): Mosaic {
  const largest = values.reduce((most, value) => Math.max(most, value), 0) || 1;
  const isDense = width === 1 && height === 1;
  // The units of a dense layer are squares of 4 × 4 pixels, so that they can be seen.
  const side = isDense ? 4 : width;
  return mosaic({ count: channels, width: side, height: isDense ? 4 : height }, (tile, pixel) => {
    const at = isDense ? tile : tile * width * height + pixel;
    return Math.max(0, values[at] as number) / largest;
  });
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
    values.subarray(channel * size, (channel + 1) * size).reduce((most, value) => Math.max(most, value), 0),
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

/** The layers whose outputs are shown: convolutions, and dense layers but the last, whose outputs are the answer. */
export const shownLayers = (layers: readonly LayerOutput[]): LayerOutput[] =>
  layers.filter(({ type }, index) => type === 'conv2d' || (type === 'dense' && index < layers.length - 1));

/** Describes which part of the image an answer rests on: "The answer 7 rests most on the upper left: …". */
export function occlusionSentence({ label, side, drops }: OcclusionMap, classes: readonly string[]): string {
  const largest = Math.max(...drops);
  const name = classes[label] ?? String(label);
  if (largest < 0.01)
    return `The answer ${name} rests on no single part: covering a square lowers its probability by less than one percentage point.`;
  const square = drops.indexOf(largest);
  const third = (at: number): number => Math.min(2, Math.floor((at * 3) / side));
  const [row, column] = [third(Math.floor(square / side)), third(square % side)];
  const place =
    row === 1 && column === 1
      ? 'middle'
      : `${['upper', 'middle', 'lower'][row]} ${['left', 'part', 'right'][column]}`;
  const points = formatPlural(Math.round(100 * largest), 'percentage point', 'percentage points');
  return `The answer ${name} rests most on the ${place}: covering this square lowers its probability by ${points}.`;
}

/**
 * Returns an occlusion map as CSV: for each square its first row and column of pixels, and the change of the probability without
 * it.
 */
export const occlusionCsv = ({ side, drops }: OcclusionMap): string =>
  [
    'row,column,change',
    ...Array.from(
      drops,
      (drop, square) => `${4 * Math.floor(square / side)},${4 * (square % side)},${(-drop).toPrecision(6)}`,
    ),
    '',
  ].join('\n');
