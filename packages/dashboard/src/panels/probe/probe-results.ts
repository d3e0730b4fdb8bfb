import type { Probe } from '../../state/probe.ts';

/** The network's prediction for an image of the probe set. */
export interface ProbeAnswer {
  /** Position in the probe set. */
  position: number;
  label: number;
  prediction: number;
  /** Probability of the prediction, from 0 to 1. */
  confidence: number;
}

/** The results of one class. */
export interface ProbeClass {
  label: number;
  right: number;
  total: number;
  /** The most frequent wrong prediction for images of the class; undefined when all predictions are right. */
  confusedWith: number | undefined;
}

/** Returns the predictions for the images that have arrived; none without logits. */
export function probeAnswers({ images, logits }: Probe): ProbeAnswer[] {
  if (!logits) return [];
  const { classes, values } = logits;
  return images.flatMap((image, position) => {
    if (!image) return [];
    const first = position * classes;
    let prediction = 0;
    for (let at = 1; at < classes; at++)
      if ((values[first + at] as number) > (values[first + prediction] as number)) prediction = at;
    const largest = values[first + prediction] as number;
    let sum = 0;
    for (let at = 0; at < classes; at++) sum += Math.exp((values[first + at] as number) - largest);
    const confidence = 1 / sum;
    return [{ position, label: image.label, prediction, confidence }];
  });
}

/** Returns the results by class, in the order of the classes. */
export function probeClasses(answers: readonly ProbeAnswer[]): ProbeClass[] {
  const byLabel = new Map<number, ProbeAnswer[]>();
  for (const answer of answers) {
    const group = byLabel.get(answer.label);
    if (group) group.push(answer);
    else byLabel.set(answer.label, [answer]);
  }
  return [...byLabel]
    .sort(([a], [b]) => a - b)
    .map(([label, group]) => {
      const wrong = group
        .filter(({ prediction }) => prediction !== label)
        .map(({ prediction }) => prediction);
      return {
        label,
        right: group.length - wrong.length,
        total: group.length,
        confusedWith: mostFrequent(wrong),
      };
    });
}

function mostFrequent(values: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/**
 * Returns the answer whose point is nearest to (x, y); undefined if no point is closer than `reach`.
 * @param points x and y of each image, by its position in the probe set.
 */
export function nearestAnswer(
  answers: readonly ProbeAnswer[],
  points: Float32Array,
  { x, y, reach }: { x: number; y: number; reach: number },
): ProbeAnswer | undefined {
  let [nearest, distance]: [ProbeAnswer | undefined, number] = [undefined, reach];
  for (const answer of answers) {
    const [px, py] = [points[answer.position * 2], points[answer.position * 2 + 1]] as [number, number];
    const own = Math.hypot(px - x, py - y);
    if (own < distance) [nearest, distance] = [answer, own];
  }
  return nearest;
}
