import type { OptimizerName } from '@mnist-monitor/shared';
import { batchCount } from '../../src/dataset/batches.ts';
import { type Dataset, takeFirst } from '../../src/dataset/dataset.ts';
import { loadDataset } from '../../src/dataset/load.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { NetworkInspector } from '../../src/inspection/network-inspector.ts';
import type { Learner, TensorValues } from '../../src/learner/learner.ts';
import { architecture } from '../../src/network/architecture.ts';
import { seededRandom, shuffle } from '../../src/random.ts';
import { startPosition } from '../../src/training/position.ts';
import { RunControl } from '../../src/training/run-control.ts';
import { Stopwatch } from '../../src/training/stopwatch.ts';
import { type TrainingEvent, train } from '../../src/training/train.ts';

/** What is wrong with a run. */
interface Fault {
  learningRate?: number;
  /** Begins of the names of tensors that keep their values. */
  frozen?: string;
  /** Changes the initial weights. */
  initialize?: (weights: readonly TensorValues[]) => void;
  hasShuffledLabels?: boolean;
}

/** Runs of which each has one fault that users make, and one without. */
export const faults = {
  none: {},
  'learning rate too high': { learningRate: 0.3 },
  'learning rate too low': { learningRate: 1e-6 },
  'frozen layer': { frozen: 'conv3.' },
  'dead relus': {
    initialize(weights) {
      weights.find(({ name }) => name === 'fc1.bias')!.values.fill(-10);
    },
  },
  'shuffled labels': { hasShuffledLabels: true },
} as const satisfies Record<string, Fault>;
export type FaultName = keyof typeof faults;

/** Sizes of a run with a fault. */
export interface FaultyRunOptions {
  trainSize: number;
  testSize: number;
  batchSize: number;
  epochs: number;
  optimizer?: OptimizerName;
}

/** Trains a small run with a fault, and returns its events. On its clock, each step takes a second. */
export async function trainWithFault(
  engine: Engine,
  name: FaultName,
  { trainSize, testSize, batchSize, epochs, optimizer = 'sgd' }: FaultyRunOptions,
): Promise<TrainingEvent[]> {
  const { learningRate = 0.01, frozen, initialize, hasShuffledLabels = false }: Fault = faults[name];
  const all = await loadDataset(undefined);
  const dataset: Dataset = {
    ...all,
    train: takeFirst(all.train, trainSize, ''),
    test: takeFirst(all.test, testSize, ''),
  };
  if (hasShuffledLabels) {
    const labels = Uint32Array.from(dataset.train.labels);
    shuffle(labels, seededRandom(1));
    dataset.train = { ...dataset.train, labels: Uint16Array.from(labels) };
  }
  const seed = 42;
  const learner = await engine.createLearner({ optimizer, seed, precision: 'float32' });
  const initial = await learner.state();
  initialize?.(initial.weights);
  await learner.restore(initial);
  const trained = frozen === undefined ? learner : withFrozen(learner, frozen, initial.weights);
  let now = 0;
  const ticking: Learner = {
    ...bind(trained),
    step(batch, options) {
      now++;
      return trained.step(batch, options);
    },
  };
  const inspector = new NetworkInspector({
    learner: ticking,
    test: dataset.test,
    seed,
    probeSize: 100,
    evaluationBatch: engine.evaluationBatch,
    relus: architecture.filter(({ type }) => type === 'relu').map(({ name }) => name),
    epochs,
    batchesPerEpoch: batchCount(trainSize, batchSize),
    emitted: { step: 0, probeImages: 0 },
    writeSnapshot() {},
    seconds: () => now,
  });
  const control = new RunControl({
    ...{ learningRate, schedule: 'constant', stopwatch: new Stopwatch(), emit() {} },
  });
  const events: TrainingEvent[] = [];
  const run = { learner: ticking, inspector, dataset, epochs, batchSize, seed, control };
  const { evaluationBatch } = engine;
  for await (const event of train({
    ...{ ...run, schedule: 'constant', augment: false, evaluationBatch, position: startPosition() },
  }))
    events.push(event);
  await learner.dispose();
  return events;
}

/** Returns a learner whose tensors with a name that begins with `prefix` return to their values after each step. */
function withFrozen(learner: Learner, prefix: string, initial: readonly TensorValues[]): Learner {
  const kept = new Map(
    initial.filter(({ name }) => name.startsWith(prefix)).map((each) => [each.name, each]),
  );
  return {
    ...bind(learner),
    async step(batch, options) {
      const score = await learner.step(batch, options);
      const { weights, optimizer } = await learner.state();
      await learner.restore({ weights: weights.map((each) => kept.get(each.name) ?? each), optimizer });
      return score;
    },
  };
}

/** Returns the methods of a learner as functions. */
const bind = (learner: Learner): Learner => ({
  step: (batch, options) => learner.step(batch, options),
  predict: (batch) => learner.predict(batch),
  inspect: (batch) => learner.inspect(batch),
  weights: () => learner.weights(),
  state: () => learner.state(),
  restore: (state) => learner.restore(state),
  dispose: () => learner.dispose(),
});
