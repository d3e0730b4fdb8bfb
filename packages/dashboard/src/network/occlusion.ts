import type { Network } from './network.ts';

/** Side of the covered square in pixels. */
const patch = 4;

/** The parts of an image on which an answer rests: by how much the probability of the class falls when a square is covered. */
export interface OcclusionMap {
  /** The class that the network reads in the whole image. */
  label: number;
  /** Number of squares in a row, and of rows. */
  side: number;
  /** [side, side], from -1 to 1; positive where the answer rests on the square, negative where the square counts against it. */
  drops: Float32Array;
}

/**
 * Computes which parts of an image the answer rests on: covers one square of 4 × 4 pixels after the other with background, and
 * classifies each such image. Source: Zeiler and Fergus 2014.
 */
export function occlusionMap(network: Pick<Network, 'predict'>, image: Float32Array): OcclusionMap {
  const width = Math.sqrt(image.length);
  const side = Math.ceil(width / patch);
  const whole = network.predict(image);
  const label = whole.indexOf(Math.max(...whole));
  const drops = new Float32Array(side * side);
  for (let square = 0; square < drops.length; square++) {
    const covered = image.slice();
    const [top, left] = [Math.floor(square / side) * patch, (square % side) * patch];
    for (let row = top; row < Math.min(width, top + patch); row++)
      covered.fill(0, row * width + left, row * width + Math.min(width, left + patch));
    // Covering background changes nothing.
    const isSame = covered.every((value, at) => value === image[at]);
    drops[square] = isSame ? 0 : (whole[label] as number) - (network.predict(covered)[label] as number);
  }
  return { label, side, drops };
}
