import { base64Bytes } from './base64.ts';
import type { ProbeData } from './event-data.ts';
import { memoizeLast } from './memoize-last.ts';

/** Fixed test images of a run, and the network's logits for them over the run. */
export interface ProbeHistory {
  /** Number of images. */
  readonly size: number;
  /** The images by their position in the probe set; undefined for one that has not arrived. */
  readonly images: readonly (ProbeImage | undefined)[];
  /** The logits of all images, in ascending order of their steps. */
  readonly frames: readonly ProbeFrame[];
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

/** The logits of a step as they were sent: a logit is its byte times `scale`. */
export interface ProbeFrame {
  step: number;
  /** Number of logits of each image. */
  classes: number;
  scale: number;
  /** [size, classes] */
  bytes: Int8Array;
}

/** The logits of a step as numbers. */
export interface ProbeLogits {
  step: number;
  /** Number of logits of each image. */
  classes: number;
  /** [size, classes] */
  values: Float32Array;
}

/** The probe set at one step. */
export interface Probe extends Pick<ProbeHistory, 'size' | 'images'> {
  /** The latest logits at the step; null before the first. */
  readonly logits: ProbeLogits | null;
}

/** Maximum size of a run's logits, 1,600 frames of 500 images of ten classes: beyond it, every second older frame is removed. */
const frameBytesLimit = 8e6;

/** Returns the probe set after an event. */
export function withProbeData(
  probe: ProbeHistory | null,
  { step, size, images, logits }: ProbeData,
): ProbeHistory {
  const before: ProbeHistory = probe?.size === size ? probe : { size, images: [], frames: [] };
  return {
    size,
    images: images ? withImages(before.images, images) : before.images,
    frames: logits ? withFrame(before.frames, frameOf(step, logits)) : before.frames,
  };
}

function withImages(
  before: ProbeHistory['images'],
  { first, indices, labels, pixels, width, height, channels }: NonNullable<ProbeData['images']>,
): ProbeHistory['images'] {
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

const frameOf = (step: number, { classes, scale, values }: NonNullable<ProbeData['logits']>): ProbeFrame => ({
  step,
  classes,
  scale,
  bytes: new Int8Array(base64Bytes(values).buffer),
});

/** Adds a frame. It replaces those at its step and after it: a run that resumes from a checkpoint repeats steps. */
function withFrame(before: readonly ProbeFrame[], frame: ProbeFrame): readonly ProbeFrame[] {
  const frames = before.filter(({ step }) => step < frame.step);
  const isFull = (frames.length + 1) * frame.bytes.length > frameBytesLimit;
  return [...(isFull ? frames.filter((_, index) => index % 2 === 0) : frames), frame];
}

/** Returns the probe set at a step, or the latest for null. Consecutive calls for the same frame return the same `logits`. */
export function probeAt({ size, images, frames }: ProbeHistory, step: number | null): Probe {
  const frame = step === null ? frames.at(-1) : frames.findLast((each) => each.step <= step);
  return { size, images, logits: frame ? decodeFrame(frame) : null };
}

/** The share of the probe images that the network predicts correctly. */
export interface ProbeAccuracy {
  accuracy: number;
  /** Number of images. */
  images: number;
  step: number;
}

/** Returns the accuracy on the probe images that have arrived, by the latest logits; undefined without any. */
export const probeAccuracy = memoizeLast(
  (probe: ProbeHistory | null | undefined): ProbeAccuracy | undefined => {
    const frame = probe?.frames.at(-1);
    if (!probe || !frame) return undefined;
    const { bytes, classes, step } = frame;
    let [right, images] = [0, 0];
    probe.images.forEach((image, position) => {
      if (!image) return;
      const row = bytes.subarray(position * classes, (position + 1) * classes);
      images++;
      if (row.reduce((best, value, at) => (value > (row[best] as number) ? at : best), 0) === image.label)
        right++;
    });
    return images === 0 ? undefined : { accuracy: right / images, images, step };
  },
);

const decodeFrame = memoizeLast(
  ({ step, classes, scale, bytes }: ProbeFrame): ProbeLogits => ({
    ...{ step, classes },
    values: Float32Array.from(bytes, (byte) => byte * scale),
  }),
);
