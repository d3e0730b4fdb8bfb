import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { readConfig, type TrainerConfig } from '../../src/config.ts';
import type { RunEngine } from '../../src/engines/select.ts';
import type { EpochData, EventBody } from '../../src/event-data.ts';
import { type ResumePoint, type TrainRunOptions, trainRun } from '../../src/runner/train-run.ts';
import { readCheckpoint } from '../../src/storage/checkpoint.ts';
import { noProgress } from '../../src/storage/emitted-progress.ts';
import { RunFolder } from '../../src/storage/run-folder.ts';
import { startPosition } from '../../src/training/position.ts';
import { RunControl } from '../../src/training/run-control.ts';
import {
  dataset,
  engineWith,
  epochSteps,
  relus,
  ScriptedLearner,
  scriptedFlags,
  state,
} from '../support/scripted-learner.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Returns the events of an epoch as the log of a run has them. */
const epochOf = (epoch: number, accuracy: number): EpochData =>
  ({ epoch, step: epoch * epochSteps, test: { loss: 1, accuracy }, seconds: 1 }) as EpochData;

describe('a run', () => {
  const runs = temporaryFolder();

  /** Prepares a run of three epochs. */
  function prepare(hits: readonly number[], more: Partial<TrainRunOptions> & { flags?: string[] } = {}) {
    const { flags = [], ...options } = more;
    const own = ['--inside', 'off', '--run-id', 'run', '--runs', runs.path];
    const config: TrainerConfig = readConfig([...scriptedFlags, ...own, ...flags], {});
    const learner = new ScriptedLearner(hits);
    const events: EventBody[] = [];
    const displayed: EventBody[] = [];
    const emit = (event: EventBody): void => void events.push(event);
    const control = new RunControl({ learningRate: 0.01, schedule: 'constant', emit });
    const folder = RunFolder.create(runs.path, 'run');
    const train = () =>
      trainRun({
        ...{ config, dataset, folder, control, emit, runEngine: engineWith(learner), resumePoint: undefined },
        display: (event) => void displayed.push(event),
        ...options,
      });
    return { train, learner, events, displayed, control, folder };
  }
  const typesOf = (events: readonly EventBody[]) => events.map(({ type }) => type);
  const epochsIn = (events: readonly EventBody[]) =>
    events.flatMap((event) => (event.type === 'epoch' ? [event.data.epoch] : []));
  const noticesIn = (events: readonly EventBody[]) =>
    events.flatMap((event) => (event.type === 'notice' ? [event.data] : []));
  const resumeAt = (progress: Partial<ResumePoint['progress']>): ResumePoint => ({
    progress: { ...noProgress(), ...progress },
    checkpoint: undefined,
  });

  test('ends with its last score, the first of its best epochs, and the names of its files', async () => {
    const { train, events, learner, folder } = prepare([5, 8, 8]);
    expect(await train()).toBe('completed');
    const steps = ['batch', 'batch', 'epoch', 'samples'];
    expect(typesOf(events)).toEqual(['run.started', ...steps, ...steps, ...steps, 'run.finished']);
    const { data } = events.at(-1) as Extract<EventBody, { type: 'run.finished' }>;
    expect(data).toMatchObject({
      ...{ status: 'completed', reason: 'all epochs done', bestEpoch: 2 },
      test: { accuracy: 0.8, loss: expect.any(Number) },
    });
    expect(data.files).toHaveLength(3);
    for (const file of data.files) expect(existsSync(join(folder.path, file))).toBe(true);
    expect(learner.isDisposed).toBe(true);
  });

  test('describes itself in its first event', async () => {
    const { train, events } = prepare([1, 1, 1], { flags: ['--name', 'mine', '--tag', 'a', '--tag', 'b'] });
    await train();
    expect(events[0]).toMatchObject({
      type: 'run.started',
      data: {
        config: { epochs: 3, batchSize: 4, learningRate: 0.01, engine: 'auto', trainSize: 8, testSize: 10 },
        device: { engine: 'wasm', name: 'a processor', reason: 'chosen with --engine wasm' },
        model: { parameters: state.weights.reduce((sum, { values }) => sum + values.length, 0) },
        dataset: { name: 'zeros', classes: dataset.classes },
        totals: { batchesPerEpoch: epochSteps, steps: 3 * epochSteps },
        ...{ name: 'mine', tags: ['a', 'b'], unit: 'images', lossUnit: 'nats' },
      },
    });
  });

  test('that repeats epochs emits only those that its log does not have, and its best epoch is one of all', async () => {
    const epochs = [epochOf(1, 0.9), epochOf(2, 0.2)];
    const resumePoint = resumeAt({ step: 2 * epochSteps, epochs, sampleEpoch: 2 });
    const { train, events, displayed, learner } = prepare([9, 2, 3], { resumePoint });
    expect(await train()).toBe('completed');
    expect(learner.steps).toBe(3 * epochSteps);
    expect(epochsIn(events)).toEqual([3]);
    expect(typesOf(events)).toEqual(['notice', 'batch', 'batch', 'epoch', 'samples', 'run.finished']);
    expect(noticesIn(events)).toMatchObject([
      { code: 'run.resumed', message: 'Resumed from the beginning.', step: 4 },
    ]);
    expect(typesOf(displayed)).toEqual(['run.started']);
    expect(events.at(-1)).toMatchObject({ data: { bestEpoch: 1, test: { accuracy: 0.3 } } });
  });

  test('that is stopped while it repeats epochs ends with the scores of all epochs in its log', async () => {
    const epochs = [epochOf(1, 0.9), epochOf(2, 0.2)];
    const resumePoint = resumeAt({ step: 2 * epochSteps, epochs, sampleEpoch: 2 });
    const { train, events, learner, control } = prepare([9], { resumePoint });
    learner.onStep = () => {
      if (learner.steps > epochSteps) control.stop({ status: 'stopped', reason: 'enough' });
    };
    expect(await train()).toBe('stopped');
    expect(events.at(-1)).toMatchObject({
      data: { status: 'stopped', reason: 'enough', bestEpoch: 1, test: { accuracy: 0.2 } },
    });
  });

  test.each([
    [{ epoch: 1, batch: 0 }, 'Resumed after epoch 1.', 4],
    [{ epoch: 1, batch: 1 }, 'Resumed after batch 1 of epoch 2.', 3],
    [{ epoch: 0, batch: 1 }, 'Resumed after batch 1 of epoch 1.', 5],
  ])('continues from the checkpoint at %j', async (place, message, steps) => {
    const position = { ...startPosition(), ...place };
    const checkpoint = { position, elapsedSeconds: 5, learningRate: 0.02, state };
    const { train, events, learner } = prepare([1, 1, 1], {
      resumePoint: { progress: noProgress(), checkpoint },
    });
    expect(await train()).toBe('completed');
    expect(noticesIn(events)).toMatchObject([{ message }]);
    expect(learner.restored).toEqual([state]);
    expect(learner.steps).toBe(steps);
  });

  test('that is stopped within an epoch saves its network and its position', async () => {
    const { train, events, learner, control, folder } = prepare([1]);
    learner.onStep = () => {
      if (learner.steps === 3) {
        control.setLearningRate(0.5);
        control.stop({ status: 'interrupted', reason: 'by a signal' });
      }
    };
    expect(await train()).toBe('interrupted');
    expect(events.at(-1)).toMatchObject({
      data: { status: 'interrupted', reason: 'by a signal', files: { length: 3 } },
    });
    expect(readCheckpoint(folder)).toMatchObject({ position: { epoch: 1, batch: 1 }, learningRate: 0.01 });
  });

  test('that is stopped in its last evaluation has not completed', async () => {
    const { train, learner, control } = prepare([1, 1, 1]);
    const predict = learner.predict.bind(learner);
    learner.predict = (batch) => {
      if (learner.steps === 3 * epochSteps) control.stop({ status: 'stopped', reason: 'x' });
      return predict(batch);
    };
    expect(await train()).toBe('stopped');
  });

  test('that is stopped after its last evaluation has completed', async () => {
    const finished: EventBody[] = [];
    const { train, control } = prepare([1, 1, 1], {
      emit(event) {
        if (event.type === 'epoch' && event.data.epoch === 3)
          control.stop({ status: 'stopped', reason: 'x' });
        if (event.type === 'run.finished') finished.push(event);
      },
    });
    expect(await train()).toBe('completed');
    expect(finished).toMatchObject([{ data: { status: 'completed', reason: 'all epochs done' } }]);
  });

  test('whose training fails ends with the first line of the error, which is thrown', async () => {
    const { train, learner, events } = prepare([]);
    const error = new Error('out of memory\n    at step');
    learner.onStep = () => {
      throw error;
    };
    await expect(train()).rejects.toBe(error);
    expect(typesOf(events)).toEqual(['run.started', 'run.finished']);
    expect(events.at(-1)).toMatchObject({
      data: { status: 'failed', reason: 'out of memory', files: [], test: null, bestEpoch: null },
    });
    expect(learner.isDisposed).toBe(true);
  });

  test('that cannot store its last event either throws its first error', async () => {
    const first = new Error('no space is left');
    const { train } = prepare([], {
      emit: (event) => {
        if (event.type === 'batch') throw first;
        if (event.type === 'run.finished') throw new Error('still none');
      },
    });
    await expect(train()).rejects.toBe(first);
  });

  test('reports after its start that it trains on a slower engine, in float32, and which queued starts failed', async () => {
    const learner = new ScriptedLearner([1, 1, 1]);
    const runEngine: RunEngine = {
      ...engineWith(learner),
      ...{ isFallback: true, reason: 'no faster one works' },
      precision: { precision: 'float32', kernels: 'plain', isFallback: true, reason: 'no bfloat16 here' },
    };
    const failed: EventBody = {
      type: 'notice',
      data: { level: 'error', code: 'queue.failed', message: 'A queued run cannot begin', step: null },
    };
    const { train, events } = prepare([], { runEngine, failedStarts: [failed] });
    await train();
    expect(typesOf(events).slice(0, 4)).toEqual(['run.started', 'notice', 'notice', 'notice']);
    expect(noticesIn(events)).toMatchObject([
      failed.data,
      { level: 'info', code: 'engine.fallback', message: 'Training on wasm: no faster one works.' },
      { level: 'info', code: 'precision.fallback', message: 'Training in float32: no bfloat16 here.' },
    ]);
  });

  test('takes its first step when it is announced', async () => {
    let announce = (): void => {};
    const announced = new Promise<void>((resolve) => (announce = resolve));
    const { train, learner, events } = prepare([1, 1, 1], { announced: () => announced });
    const training = train();
    await new Promise(setImmediate);
    expect([typesOf(events), learner.steps]).toEqual([['run.started'], 0]);
    announce();
    expect(await training).toBe('completed');
  });

  test('that is stopped saves the learning rate of its next step', async () => {
    const control = new RunControl({
      ...{ learningRate: 0.01, schedule: 'constant', emit: () => {} },
      changes: [{ after: 3, learningRate: 0.5 }],
    });
    const { train, learner, folder } = prepare([1], { control });
    learner.onStep = () => {
      if (learner.steps === 3) control.stop({ status: 'stopped', reason: 'enough' });
    };
    await train();
    expect(readCheckpoint(folder)).toMatchObject({ position: { epoch: 1, batch: 1 }, learningRate: 0.5 });
  });

  test('reports the load of the machine every two seconds until its end', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    try {
      const { train, learner, events } = prepare([1, 1, 1]);
      learner.onStep = () => void jest.advanceTimersByTime(1_000);
      await train();
      const loads = events.flatMap((event) => (event.type === 'system' ? [event.data] : []));
      expect(loads).toHaveLength(3);
      expect(loads[0]).toMatchObject({ host: { memoryTotalBytes: expect.any(Number) }, gpu: null });
      const count = events.length;
      jest.advanceTimersByTime(60_000);
      expect(events).toHaveLength(count);
    } finally {
      jest.useRealTimers();
    }
  });

  test('that looks inside reports the dead units of each relu of its network', async () => {
    const { train, events } = prepare([1, 1, 1], { flags: ['--inside', 'on'] });
    await train();
    const [layers] = events.flatMap((event) => (event.type === 'layers' ? [event.data] : []));
    expect(layers).toMatchObject({ step: 1, activations: relus, dead: relus.map(() => 0.5) });
  });
});
