import type { SamplePrediction, TestResults } from '../../state/event-data.ts';
import type { Probe, ProbeImage, ProbeLogits } from '../../state/probe.ts';
import type { Run } from '../../state/run.ts';
import { stepWordOf, unitOf } from '../../state/run-words.ts';
import type { EpochResults } from './epoch-results.ts';

/** Maximum number of samples. */
const sampleLimit = 100;
/** Maximum number of mistakes among the samples; the others are the correct predictions with the lowest confidence. */
const mistakeLimit = 80;

/**
 * Returns results from the probe images alone, for the time before the first epoch has ended; null without `run.started`, logits
 * or images.
 */
export function provisionalResults(run: Run, { images, logits }: Probe): EpochResults | null {
  const { started } = run;
  if (!started || !logits) return null;
  const { step, classes: classCount } = logits;
  const classes = started.dataset?.classes ?? Array.from({ length: classCount }, (_, label) => String(label));
  const answers = images.flatMap((image, position) => {
    if (!image) return [];
    const probabilities = softmax(logits, position);
    const prediction = probabilities.indexOf(Math.max(...probabilities));
    if (Math.max(image.label, prediction) >= classes.length) return [];
    return [{ image, prediction, probabilities }];
  });
  if (answers.length === 0) return null;
  const confidence = ({ probabilities, prediction }: (typeof answers)[number]): number =>
    probabilities[prediction] as number;
  const wrong = answers.filter(({ image, prediction }) => image.label !== prediction);
  const right = answers.filter(({ image, prediction }) => image.label === prediction);
  const shownWrong = wrong.sort((a, b) => confidence(b) - confidence(a)).slice(0, mistakeLimit);
  const shownRight = right
    .sort((a, b) => confidence(a) - confidence(b))
    .slice(0, sampleLimit - shownWrong.length);
  const [first] = answers;
  return {
    epoch: {
      epoch: 0,
      step,
      test: matrixOf(
        answers.map(({ image, prediction }) => [image.label, prediction]),
        classes.length,
      ),
    },
    previous: undefined,
    samples: {
      epoch: 0,
      ...{ width: first?.image.width, height: first?.image.height, channels: first?.image.channels },
      items: [...shownWrong, ...shownRight].map(
        ({ image, prediction, probabilities }): SamplePrediction => ({
          ...{ index: image.index, label: image.label, prediction, probabilities: [...probabilities] },
          image: base64Of(image),
        }),
      ),
    },
    classes,
    unit: unitOf(started),
    provisional: { images: answers.length, step, stepWord: stepWordOf(run) },
  };
}

const base64Images = new WeakMap<ProbeImage, string>();

/** Returns the pixels of a probe image in base64, as in samples. */
function base64Of(image: ProbeImage): string {
  const text = base64Images.get(image) ?? btoa(String.fromCharCode(...image.pixels));
  base64Images.set(image, text);
  return text;
}

/** Maximum number of classes of a matrix with all cells, as in `epoch` events; with more, only cells that are not 0 are listed. */
const fullMatrixLimit = 100;

function matrixOf(
  answers: readonly (readonly [label: number, prediction: number])[],
  classCount: number,
): Pick<TestResults, 'confusion' | 'confusionCells'> {
  const counts = new Map<number, number>();
  for (const [label, prediction] of answers) {
    const cell = label * classCount + prediction;
    counts.set(cell, (counts.get(cell) ?? 0) + 1);
  }
  const labels = Array.from({ length: classCount }, (_, label) => label);
  if (classCount <= fullMatrixLimit)
    return {
      confusion: labels.map((label) => labels.map((other) => counts.get(label * classCount + other) ?? 0)),
    };
  return {
    confusionCells: [...counts].map(([cell, count]) => [
      Math.floor(cell / classCount),
      cell % classCount,
      count,
    ]),
  };
}

function softmax({ classes, values }: ProbeLogits, position: number): number[] {
  const row = [...values.subarray(position * classes, (position + 1) * classes)];
  const largest = Math.max(...row);
  const powers = row.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
