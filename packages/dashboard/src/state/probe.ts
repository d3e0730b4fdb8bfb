import { base64Bytes } from './base64.ts';
import type { ProbeData } from './event-data.ts';

/** Fixed test images of a run, and the latest logits of the network for them. */
export interface Probe {
  /** Number of images. */
  readonly size: number;
  /** The images by their position in the probe set; undefined for one that was not sent. */
  readonly images: readonly (ProbeImage | undefined)[];
  /** The latest logits; null before the first. */
  readonly logits: ProbeLogits | null;
}

/** A test image of the probe set. */
export interface ProbeImage {
  /** Index in the test set, from 0. */
  index: number;
  /** The true class. */
  label: number;
  /** [height, width, channels], from 0 to 255. */
  pixels: Uint8Array;
  width: number | undefined;
  height: number | undefined;
  channels: 1 | 3 | undefined;
}

export interface ProbeLogits {
  step: number;
  /** Number of logits of each image. */
  classes: number;
  /** [size, classes] */
  values: Float32Array;
}

/** Returns the probe set after an event. */
export function withProbeData(probe: Probe | null, { step, size, images, logits }: ProbeData): Probe {
  const before: Probe = probe?.size === size ? probe : { size, images: [], logits: null };
  return {
    size,
    images: images ? withImages(before.images, images) : before.images,
    logits: logits ? decodeLogits(step, logits) : before.logits,
  };
}

function withImages(
  before: Probe['images'],
  { first, indices, labels, pixels, width, height, channels }: NonNullable<ProbeData['images']>,
): Probe['images'] {
  const bytes = base64Bytes(pixels);
  const imageBytes = bytes.length / indices.length;
  const images = [...before];
  indices.forEach((index, at) => {
    images[first + at] = {
      ...{ index, label: labels[at] as number },
      pixels: bytes.subarray(at * imageBytes, (at + 1) * imageBytes),
      ...{ width: width ?? undefined, height: height ?? undefined, channels: channels ?? undefined },
    };
  });
  return images;
}

function decodeLogits(
  step: number,
  { classes, scale, values }: NonNullable<ProbeData['logits']>,
): ProbeLogits {
  const bytes = new Int8Array(base64Bytes(values).buffer);
  return { step, classes, values: Float32Array.from(bytes, (byte) => byte * scale) };
}
