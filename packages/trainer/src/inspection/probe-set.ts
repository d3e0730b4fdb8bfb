import { bytesPerImage, eventLimits } from '@mnist-monitor/shared';
import type { Split } from '../dataset/dataset.ts';
import type { ProbeData } from '../event-data.ts';
import { deriveSeed, seededRandom, shuffle } from '../random.ts';

/** Distinguishes the seed of the probe set from the other seeds of a run. */
const seedOfProbe = 0x70726f62;

/** Test images whose logits a run sends from time to time. They stay the same for the whole run. */
export interface ProbeSet {
  /** Indices in the test set, ascending. */
  indices: Uint32Array;
  split: Split;
}

/** Chooses test images, equally many of each class as far as there are enough; the same seed chooses the same images. */
export function chooseProbeSet(test: Split, size: number, seed: number): ProbeSet {
  const order = Uint32Array.from({ length: test.size }, (_, index) => index);
  shuffle(order, seededRandom(deriveSeed(seed, seedOfProbe)));
  /** The number of images of the same class before an image in `order`, by the image's index. */
  const rank = new Uint32Array(test.size);
  const seen = new Uint32Array(test.classCount);
  for (const index of order) rank[index] = seen[test.labels[index]]++;
  const indices = order
    .toSorted((a, b) => rank[a] - rank[b])
    .slice(0, size)
    .sort();
  return { indices, split: select(test, indices) };
}

function select({ images, labels, classCount }: Split, indices: Uint32Array): Split {
  const selected = new Uint8Array(indices.length * bytesPerImage);
  indices.forEach((index, at) => {
    selected.set(images.subarray(index * bytesPerImage, (index + 1) * bytesPerImage), at * bytesPerImage);
  });
  const selectedLabels = Uint16Array.from(indices, (index) => labels[index]);
  return { size: indices.length, images: selected, labels: selectedLabels, classCount };
}

type ProbeImages = NonNullable<ProbeData['images']>;

/** Returns the images of a probe set from one position on, in parts of at most 100 images. */
export function probeImageParts({ indices, split }: ProbeSet, from: number): ProbeImages[] {
  const parts: ProbeImages[] = [];
  for (let first = from; first < indices.length; first += eventLimits.items) {
    const to = Math.min(first + eventLimits.items, indices.length);
    const pixels = split.images.subarray(first * bytesPerImage, to * bytesPerImage);
    parts.push({
      first,
      indices: [...indices.subarray(first, to)],
      labels: [...split.labels.subarray(first, to)],
      pixels: Buffer.from(pixels).toString('base64'),
    });
  }
  return parts;
}
