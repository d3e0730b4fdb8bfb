import { base64Bytes } from '../../state/base64.ts';
import { rankedClasses } from '../../state/probability.ts';

import type { RunAtStep } from '../../state/run-at-step.ts';
import type { ImageSize } from '../../ui/pixel-image.ts';
import { probeAnswers } from '../probe/probe-results.ts';

/** A test image with what the network takes it for. */
export interface WallImage {
  pixels: ArrayLike<number>;
  size: ImageSize;
  label: number;
  prediction: number;
}

/** Returns what the network takes its test images for: the probe images at the latest step, or else the samples of the last epoch. */
export function wallImages({ probe, samples }: Pick<RunAtStep, 'probe' | 'samples'>): WallImage[] {
  const answers = probe ? probeAnswers(probe) : [];
  if (answers.length > 0)
    return answers.flatMap(({ position, label, prediction }): WallImage[] => {
      const image = probe?.images[position];
      return image ? [{ pixels: image.pixels, size: image, label, prediction }] : [];
    });
  const last = samples.at(-1);
  if (!last) return [];
  return last.items.map((item) => ({
    ...{ pixels: base64Bytes(item.image), size: last, label: item.label },
    prediction: item.prediction ?? rankedClasses(item.probabilities)[0]?.label ?? -1,
  }));
}

/** Returns the images to show at a turn: misread and correctly read ones in alternation, others at each turn. */
export function imagesAtTurn(images: readonly WallImage[], turn: number, count: number): WallImage[] {
  const isWrong = ({ label, prediction }: WallImage): boolean => label !== prediction;
  const wrong = images.filter(isWrong);
  const right = images.filter((image) => !isWrong(image));
  const shown: WallImage[] = [];
  for (let at = 0; shown.length < Math.min(count, images.length); at++) {
    const list = wrong.length > 0 && (at % 2 === 0 || right.length === 0) ? wrong : right;
    const perTurn = Math.ceil(count / 2);
    const image = list[(turn * perTurn + (at >> 1)) % list.length] as WallImage;
    // A list that is shorter than its half of the images is filled up from the other one.
    shown.push(shown.includes(image) ? (images.find((each) => !shown.includes(each)) as WallImage) : image);
  }
  return shown;
}
