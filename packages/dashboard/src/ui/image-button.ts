import { html, nothing, type TemplateResult } from 'lit-html';
import { type ExaminedImage, examinedTestImage, isReadable } from '../state/examined-image.ts';
import { type ImageSize, pixelImage } from './pixel-image.ts';
import './image-button.css';

/** A test image on the page. */
export interface ShownTestImage {
  index: number;
  label: number;
  /** [height, width, channels], from 0 to 255; undefined until they are loaded. */
  pixels: ArrayLike<number> | undefined;
  size: ImageSize;
  classes: readonly string[];
}

/** Looks at an image inside the network. */
export type LookInside = (image: ExaminedImage) => void;

/**
 * Renders a test image, as a button that looks at it inside the network where the page can do so.
 * @param text What the image is, for screen readers.
 * @param look Undefined where the page cannot look inside the network.
 */
export function imageButton(
  { index, label, pixels, size, classes }: ShownTestImage,
  text: string,
  look: LookInside | undefined,
): TemplateResult {
  const canvas = pixels ? html`<canvas aria-hidden="true" ${pixelImage(pixels, size)}></canvas>` : nothing;
  if (!look || !isReadable(size)) return html`${canvas}`;
  const choose = (): void => {
    const image = pixels && examinedTestImage({ ...size, index, label, pixels }, classes);
    if (image) look(image);
  };
  return html`
    <button type="button" class="image-button" ?disabled=${!pixels} title="Look inside the network"
      aria-label=${`${text}. Look inside the network.`} @click=${choose}>${canvas}</button>`;
}
