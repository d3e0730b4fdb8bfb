import { setImmediate } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { classCount } from '@mnist-monitor/shared';
import { type Dataset, takeFirst } from '../../src/dataset/dataset.ts';
import { loadDataset } from '../../src/dataset/load.ts';
import type { EventBody, NoticeData } from '../../src/event-data.ts';
import type { Learner, StepOptions } from '../../src/learner/learner.ts';
import { recipes } from '../../src/recipe.ts';
import { startPosition, type TrainingPosition } from '../../src/training/position.ts';
import { RunControl } from '../../src/training/run-control.ts';
import { Stopwatch } from '../../src/training/stopwatch.ts';
import { type TrainingEvent, train } from '../../src/training/train.ts';

/** Resolves after a number of turns of the event loop; training takes one turn per step. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate();
}

const batchSize = 16;
const images = 96;

describe('training with a RunControl', () => {
  let dataset: Dataset;
  let notices: EventBody[];
  beforeAll(async () => {
    const all = await loadDataset(undefined);
    dataset = { ...all, train: takeFirst(all.train, images, ''), test: takeFirst(all.test, 40, '') };
  });
  let onPredict: () => void;
  beforeEach(() => {
    notices = [];
    onPredict = () => {};
  });

  /** A learner that returns fixed results immediately. */
  const learner: Learner = {
    step: async () => ({ loss: 1, accuracy: 0.5 }),
    async predict({ size }) {
      onPredict();
      return new Float32Array(size * classCount);
    },
    inspect: async ({ size }) => ({ logits: new Float32Array(size * classCount), maxima: [] }),
    weights: async () => [],
    state: async () => ({ weights: [], optimizer: [] }),
    restore: async () => {},
    dispose: async () => {},
  };

  /** Trains one epoch of 6 steps. @param onEvent Receives each event before the next step. */
  async function run(
    onEvent: (event: TrainingEvent, control: RunControl) => void,
    stopwatch = new Stopwatch(),
  ): Promise<TrainingEvent[]> {
    const control = new RunControl({ ...recipes.default, stopwatch, emit: (notice) => notices.push(notice) });
    const options = { ...recipes.default, dataset, epochs: 1, batchSize, evaluationBatch: 10, seed: 1 };
    const events: TrainingEvent[] = [];
    for await (const event of train({ ...options, learner, control, position: startPosition() })) {
      events.push(event);
      onEvent(event, control);
    }
    return events;
  }

  test('ends after the step in which it is stopped', async () => {
    const events = await run((event, control) => {
      if (event.type === 'batch' && event.data.step === 2) control.stop({ status: 'stopped', reason: '' });
    });
    expect(events.map(({ type }) => type)).toEqual(['batch', 'batch']);
  });

  test('ends during the evaluation in which it is stopped', async () => {
    const events = await run((_event, control) => {
      onPredict = () => control.stop({ status: 'stopped', reason: '' });
    });
    expect(events.map(({ type }) => type)).toEqual(Array(images / batchSize).fill('batch'));
  });

  test('pauses after its step, and the pause counts neither as training time nor in the speed', async () => {
    const pausedMs = 3_600_000;
    let now = 0;
    let step = 0;
    const events = await run(
      (event, control) => {
        now += 100;
        if (event.type !== 'batch') return;
        step = event.data.step;
        if (step !== 3) return;
        control.pause();
        void turns(20).then(() => {
          expect(step).toBe(3);
          now += pausedMs;
          control.resume();
        });
      },
      new Stopwatch(0, () => now),
    );
    const batches = events.flatMap((event) => (event.type === 'batch' ? [event.data] : []));
    expect(batches).toHaveLength(images / batchSize);
    expect(batches.map(({ elapsedSeconds }) => elapsedSeconds)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5]);
    expect(batches[3].etaSeconds).toBeLessThan(1);
    const codes = notices.map((notice) => (notice.data as NoticeData).code);
    expect(codes).toEqual(['run.paused', 'run.resumed']);
  });

  test('uses a new learning rate from the next step on', async () => {
    const events = await run((event, control) => {
      if (event.type === 'batch' && event.data.step === 2) control.setLearningRate(0.002);
    });
    const rates = events.flatMap((event) => (event.type === 'batch' ? [event.data.learningRate] : []));
    expect(rates).toEqual([0.01, 0.01, 0.002, 0.002, 0.002, 0.002]);
    expect(notices).toMatchObject([{ data: { code: 'learning_rate.set', step: 2, value: 0.002 } }]);
  });

  /** Trains from a position, and returns the events and the options of each step. */
  async function trainFrom(position: TrainingPosition, epochs: number, stopwatch = new Stopwatch()) {
    const steps: StepOptions[] = [];
    const observed: Learner = {
      ...learner,
      async step(batch, options) {
        steps.push(options);
        return learner.step(batch, options);
      },
    };
    const control = new RunControl({ ...recipes.default, stopwatch, emit: () => {} });
    const options = { ...recipes.default, dataset, epochs, batchSize, evaluationBatch: 10, seed: 7 };
    const events: TrainingEvent[] = [];
    for await (const event of train({ ...options, learner: observed, control, position })) events.push(event);
    return { events, steps };
  }

  test('continues within an epoch, whose means count the images before', async () => {
    const before = { images: 64, loss: 64 * 3, accuracy: 64 };
    const { events, steps } = await trainFrom({ ...startPosition(), epoch: 1, batch: 4, ...before }, 2);
    expect(events.map(({ type }) => type)).toEqual(['batch', 'batch', 'epoch', 'samples']);
    expect(steps.map(({ step }) => step)).toEqual([11, 12]);
    expect(events[0]).toMatchObject({ data: { epoch: 2, batch: 5, step: 11 } });
    const loss = (64 * 3 + 32) / images;
    const accuracy = (64 + 16) / images;
    expect(events[2]).toMatchObject({ data: { epoch: 2, step: 12, train: { loss, accuracy } } });
    expect(events[3]).toMatchObject({ data: { epoch: 2 } });
  });

  test('has another seed for the dropout of each step, the same in each run', async () => {
    const { steps } = await trainFrom(startPosition(), 2);
    expect(steps).toHaveLength(12);
    expect(new Set(steps.map(({ seed }) => seed)).size).toBe(12);
    const later = await trainFrom({ ...startPosition(), epoch: 1 }, 2);
    expect(later.steps).toEqual(steps.slice(6));
  });

  test('reports the training time of each epoch with its evaluation, and the remaining time', async () => {
    let now = 0;
    onPredict = () => {
      now += 500;
    };
    const timed: Learner['step'] = learner.step;
    learner.step = async (...args) => {
      now += 1_000;
      return timed(...args);
    };
    const { events } = await trainFrom(startPosition(), 2, new Stopwatch(10, () => now));
    learner.step = timed;
    const epochs = events.flatMap((event) => (event.type === 'epoch' ? [event.data.seconds] : []));
    // Six steps of a second, and an evaluation of four batches.
    expect(epochs).toEqual([8, 8]);
    const batches = events.flatMap((event) => (event.type === 'batch' ? [event.data] : []));
    expect(batches.map(({ elapsedSeconds }) => elapsedSeconds)).toEqual([
      ...[11, 12, 13, 14, 15, 16],
      ...[19, 20, 21, 22, 23, 24],
    ]);
    expect(batches[0]).toMatchObject({ imagesPerSecond: 16, etaSeconds: null });
    expect(batches.at(-2)!.etaSeconds).toBeCloseTo(1 + 2);
    expect(batches.at(-1)!.etaSeconds).toBeCloseTo(2);
  });

  test('does not begin an epoch in a run that is stopped', async () => {
    const control = new RunControl({ ...recipes.default, emit: () => {} });
    control.stop({ status: 'stopped', reason: '' });
    const options = { ...recipes.default, dataset, epochs: 1, batchSize, evaluationBatch: 10, seed: 1 };
    const events: TrainingEvent[] = [];
    for await (const event of train({ ...options, learner, control, position: startPosition() }))
      events.push(event);
    expect(events).toEqual([]);
  });
});
