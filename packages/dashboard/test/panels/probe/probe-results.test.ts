import { describe, expect, it } from '@jest/globals';
import { nearestAnswer, probeAnswers, probeClasses } from '../../../src/panels/probe/probe-results.ts';
import type { Probe, ProbeImage } from '../../../src/state/probe.ts';

const image = (label: number): ProbeImage => ({
  ...{ index: 0, label, pixels: new Uint8Array() },
  ...{ width: undefined, height: undefined, channels: undefined },
});
const probeOf = (labels: readonly (number | null)[], logits: readonly (readonly number[])[]): Probe => ({
  size: labels.length,
  images: labels.map((label) => (label === null ? undefined : image(label))),
  logits: { step: 1, classes: 3, values: Float32Array.from(logits.flat()) },
});

describe('the answers for the probe set', () => {
  it('are the class of the largest logit, with its probability', () => {
    const answers = probeAnswers(
      probeOf(
        [2, 0],
        [
          [0, 1000, 0],
          [0, 0, 0],
        ],
      ),
    );
    expect(answers).toEqual([
      { position: 0, label: 2, prediction: 1, confidence: 1 },
      { position: 1, label: 0, prediction: 0, confidence: 1 / 3 },
    ]);
  });

  it('leave out images that were not sent, and are empty before the first logits', () => {
    const probe = probeOf(
      [null, 1],
      [
        [1, 0, 0],
        [0, 1, 0],
      ],
    );
    expect(probeAnswers(probe).map(({ position }) => position)).toEqual([1]);
    expect(probeAnswers({ ...probe, logits: null })).toEqual([]);
  });

  it('are counted by class, with the class that is most often confused', () => {
    const answer = (label: number, prediction: number) => ({ position: 0, label, prediction, confidence: 1 });
    expect(probeClasses([answer(4, 9), answer(1, 1), answer(4, 7), answer(4, 9), answer(4, 4)])).toEqual([
      { label: 1, right: 1, total: 1, confusedWith: undefined },
      { label: 4, right: 1, total: 4, confusedWith: 9 },
    ]);
  });
});

it('the nearest answer is within reach of the pointer', () => {
  const answers = [0, 1].map((position) => ({ position, label: 0, prediction: 0, confidence: 1 }));
  const points = Float32Array.of(0, 0, 10, 0);
  expect(nearestAnswer(answers, points, { x: 8, y: 0, reach: 5 })?.position).toBe(1);
  expect(nearestAnswer(answers, points, { x: 5, y: 20, reach: 5 })).toBeUndefined();
});
