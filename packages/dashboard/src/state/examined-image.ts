import type { Run } from './run.ts';

/** An image that the viewer looks at inside the network. */
export interface ExaminedImage {
  /** Describes the image: "Your drawing of a digit", "Test image 47, true class 7". */
  title: string;
  /** Grey values of a square image from 0 to 1, row by row. */
  image: Float32Array;
  /** The true class; null where it is not known. */
  label: number | null;
  /** Index in the test set, from 0; null for an image that is not part of it. */
  index: number | null;
}

/** Returns what identifies the test set of a run: its digest or, for a publisher that does not send it, the id of the run. */
export const testSetOf = (run: Run | null): string | undefined =>
  run?.started?.dataset?.testImages?.digest ?? run?.runId;

/** Returns an image as a run knows it: its label and its index mean nothing in another test set than the one that it is from. */
export const imageIn = (
  run: Run | null,
  { image, testSet }: { image: ExaminedImage; testSet: string | undefined },
): ExaminedImage => (testSetOf(run) === testSet ? image : { ...image, label: null, index: null });

const noSnapshots: Run['snapshots'] = [];

/** Returns the snapshots that the page can load: none unless the publisher has announced the layers that they belong to. */
export const readableSnapshots = ({ snapshots, started }: Run): Run['snapshots'] =>
  started?.model?.layers.length ? snapshots : noSnapshots;

/** Returns whether the page can show how an image was read over the run: by snapshots of the weights, or by the epochs. */
export const canExamine = (run: Run): boolean =>
  readableSnapshots(run).length > 0 || run.predictions.length > 0;

/** A test image as it was sent, with values from 0 to 255; a square of grey values where its size is not given. */
interface TestImage {
  index: number;
  label: number;
  pixels: ArrayLike<number>;
  width?: number | null | undefined;
  height?: number | null | undefined;
  channels?: 1 | 3 | null | undefined;
}

/** Returns whether the network on the page can read an image of this size: a square of grey values. */
export const isReadable = ({
  width,
  height,
  channels,
}: Pick<TestImage, 'width' | 'height' | 'channels'>): boolean =>
  channels !== 3 && (width ?? undefined) === (height ?? undefined);

/** Returns whether the page can show probe images of a run inside its network. */
export const canExamineProbe = (run: Run): boolean =>
  canExamine(run) && (run.probe?.images.some((image) => image && isReadable(image)) ?? false);

/** Returns a test image to look at; null for one that the network on the page cannot read. */
export function examinedTestImage(
  { index, label, pixels, ...size }: TestImage,
  classes: readonly string[],
): ExaminedImage | null {
  if (!isReadable(size)) return null;
  return {
    title: `Test image ${index}, true class ${classes[label] ?? label}`,
    image: Float32Array.from(pixels, (value) => value / 255),
    ...{ label, index },
  };
}
