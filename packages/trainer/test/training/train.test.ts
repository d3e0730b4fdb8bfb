import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { EventBody, Notice } from '@mnist-monitor/shared';
import * as tf from '@tensorflow/tfjs-core';
import { type Dataset, takeFirst } from '../../src/dataset/dataset.ts';
import { loadDataset } from '../../src/dataset/load.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { LocalLearner } from '../../src/learner/local-learner.ts';
import { Control } from '../../src/training/control.ts';
import { beginning } from '../../src/training/place.ts';
import { recipes } from '../../src/training/recipe.ts';
import { type TrainingEvent, train } from '../../src/training/train.ts';
import { engines } from '../support/engines.ts';

const batchSize = 16;
const images = 96;

describe.each(engines)('training on the engine %s', (_name, start) => {
  let engine: Engine;
  let dataset: Dataset;
  let notices: EventBody[];
  beforeEach(() => {
    notices = [];
  });
  beforeAll(async () => {
    engine = await start();
    const all = await loadDataset(undefined);
    dataset = { ...all, train: takeFirst(all.train, images, ''), test: takeFirst(all.test, 40, '') };
  });

  /** Trains and returns the events; `epochs` of 6 steps. */
  async function run(
    epochs: number,
    seed = 1,
    see: (event: TrainingEvent, control: Control) => void = () => {},
  ): Promise<TrainingEvent[]> {
    const control = new Control({ ...recipes.default, emit: (notice) => notices.push(notice) });
    const learner = new LocalLearner(engine.kernels, { optimizer: 'sgd', seed });
    const options = {
      ...recipes.default,
      dataset,
      epochs,
      batchSize,
      evaluationBatch: engine.evaluationBatch,
    };
    const events: TrainingEvent[] = [];
    for await (const event of train({ ...options, learner, seed, control, place: beginning() })) {
      events.push(event);
      see(event, control);
    }
    await learner.dispose();
    return events;
  }
  const losses = (events: TrainingEvent[]) =>
    events.flatMap((e) => (e.type === 'batch' ? [e.data.loss] : []));

  test('lowers the loss within a few steps', async () => {
    const told = losses(await run(3));
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(told).toHaveLength(18);
    expect(mean(told.slice(-4))).toBeLessThan(mean(told.slice(0, 4)) * 0.9);
  }, 60_000);

  test('leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    await run(1);
    expect(tf.memory().numTensors).toBe(before);
  }, 60_000);

  test('gives the same curve for the same seed', async () => {
    const first = losses(await run(1));
    expect(losses(await run(1))).toEqual(first);
    expect(losses(await run(1, 2))).not.toEqual(first);
  }, 60_000);

  test('tells each step with its place, then the epoch with all test images, then samples', async () => {
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
    expect(epoch?.data.test.confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(40);
  }, 60_000);

  test('ends after the step in which it is told to', async () => {
    const events = await run(1, 1, (event, control) => {
      if (event.type === 'batch' && event.data.step === 2) control.stop({ status: 'stopped', reason: '' });
    });
    expect(events.map(({ type }) => type)).toEqual(['batch', 'batch']);
  }, 60_000);

  test('ends within the evaluation in which it is told to', async () => {
    const events = await run(1, 1, (event, control) => {
      if (event.type === 'batch' && event.data.batch === images / batchSize)
        setTimeout(() => control.stop({ status: 'stopped', reason: '' }));
    });
    expect(events.map(({ type }) => type)).not.toContain('epoch');
  }, 60_000);

  test('paused, holds behind its step, and the pause counts neither as time nor as slowness', async () => {
    const seen: number[] = [];
    const events = await run(1, 1, (event, control) => {
      if (event.type !== 'batch') return;
      seen.push(event.data.step);
      if (event.data.step !== 3) return;
      control.pause();
      setTimeout(() => {
        expect(seen).toEqual([1, 2, 3]);
        control.resume();
      }, 1_500);
    });
    const batches = events.flatMap((event) => (event.type === 'batch' ? [event.data] : []));
    expect(batches).toHaveLength(images / batchSize);
    const [third, fourth] = [batches[2], batches[3]];
    expect(fourth.elapsedSeconds - third.elapsedSeconds).toBeLessThan(1.4);
    expect(fourth.imagesPerSecond).toBeGreaterThan(batchSize / 1.4);
    const codes = notices.map((notice) => (notice.data as Notice).code);
    expect(codes).toEqual(['run.paused', 'run.resumed']);
  }, 60_000);

  test('takes another learning rate from the next step on', async () => {
    const events = await run(1, 1, (event, control) => {
      if (event.type === 'batch' && event.data.step === 2) control.setLearningRate(0.002);
    });
    const rates = events.flatMap((event) => (event.type === 'batch' ? [event.data.learningRate] : []));
    expect(rates).toEqual([0.01, 0.01, 0.002, 0.002, 0.002, 0.002]);
    expect(notices).toMatchObject([{ data: { code: 'learning_rate.set', step: 2, value: 0.002 } }]);
  }, 60_000);
});
