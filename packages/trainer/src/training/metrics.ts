import { eventLimits } from '@mnist-monitor/shared';

const binCount = eventLimits.calibrationBins;

/** The mean confidence and the accuracy of the images whose confidence is in a bin. */
export interface CalibrationBin {
  count: number;
  /** Mean of the confidences, each the largest probability of an image; null without images. */
  confidence: number | null;
  accuracy: number | null;
}

/** The predictions of a network for a labelled set of images, and their scores. */
export interface Evaluation {
  /** Mean cross-entropy in nats. */
  loss: number;
  accuracy: number;
  /** Accuracy per true class, which is the class's recall; null for a class without images. */
  perClass: (number | null)[];
  /** For each class, the share of the images predicted as the class that belong to it; null for a class without predictions. */
  precision: (number | null)[];
  /** Confidence against accuracy, in bins of equal width from 0 to 1. */
  calibration: CalibrationBin[];
  /** Numbers of images, [classes × classes]; rows are true classes, columns predicted ones. */
  confusion: Uint32Array;
  /** Most probable class of each image, [size]. */
  predictions: Uint16Array;
  /** Probability of the predicted class of each image, [size]. */
  confidences: Float32Array;
  top: TopProbabilities;
}

/**
 * The largest probabilities of each image, at most ten: with more than ten classes in descending order, otherwise those of all
 * classes in the order of the classes.
 */
export interface TopProbabilities {
  /** Number of probabilities per image. */
  count: number;
  /** [size, count] */
  probabilities: Float32Array;
  /** The class of each probability, [size, count]. */
  classes: Uint16Array;
}

/**
 * Scores the images of a set, whose logits arrive in parts. Only the largest probabilities of each image are kept: all logits of
 * 100,000 images and 1,000 classes would take 400 MB.
 */
export class Scorer {
  readonly #labels: Uint16Array;
  readonly #classCount: number;
  readonly #predictions: Uint16Array;
  readonly #confidences: Float32Array;
  readonly #top: TopProbabilities;
  readonly #confusion: Uint32Array;
  readonly #bins = Array.from({ length: binCount }, () => ({ count: 0, confidence: 0, hits: 0 }));
  /** Softmax of one image's logits, [classes]. */
  readonly #probabilities: Float32Array;
  #lossSum = 0;
  #scored = 0;

  /** @param labels Classes of all images of the set, [size]. */
  constructor(labels: Uint16Array, classCount: number) {
    this.#labels = labels;
    this.#classCount = classCount;
    this.#predictions = new Uint16Array(labels.length);
    this.#confidences = new Float32Array(labels.length);
    const count = Math.min(classCount, eventLimits.probabilities);
    const kept = labels.length * count;
    this.#top = { count, probabilities: new Float32Array(kept), classes: new Uint16Array(kept) };
    this.#confusion = new Uint32Array(classCount * classCount);
    this.#probabilities = new Float32Array(classCount);
  }

  /** Scores the next images. @param logits [images, classes] */
  add(logits: Float32Array): void {
    for (let from = 0; from < logits.length; from += this.#classCount)
      this.#addImage(logits.subarray(from, from + this.#classCount));
  }

  #addImage(logits: Float32Array): void {
    const image = this.#scored++;
    const label = this.#labels[image] as number;
    const best = argMax(logits);
    this.#lossSum += softmaxInto(this.#probabilities, logits) - (logits[label] as number);
    this.#predictions[image] = best;
    this.#confusion[label * this.#classCount + best] += 1;
    const confidence = this.#probabilities[best] as number;
    this.#confidences[image] = confidence;
    this.#addToBin(confidence, best === label);
    keepLargest(this.#probabilities, this.#top, image);
  }

  /** Counts an image in its bin. A network that has diverged has NaN as its confidence, which no bin contains. */
  #addToBin(confidence: number, isHit: boolean): void {
    const bin = this.#bins[Math.min(Math.floor(confidence * binCount), binCount - 1)];
    if (!bin) return;
    bin.count++;
    bin.confidence += confidence;
    if (isHit) bin.hits++;
  }

  /** Returns the scores of the images so far. */
  evaluation(): Evaluation {
    const classCount = this.#classCount;
    const confusion = this.#confusion;
    const totals = new Array<number>(classCount).fill(0);
    const predicted = new Array<number>(classCount).fill(0);
    const hits = totals.map((_, label) => confusion[label * classCount + label] as number);
    confusion.forEach((count, cell) => {
      totals[Math.floor(cell / classCount)]! += count;
      predicted[cell % classCount]! += count;
    });
    return {
      loss: this.#lossSum / this.#scored,
      accuracy: hits.reduce((sum, count) => sum + count, 0) / this.#scored,
      perClass: hits.map((count, label) => share(count, totals[label] as number)),
      precision: hits.map((count, label) => share(count, predicted[label] as number)),
      calibration: this.#bins.map(({ count, confidence, hits }) => ({
        count,
        // The mean of rounded values may exceed 1 by a rounding error.
        confidence: count === 0 ? null : Math.min(confidence / count, 1),
        accuracy: share(hits, count),
      })),
      confusion,
      predictions: this.#predictions,
      confidences: this.#confidences,
      top: this.#top,
    };
  }
}

/** Returns a part of a total; null when the total is 0. */
const share = (part: number, total: number): number | null => (total === 0 ? null : part / total);

/** Writes the largest probabilities of an image, and their classes, into `top`. */
function keepLargest(
  all: Float32Array,
  { count, probabilities, classes }: TopProbabilities,
  image: number,
): void {
  const start = image * count;
  if (all.length === count) {
    probabilities.set(all, start);
    for (let at = 0; at < count; at++) classes[start + at] = at;
    return;
  }
  let kept = 0;
  for (let label = 0; label < all.length; label++) {
    const value = all[label] as number;
    if (kept === count && !(value > (probabilities[start + count - 1] as number))) continue;
    // Insertion: the kept values are few, and most classes are skipped above.
    let at = kept < count ? kept++ : count - 1;
    for (; at > 0 && (probabilities[start + at - 1] as number) < value; at--) {
      probabilities[start + at] = probabilities[start + at - 1] as number;
      classes[start + at] = classes[start + at - 1] as number;
    }
    probabilities[start + at] = value;
    classes[start + at] = label;
  }
}

/** Writes the softmax of logits into `target`; returns their log-sum-exp. */
function softmaxInto(target: Float32Array, logits: Float32Array): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < logits.length; at++) max = Math.max(max, logits[at] as number);
  let sum = 0;
  for (let at = 0; at < logits.length; at++) sum += Math.exp((logits[at] as number) - max);
  for (let at = 0; at < logits.length; at++) target[at] = Math.exp((logits[at] as number) - max) / sum;
  return max + Math.log(sum);
}

function argMax(values: Float32Array): number {
  let best = 0;
  for (let at = 1; at < values.length; at++) if ((values[at] as number) > (values[best] as number)) best = at;
  return best;
}
