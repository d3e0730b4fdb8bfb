import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { type Dataset, takeFirst } from '../../src/dataset/dataset.ts';
import { loadDataset } from '../../src/dataset/load.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { LocalLearner } from '../../src/learner/local-learner.ts';
import { architecture } from '../../src/network/architecture.ts';
import { recipes } from '../../src/recipe.ts';
import { startPosition } from '../../src/training/position.ts';
import { RunControl } from '../../src/training/run-control.ts';
import { type TrainingEvent, train } from '../../src/training/train.ts';
import { engines } from '../support/engines.ts';
import { smallNetwork } from '../support/small-network.ts';

const batchSize = 16;
const images = 96;

describe.each(engines)('training on the engine %s', (_name, start) => {
  let engine: Engine;
  let dataset: Dataset;
  beforeAll(async () => {
    engine = await start();
    const all = await loadDataset(undefined);
    dataset = { ...all, train: takeFirst(all.train, images, ''), test: takeFirst(all.test, 40, '') };
  });

  /** Trains `epochs` of 6 steps and returns the events. */
  async function run(epochs: number, seed = 1, layers = smallNetwork): Promise<TrainingEvent[]> {
    const control = new RunControl({ ...recipes.default, emit: () => {} });
    const learner = new LocalLearner(engine.kernels, { optimizer: 'sgd', seed, layers });
    const options = {
      ...recipes.default,
      dataset,
      epochs,
      batchSize,
      evaluationBatch: engine.evaluationBatch,
    };
    const events: TrainingEvent[] = [];
    for await (const event of train({ ...options, learner, seed, control, position: startPosition() }))
      events.push(event);
    await learner.dispose();
    return events;
  }
  const losses = (events: TrainingEvent[]) =>
    events.flatMap((e) => (e.type === 'batch' ? [e.data.loss] : []));

  test('lowers the loss within a few steps', async () => {
    const values = losses(await run(3, 1, [...architecture]));
    const mean = (part: number[]) => part.reduce((sum, value) => sum + value, 0) / part.length;
    expect(values).toHaveLength(18);
    expect(mean(values.slice(-4))).toBeLessThan(mean(values.slice(0, 4)) * 0.9);
  }, 60_000);

  test('disposes all tensors', async () => {
    const before = tf.memory().numTensors;
    await run(1);
    expect(tf.memory().numTensors).toBe(before);
  }, 60_000);

  test('gives the same losses for the same seed', async () => {
    const first = losses(await run(1));
    expect(losses(await run(1))).toEqual(first);
    expect(losses(await run(1, 2))).not.toEqual(first);
  }, 60_000);

  test('yields each step, then the epoch with all test images, then samples', async () => {
    const events = await run(1);
    expect(events.map(({ type }) => type)).toEqual([
      ...Array(images / batchSize).fill('batch'),
      'epoch',
      'samples',
    ]);
    expect(events[4]).toMatchObject({
      type: 'batch',
      data: { epoch: 1, batch: 5, step: 5, learningRate: 0.01 },
    });
    const epoch = events.find((event) => event.type === 'epoch');
    expect(epoch?.data.test.confusion?.flat().reduce((sum, count) => sum + count, 0)).toBe(40);
  }, 60_000);
});
