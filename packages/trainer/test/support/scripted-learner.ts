import type { Dataset, Split } from '../../src/dataset/dataset.ts';
import { noGpuUsage } from '../../src/engines/engine.ts';
import type { RunEngine } from '../../src/engines/select.ts';
import type { Learner, LearnerState } from '../../src/learner/learner.ts';
import { architectureFor, parameterSpecs } from '../../src/network/architecture.ts';

/** Flags of a run of three epochs of two steps each, whose network is small. */
export const scriptedFlags = '--recipe sprint --learning-rate 0.01 --epochs 3 --batch-size 4'.split(' ');

const testImages = 10;
const splitOf = (size: number): Split => ({
  ...{ size, classCount: 10, images: new Uint8Array(784 * size) },
  labels: new Uint16Array(size),
});
/** Eight images to train on, and ten to test on, all of the class 0. */
export const dataset: Dataset = {
  name: 'zeros',
  classes: Array.from({ length: 10 }, (_, label) => String(label)),
  train: splitOf(8),
  test: splitOf(testImages),
};
/** Steps per epoch: two batches of 4 images. */
export const epochSteps = 2;

/** A state of the network of the recipe `sprint`, all of whose parameters are 0. */
export const state: LearnerState = {
  weights: parameterSpecs(architectureFor(10, 'sprint')).map(({ name, shape }) => ({
    ...{ name, shape: [...shape] },
    values: new Float32Array(shape.reduce((product, length) => product * length, 1)),
  })),
  optimizer: [],
};

/** Names of the relus of the network. */
export const relus = architectureFor(10, 'sprint')
  .filter(({ type }) => type === 'relu')
  .map(({ name }) => name);

/** A learner whose evaluations have the given numbers of hits, one after the other. */
export class ScriptedLearner implements Learner {
  readonly #hits: number[];
  readonly restored: LearnerState[] = [];
  steps = 0;
  isDisposed = false;
  /** The largest outputs of each relu that `inspect` returns. */
  maxima = relus.map(() => Float32Array.of(0, 1));
  /** Called in each step, before its result. */
  onStep = (): void => {};

  constructor(hits: readonly number[]) {
    this.#hits = [...hits];
  }
  async step(_batch: unknown, { withGradients = false }: { withGradients?: boolean }) {
    this.steps++;
    this.onStep();
    const gradients = state.weights.map(({ values }) => new Float32Array(values.length));
    return { loss: 1, accuracy: 0.5, ...(withGradients && { gradients }) };
  }
  async predict({ size }: { size: number }) {
    const hits = this.#hits.shift()!;
    // The class of every image is 0; the first ones are recognized, the others count as ones.
    return Float32Array.from({ length: size * 10 }, (_, at) => {
      const isHit = Math.floor(at / 10) < hits;
      return at % 10 === (isHit ? 0 : 1) ? 1 : 0;
    });
  }
  async inspect({ size }: { size: number }) {
    return { logits: new Float32Array(size * 10), maxima: this.maxima };
  }
  weights = async () => state.weights;
  state = async () => state;
  async restore(restored: LearnerState) {
    this.restored.push(restored);
  }
  async dispose() {
    await new Promise(setImmediate);
    this.isDisposed = true;
  }
}

/** Returns an engine whose learner is the given one. */
export const engineWith = (learner: Learner): RunEngine => ({
  engine: {
    ...{ name: 'wasm', kind: 'cpu', deviceName: 'a processor', threads: 1, gpu: null, kernels: {} as never },
    ...{ evaluationBatch: testImages, probeSize: 10, readGpuUsage: noGpuUsage },
    selectPrecision: () => Promise.reject(new Error('it is selected')),
    createLearner: async () => learner,
  },
  ...{ reason: 'chosen with --engine wasm', isFallback: false },
  precision: { precision: 'float32', kernels: 'plain', isFallback: false },
});
