import { describe, expect, it } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { examinedTestImage, imageIn, testSetOf } from '../../src/state/examined-image.ts';
import { applyEvent, emptyRun, type Run } from '../../src/state/run.ts';

/** Returns a run whose test images have this digest; null for a publisher that does not send them. */
function runWith(runId: string, digest: string | null): Run {
  const run = emptyRun(runId);
  for (const event of sampleRun({ runId, epochs: 1 })) applyEvent(run, event);
  const dataset = run.started?.dataset;
  if (run.started && dataset)
    run.started = {
      ...run.started,
      dataset: {
        ...dataset,
        testImages: digest === null ? null : { digest, count: 1, width: 2, height: 2, channels: 1 },
      },
    };
  return run;
}

describe('an examined image', () => {
  const image = examinedTestImage({ index: 47, label: 7, pixels: [0, 255, 255, 0] }, []);
  if (!image) throw new Error('expected a grey, square image to be examined');

  it('keeps its label and its index in every run with the same test set', () => {
    const testSet = testSetOf(runWith('20261124-100000-a', 'digits'));
    expect(imageIn(runWith('20261124-110000-b', 'digits'), { image, testSet })).toBe(image);
  });

  it.each([
    ['of another digest', 'digits', 'letters'],
    ['that is not sent', 'digits', null],
    ['that neither run sends', null, null],
  ])(
    'has no label and no index in a run with a test set %s: another image may have the index there',
    (_, a, b) => {
      const testSet = testSetOf(runWith('20261124-100000-a', a));
      const shown = imageIn(runWith('20261124-110000-b', b), { image, testSet });
      expect(shown).toMatchObject({ title: image.title, image: image.image, label: null, index: null });
      expect(imageIn(runWith('20261124-100000-a', a), { image, testSet })).toBe(image);
    },
  );
});
