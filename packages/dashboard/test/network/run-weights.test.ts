import { describe, expect, it } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { weightsAt } from '../../src/network/run-weights.ts';
import { canExamine, readableSnapshots } from '../../src/state/examined-image.ts';
import { applyEvent, emptyRun, type Run } from '../../src/state/run.ts';

const digest = 'd'.repeat(64);
const predictions = [{ epoch: 1, step: 20, bytes: new Uint8Array(4), confidences: undefined }];

/** Returns a run with samples of its epochs, one snapshot at step 20, and a model with these layers; null for no model. */
function runWith(layers: NonNullable<NonNullable<Run['started']>['model']>['layers'] | null): Run {
  const run = emptyRun('20261124-100000-test');
  for (const event of sampleRun({ epochs: 2, batchesPerEpoch: 20 })) applyEvent(run, event);
  run.snapshots = [{ step: 20, digest, bytes: 1 }];
  if (run.started) run.started = { ...run.started, model: layers && { layers, parameters: 10 } };
  return run;
}

describe('the weights of a run', () => {
  const layer = { name: 'fc', type: 'dense', outputShape: [10], parameters: 10 };

  it('are those of the nearest snapshot, or else of the saved model', () => {
    expect(weightsAt(runWith([layer]), 15)).toMatchObject({ key: digest, layers: [layer] });
    const saved = { ...runWith([layer]), snapshots: [] };
    expect(weightsAt(saved, null)).toMatchObject({ name: 'epoch 2', layers: [layer] });
  });

  it.each([[null], [[]]])(
    'are not read without layers (%j): a network without layers would invent probabilities',
    (layers) => {
      const run = runWith(layers);
      expect(readableSnapshots(run)).toEqual([]);
      expect(weightsAt(run, 20)).toBeUndefined();
      expect(weightsAt({ ...run, snapshots: [] }, null)).toBeUndefined();
      expect(canExamine(run)).toBe(false);
      expect(canExamine({ ...run, predictions })).toBe(true);
    },
  );
});
