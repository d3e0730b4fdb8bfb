import { describe, expect, it } from '@jest/globals';
import type { ProbeData } from '../../src/state/event-data.ts';
import { probeAccuracy, probeAt, withProbeData } from '../../src/state/probe.ts';

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

  it('has the logits of a step, signed and scaled, and keeps its images', () => {
    const before = withProbeData(null, images(0, [7]));
    const probe = withProbeData(withProbeData(before, logits(5)), logits(8));
    expect(probeAt(probe, null)).toEqual({
      ...{ size: 3, images: before.images },
      logits: { step: 8, classes: 2, values: Float32Array.of(1, -1, 0, 2, -64, 63.5) },
    });
    expect(probeAt(probe, 7).logits?.step).toBe(5);
    expect(probeAt(probe, 4).logits).toBeNull();
    expect(probe.images).toBe(before.images);
  });

  it('has the accuracy of the latest logits on the images that have arrived', () => {
    const unseen = withProbeData(null, logits(5));
    expect([probeAccuracy(null), probeAccuracy(unseen)]).toEqual([undefined, undefined]);
    expect(probeAccuracy(withProbeData(null, images(0, [0])))).toBeUndefined();
    // The logits name the classes 0, 1 and 1; of equal ones, the first counts.
    expect(probeAccuracy(withProbeData(unseen, images(0, [0])))).toEqual({ accuracy: 1, images: 1, step: 5 });
    expect(probeAccuracy(withProbeData(unseen, images(1, [1, 0])))).toMatchObject({
      accuracy: 0.5,
      images: 2,
    });
    const equal = { classes: 2, scale: 1, values: base64([3, 3, 3, 3, 3, 3]) };
    const even = withProbeData(withProbeData(unseen, images(0, [0, 1])), { step: 6, size: 3, logits: equal });
    expect(probeAccuracy(even)).toEqual({ accuracy: 0.5, images: 2, step: 6 });
  });

  it('has no logits of steps that a resumed run repeats', () => {
    const steps = [5, 8, 11, 7].reduce<ReturnType<typeof withProbeData> | null>(
      (probe, step) => withProbeData(probe, logits(step)),
      null,
    );
    expect(steps?.frames.map(({ step }) => step)).toEqual([5, 7]);
  });

  it('keeps at most 8 MB of logits, evenly spaced over the run', () => {
    const large = (step: number): ProbeData => ({
      ...{ step, size: 500 },
      logits: { classes: 1_000, scale: 1, values: Buffer.alloc(500_000).toString('base64') },
    });
    let probe = withProbeData(null, large(1));
    for (let step = 2; step <= 20; step++) probe = withProbeData(probe, large(step));
    expect(probe.frames.length).toBeLessThanOrEqual(16);
    expect(probe.frames.map(({ step }) => step)).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 18, 19, 20]);
  });

  it('starts again when its size changes', () => {
    const probe = withProbeData(withProbeData(null, images(0, [7])), { ...logits(5), size: 4 });
    expect(probe.images).toEqual([]);
  });
});
