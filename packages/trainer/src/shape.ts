/** Sizes of a tensor's axes, without the batch: height, width and channels of an image, or the number of features. */
export type Shape = readonly number[];

/** Number of values in a tensor of this shape. */
export const size = (shape: Shape): number => shape.reduce((product, side) => product * side, 1);
