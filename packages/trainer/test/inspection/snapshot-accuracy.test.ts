import { expect, test } from '@jest/globals';
import { orderedBatches } from '../../src/dataset/batches.ts';
import { takeFirst } from '../../src/dataset/dataset.ts';
import { loadDataset } from '../../src/dataset/load.ts';
import { encodeSafetensors } from '../../src/export/safetensors.ts';
import { quantizeWeights } from '../../src/inspection/quantize.ts';
import { evaluate } from '../../src/training/evaluate.ts';
import { startPosition } from '../../src/training/position.ts';
import { RunControl } from '../../src/training/run-control.ts';
import { train } from '../../src/training/train.ts';
import { hasTensorflow, startFastest } from '../support/engines.ts';
import { readSnapshot } from '../support/snapshot.ts';

// The other engines take minutes for so many images.
const withTensorflow = hasTensorflow ? test : test.skip;

withTensorflow(
  'the rounded weights of a snapshot at the end of an epoch are as accurate as those in float32, within 0.1 points',
  async () => {
    const engine = await startFastest();
    const all = await loadDataset(undefined);
    const dataset = { ...all, train: takeFirst(all.train, 2_048, '') };
    const learner = await engine.createLearner({ optimizer: 'adam', seed: 42, precision: 'float32' });
    const rounded = await engine.createLearner({ optimizer: 'adam', seed: 1, precision: 'float32' });
    const control = new RunControl({ learningRate: 0.002, schedule: 'constant', emit() {} });
    const { evaluationBatch } = engine;
    const options = {
      ...{ learner, dataset, evaluationBatch, control, epochs: 2, batchSize: 64, seed: 42 },
      ...{ schedule: 'constant' as const, augment: false },
    };
    const accuracies: [float: number, rounded: number][] = [];
    for await (const { type, data } of train({ ...options, position: startPosition() })) {
      if (type !== 'epoch') continue;
      const file = Buffer.from(encodeSafetensors(quantizeWeights(await learner.weights())!));
      const { optimizer } = await rounded.state();
      await rounded.restore({ weights: readSnapshot(file), optimizer });
      const evaluation = await evaluate(rounded, {
        batches: orderedBatches(dataset.test, evaluationBatch),
        split: dataset.test,
        shouldContinue: async () => true,
      });
      accuracies.push([data.test.accuracy, evaluation!.accuracy]);
    }
    for (const [float, ofSnapshot] of accuracies) {
      expect(float).toBeGreaterThan(0.7);
      expect(Math.abs(ofSnapshot - float)).toBeLessThanOrEqual(0.001);
    }
    expect(accuracies).toHaveLength(2);
    await Promise.all([learner.dispose(), rounded.dispose()]);
  },
  240_000,
);
