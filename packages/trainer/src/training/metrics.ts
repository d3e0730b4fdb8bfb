import { classCount } from '@mnist-monitor/shared';

/** The predictions of a network for a labelled set of images, and their scores. */
export interface Evaluation {
  /** Mean cross-entropy in nats. */
  loss: number;
  accuracy: number;
  /** Accuracy per true class; null for a class without images. */
  perClass: (number | null)[];
  /** Numbers of images, [10, 10]; rows are true classes, columns predicted ones. */
  confusion: number[][];
  /** Softmax of the logits, [size, 10]. */
  probabilities: Float32Array;
  /** Most probable class of each image, [size]. */
  predictions: Uint8Array;
}

/**
 * Computes loss, accuracy and confusion from logits and labels.
 * @param logits [size, 10]
 * @param labels [size]
 */
export function scoreLogits(logits: Float32Array, labels: Uint8Array): Evaluation {
  const probabilities = new Float32Array(logits.length);
  const predictions = new Uint8Array(labels.length);
  const confusion = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0));
  let lossSum = 0;
  for (let row = 0; row < labels.length; row++) {
    const from = row * classCount;
    const label = labels[row];
    const best = argMax(logits.subarray(from, from + classCount));
    lossSum += softmaxInto(probabilities, logits, from) - logits[from + label];
    predictions[row] = best;
    confusion[label][best]++;
  }
  const totals = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const hits = confusion.reduce((sum, row, label) => sum + row[label], 0);
  return {
    loss: lossSum / labels.length,
    accuracy: hits / labels.length,
    perClass: confusion.map((row, label) => (totals[label] === 0 ? null : row[label] / totals[label])),
    confusion,
    probabilities,
    predictions,
  };
}

/** Writes the softmax of ten logits from index `from` into `target`; returns their log-sum-exp. */
function softmaxInto(target: Float32Array, logits: Float32Array, from: number): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let at = from; at < from + classCount; at++) max = Math.max(max, logits[at]);
  let sum = 0;
  for (let at = from; at < from + classCount; at++) sum += Math.exp(logits[at] - max);
  for (let at = from; at < from + classCount; at++) target[at] = Math.exp(logits[at] - max) / sum;
  return max + Math.log(sum);
}

function argMax(values: Float32Array): number {
  let best = 0;
  for (let at = 1; at < values.length; at++) if (values[at] > values[best]) best = at;
  return best;
}
