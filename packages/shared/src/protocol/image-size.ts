import { bytesPerImage } from './constants.ts';

/** Width, height and channels of images, each of which an event may leave out. */
export interface ImageSize {
  width?: number | null | undefined;
  height?: number | null | undefined;
  channels?: 1 | 3 | null | undefined;
}

/** Side of an image whose event does not give its size. */
export const defaultImageSide = Math.sqrt(bytesPerImage);

/** Returns the number of bytes of one image. */
export const imageBytesOf = ({ width, height, channels }: ImageSize): number =>
  (width ?? defaultImageSide) * (height ?? defaultImageSide) * (channels ?? 1);
