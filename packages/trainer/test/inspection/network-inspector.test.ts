import { beforeEach, describe, expect, test } from '@jest/globals';
import { eventSchema } from '@mnist-monitor/shared';
import { type Batch, orderedBatches } from '../../src/dataset/batches.ts';
import { takeFirst } from '../../src/dataset/dataset.ts';
import { loadDataset } from '../../src/dataset/load.ts';
import type { InspectionEvent } from '../../src/event-data.ts';
import { NetworkInspector, type NetworkInspectorOptions } from '../../src/inspection/network-inspector.ts';
import type { Learner, StepOptions } from '../../src/learner/learner.ts';

const { test: images } = await loadDataset(undefined);
const testSet = takeFirst(images, 300, '');
const [batch] = orderedBatches(takeFirst(images, 8, ''), 8) as Iterable<Batch> as [Batch];

describe('NetworkInspector', () => {
  let now: number;
  /** Seconds that each call of the learner takes. */
  let cost: number;
  let logit: number;
  let files: Map<string, Uint8Array>;
  let requested: StepOptions[];
  beforeEach(() => {
    [now, cost, logit] = [0, 0, 1];
    files = new Map();
    requested = [];
  });

  /** A learner whose one weight grows by 1 in each step. */
  function fakeLearner(): Learner {
    let weight = 1;
    return {
      async step(_batch, options) {
        requested.push(options);
        weight++;
        return { loss: 1, accuracy: 0, ...(options.withGradients && { gradients: [Float32Array.of(-3)] }) };
      },
      predict: async ({ size }) => new Float32Array(size * 10),
      async inspect({ size }) {
        now += cost;
        return { logits: new Float32Array(size * 10).fill(logit), maxima: [Float32Array.of(0, 1)] };
      },
      async weights() {
        now += cost;
        return [{ name: 'fc1.weight', shape: [1], values: Float32Array.of(weight) }];
      },
      state: async () => ({ weights: [], optimizer: [] }),
      restore: async () => {},
      dispose: async () => {},
    };
  }

  const create = (options: Partial<NetworkInspectorOptions> = {}): NetworkInspector =>
    new NetworkInspector({
      learner: fakeLearner(),
      test: testSet,
      seed: 1,
      probeSize: 250,
      evaluationBatch: 100,
      relus: ['relu1'],
      epochs: 10,
      batchesPerEpoch: 100,
      emitted: { step: 0, probeImages: 0 },
      writeSnapshot: (digest, bytes) => files.set(digest, bytes),
      seconds: () => now,
      ...options,
    });

  /** Makes a step. @returns The events after it. */
  async function step(inspector: NetworkInspector, number: number): Promise<InspectionEvent[]> {
    await inspector.step(batch, { step: number, learningRate: 1, seed: 1 });
    const events: InspectionEvent[] = [];
    for await (const event of inspector.inspect(number, Math.ceil(number / 100))) events.push(event);
    return events;
  }
  const types = (events: InspectionEvent[]) => events.map(({ type }) => type);

  test('yields the images of the probe set, its logits, the norms and a snapshot after the first step', async () => {
    const events = await step(create(), 1);
    expect(types(events)).toEqual(['probe', 'probe', 'probe', 'probe', 'layers', 'snapshot']);
    expect(events[3]).toMatchObject({
      data: { step: 1, size: 250, logits: { classes: 10, scale: Math.fround(1 / 127) } },
    });
    expect(events[4]).toMatchObject({
      data: { step: 1, tensors: ['fc1.weight'], weightNorm: [1], gradientNorm: [3], updateRatio: [1] },
    });
    expect(events[4]).toMatchObject({ data: { activations: ['relu1'], dead: [0.5] } });
    for (const [at, event] of events.entries())
      expect(() =>
        eventSchema.parse({ v: 1, runId: 'run', seq: at + 1, time: new Date(0).toISOString(), ...event }),
      ).not.toThrow();
  });

  test('sends images once, probes every 2 s, norms four times a second, histograms once an epoch', async () => {
    const inspector = create();
    await step(inspector, 1);
    now = 0.2;
    expect(await step(inspector, 2)).toEqual([]);
    now = 0.25;
    const [layers, ...none] = await step(inspector, 3);
    expect(layers).toMatchObject({ type: 'layers', data: { step: 3 } });
    expect(layers).not.toHaveProperty('data.histograms');
    expect(none).toEqual([]);
    expect(await step(inspector, 4)).toEqual([]);
    now = 2;
    expect(types(await step(inspector, 5))).toEqual(['probe', 'layers']);
    expect(await step(inspector, 6)).toEqual([]);
    now = 3;
    expect(await step(inspector, 101)).toMatchObject([
      { data: { histograms: [{ counts: expect.any(Array) }] } },
    ]);
  });

  test('asks for gradients only in the steps whose norms it yields', async () => {
    const inspector = create();
    await step(inspector, 1);
    await step(inspector, 2);
    now = 1;
    await step(inspector, 3);
    expect(requested.map(({ withGradients = false }) => withGradients)).toEqual([true, false, true]);
  });

  test('waits so long that slow inspections take at most 2 % of the time', async () => {
    const inspector = create();
    cost = 0.1;
    let spent = 0;
    for (let number = 1; number <= 1_000; number++) {
      now += 1;
      const before = now;
      await step(inspector, number);
      spent += now - before;
    }
    // Beyond the share: the first rounds, and the ends of ten epochs.
    expect(spent / now).toBeLessThan(0.022);
    expect(spent / now).toBeGreaterThan(0.01);
  });

  test('counts what the gradients of a step take beyond a step without them', async () => {
    const learner = fakeLearner();
    const slow: Learner = {
      ...learner,
      step: (each, options) => {
        now += options.withGradients ? 1.3 : 1;
        return learner.step(each, options);
      },
    };
    const inspector = create({ learner: slow });
    for (let number = 1; number <= 1_000; number++) await step(inspector, number);
    const rounds = requested.filter(({ withGradients }) => withGradients).length;
    // 0.3 s in each round after the first are 0.5 % of 1,000 s.
    expect(rounds).toBeGreaterThanOrEqual(16);
    expect(rounds).toBeLessThanOrEqual(19);
    expect(requested.slice(0, 2).map(({ withGradients = false }) => withGradients)).toEqual([true, false]);
  });

  test('writes a snapshot at the end of each epoch even when its time is used up', async () => {
    const inspector = create();
    cost = 100;
    await step(inspector, 1);
    expect(types(await step(inspector, 19))).toContain('snapshot');
    expect(types(await step(inspector, 38))).not.toContain('snapshot');
    const events = await step(inspector, 100);
    const snapshot = events.find(({ type }) => type === 'snapshot');
    expect(snapshot).toMatchObject({ data: { step: 100, epoch: 1 } });
    const { digest, bytes } = snapshot!.data as { digest: string; bytes: number };
    expect(files.get(digest)).toHaveLength(bytes);
  });

  test('yields neither logits nor snapshots of a network that has diverged', async () => {
    logit = Number.NaN;
    const learner = {
      ...fakeLearner(),
      weights: async () => [{ name: 'fc1.weight', shape: [1], values: Float32Array.of(Number.NaN) }],
    };
    const events = await step(create({ learner }), 1);
    expect(types(events)).toEqual(['probe', 'probe', 'probe', 'layers']);
    expect(events[3]).toMatchObject({ data: { weightNorm: [Number.NaN] } });
    expect(events[3]).not.toHaveProperty('data.histograms');
  });

  test('continues a resumed run: repeated steps yield only their snapshots, and sent images are not sent again', async () => {
    const inspector = create({ emitted: { step: 120, probeImages: 200 } });
    expect(types(await step(inspector, 100))).toEqual(['snapshot']);
    expect(await step(inspector, 120)).toEqual([]);
    const events = await step(inspector, 121);
    expect(types(events)).toEqual(['probe', 'probe']);
    expect(events[0]).toMatchObject({ data: { images: { first: 200 } } });
  });
});
