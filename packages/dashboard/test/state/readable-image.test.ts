import { describe, expect, it } from '@jest/globals';
import { canExamineProbe, examinedTestImage, isReadable } from '../../src/state/examined-image.ts';
import { emptyRun } from '../../src/state/run.ts';

const pixels = new Uint8Array(28 * 112);

describe('a test image', () => {
  it.each([
    [{}, true],
    [{ width: 56, height: 56, channels: 1 }, true],
    // As many pixels as a square of 56 × 56.
    [{ width: 112, height: 28, channels: 1 }, false],
    [{ width: 28, height: 28, channels: 3 }, false],
  ] as const)('of the size %j can be looked at only if it is a square of grey values', (size, expected) => {
    expect(isReadable(size)).toBe(expected);
    const image = examinedTestImage({ ...size, index: 4, label: 1, pixels }, ['a', 'b']);
    expect(image?.title).toBe(expected ? 'Test image 4, true class b' : undefined);
  });

  it('of the probe can be looked at only in a run with snapshots or predictions', () => {
    const image = { ...{ index: 0, label: 1, pixels, width: 56, height: 56 }, channels: 1 } as const;
    const run = { ...emptyRun('a'), probe: { size: 1, images: [image], frames: [] } };
    expect(canExamineProbe(run)).toBe(false);
    run.predictions = [{ step: 1, epoch: 1 }] as unknown as typeof run.predictions;
    expect(canExamineProbe(run)).toBe(true);
    run.probe.images = [{ ...image, height: 28, width: 112 }] as unknown as typeof run.probe.images;
    expect(canExamineProbe(run)).toBe(false);
  });
});
