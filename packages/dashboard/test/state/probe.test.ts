import { describe, expect, it } from '@jest/globals';
import type { ProbeData } from '../../src/state/event-data.ts';
import { withProbeData } from '../../src/state/probe.ts';

const base64 = (bytes: readonly number[]): string => Buffer.from(Uint8Array.from(bytes)).toString('base64');

describe('the probe set', () => {
  const images = (first: number, labels: number[]): ProbeData => ({
    ...{ step: 1, size: 3 },
    images: {
      ...{ first, width: 2, height: 1, indices: labels.map((_, at) => 10 + first + at), labels },
      pixels: base64(labels.flatMap((label) => [label, label])),
    },
  });
  const logits = (step: number): ProbeData => ({
    ...{ step, size: 3 },
    logits: { classes: 2, scale: 0.5, values: base64([2, -2, 0, 4, -128, 127]) },
  });

  it('collects its images from several events', () => {
    const probe = withProbeData(withProbeData(null, images(2, [9])), images(0, [7, 8]));
    expect(probe.images.map((image) => image && [image.index, image.label, [...image.pixels]])).toEqual([
      [10, 7, [7, 7]],
      [11, 8, [8, 8]],
      [12, 9, [9, 9]],
    ]);
  });

  it('has the latest logits, signed and scaled, and keeps its images', () => {
    const before = withProbeData(null, images(0, [7]));
    const probe = withProbeData(withProbeData(before, logits(5)), logits(6));
    expect(probe.logits).toEqual({ step: 6, classes: 2, values: Float32Array.of(1, -1, 0, 2, -64, 63.5) });
    expect(probe.images).toBe(before.images);
  });

  it('starts again when its size changes', () => {
    const probe = withProbeData(withProbeData(null, images(0, [7])), { ...logits(5), size: 4 });
    expect(probe.images).toEqual([]);
  });
});
