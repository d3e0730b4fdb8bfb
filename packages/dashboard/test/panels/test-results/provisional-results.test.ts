import { describe, expect, it } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { provisionalResults } from '../../../src/panels/test-results/provisional-results.ts';
import type { Probe, ProbeImage } from '../../../src/state/probe.ts';
import { applyEvent, emptyRun } from '../../../src/state/run.ts';

const run = emptyRun('20261124-100000-test');
for (const event of sampleRun({ epochs: 1 }).slice(0, 5)) applyEvent(run, event);

const image = (label: number): ProbeImage => ({
  ...{ index: 40 + label, label, pixels: Uint8Array.of(0, 255) },
  ...{ width: 2, height: 1, channels: undefined },
});

/** A probe whose image `i` has the label `labels[i]`, and is predicted as `predictions[i]`. */
const probeOf = (labels: readonly number[], predictions: readonly number[]): Probe => ({
  size: labels.length + 1,
  images: [...labels.map(image), undefined],
  logits: {
    ...{ step: 40, classes: 10 },
    values: Float32Array.from({ length: (labels.length + 1) * 10 }, (_, at) =>
      at % 10 === predictions[Math.floor(at / 10)] ? 2 + Math.floor(at / 10) : 0,
    ),
  },
});

describe('provisional results', () => {
  it('count the answers for the probe images, and show the surest mistakes first', () => {
    const results = provisionalResults(run, probeOf([3, 3, 7], [3, 5, 1]));
    expect(results?.epoch.test?.confusion?.[3]).toEqual([0, 0, 0, 1, 0, 1, 0, 0, 0, 0]);
    expect(results?.epoch.test?.confusion?.[7]?.[1]).toBe(1);
    expect(results?.provisional).toEqual({ images: 3, step: 40, stepWord: 'batch' });
    expect(results?.samples?.items.map(({ label, prediction }) => [label, prediction])).toEqual([
      [7, 1],
      [3, 5],
      [3, 3],
    ]);
    expect(results?.samples?.items[0]).toMatchObject({ index: 47, image: 'AP8=' });
    expect(results?.samples?.items[0]?.probabilities[1]).toBeCloseTo(Math.exp(4) / (Math.exp(4) + 9));
  });

  it('do not exist without answers', () => {
    expect(provisionalResults(run, { ...probeOf([3], [3]), logits: null })).toBeNull();
    expect(provisionalResults(run, { ...probeOf([3], [3]), images: [] })).toBeNull();
  });
});
