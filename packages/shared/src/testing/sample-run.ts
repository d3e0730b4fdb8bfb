import { bytesPerImage, classCount } from '../protocol/constants.ts';
import { runFiles } from '../protocol/run-files.ts';
import type { Version1Event, Version1EventOf } from '../schemas/version-1.ts';

type BatchData = Version1EventOf<'batch'>['data'];
type EpochData = Version1EventOf<'epoch'>['data'];
type SamplePrediction = Version1EventOf<'samples'>['data']['items'][number];
type EventBody = Pick<Version1Event, 'type' | 'data'>;

/** Options of a sample run, which determine all of its numbers. */
export interface SampleRunOptions {
  runId?: string;
  epochs?: number;
  batchesPerEpoch?: number;
  /** Time of the first event. */
  startedAt?: Date;
}

const batchSize = 512;
const stepSeconds = 0.3;

/**
 * Generates the events of a plausible run, with seqs from 1, in version 1 of the protocol. It suits tests of programs
 * that receive events, and viewing the page without training. The same options give the same events.
 *
 * @example const events = sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 5 });
 */
export function sampleRun(options: SampleRunOptions = {}): Version1Event[] {
  const { epochs = 3, batchesPerEpoch = 20, startedAt = new Date('2026-11-24T10:00:00.000Z') } = options;
  const runId = options.runId ?? '20261124-100000-test';
  let elapsed = 0;
  return [...sampleBodies(epochs, batchesPerEpoch)].map((body, index): Version1Event => {
    if (body.type === 'batch') elapsed = (body.data as BatchData).elapsedSeconds;
    const time = new Date(startedAt.getTime() + elapsed * 1_000).toISOString();
    return { v: 1, runId, seq: index + 1, time, ...body } as Version1Event;
  });
}

function* sampleBodies(epochs: number, batchesPerEpoch: number): Generator<EventBody> {
  const steps = epochs * batchesPerEpoch;
  yield { type: 'run.started', data: sampleStart(epochs, batchesPerEpoch) };
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (let batch = 1; batch <= batchesPerEpoch; batch++) {
      const step = (epoch - 1) * batchesPerEpoch + batch;
      yield { type: 'batch', data: sampleBatch(epoch, batch, step, steps) };
      if (step % 7 === 0) yield sampleSystem(step);
    }
    yield { type: 'epoch', data: sampleEpoch(epoch, epoch * batchesPerEpoch, batchesPerEpoch) };
    yield { type: 'samples', data: { epoch, items: sampleItems() } };
  }
  const test = { loss: lossAt(steps) * 0.8, accuracy: 1 - lossAt(steps) / 4 };
  const files = [runFiles.model, runFiles.pytorchWeights];
  yield {
    type: 'run.finished',
    data: {
      status: 'completed',
      reason: 'all epochs done',
      test,
      bestEpoch: epochs,
      seconds: steps * stepSeconds,
      files,
    },
  };
}

/** Returns a loss that falls as in training, with a deterministic ripple. */
const lossAt = (step: number): number => (2.3 / (1 + step / 12)) * (1 + 0.15 * Math.sin(step * 1.7));

function sampleStart(epochs: number, batchesPerEpoch: number): Version1EventOf<'run.started'>['data'] {
  return {
    config: {
      epochs,
      batchSize,
      learningRate: 0.01,
      optimizer: 'momentum',
      schedule: 'constant',
      augment: false,
      seed: 42,
      trainSize: batchesPerEpoch * batchSize,
      testSize: 10_000,
      engine: 'auto',
    },
    device: {
      engine: 'tensorflow',
      kind: 'cpu',
      name: 'Example CPU, 2 cores',
      threads: 2,
      reason: 'TensorFlow is installed; no NVIDIA GPU answers',
      kernels: 'oneDNN',
      gpu: null,
    },
    model: {
      layers: [
        { name: 'conv1', type: 'conv2d', outputShape: [28, 28, 32], parameters: 320 },
        { name: 'fc2', type: 'dense', outputShape: [10], parameters: 1_290 },
      ],
      parameters: 467_818,
    },
    dataset: { name: 'MNIST', classes: Array.from({ length: classCount }, (_, digit) => String(digit)) },
    totals: { batchesPerEpoch, steps: epochs * batchesPerEpoch },
  };
}

function sampleBatch(epoch: number, batch: number, step: number, steps: number): BatchData {
  const loss = lossAt(step);
  return {
    epoch,
    batch,
    step,
    loss,
    accuracy: Math.max(0, 1 - loss / 2.6),
    learningRate: 0.01,
    imagesPerSecond: batchSize / stepSeconds,
    elapsedSeconds: step * stepSeconds,
    etaSeconds: (steps - step) * stepSeconds,
  };
}

function sampleEpoch(epoch: number, step: number, batchesPerEpoch: number): EpochData {
  const perClassTotal = 1_000;
  const wrong = Math.max(2, Math.round(90 / epoch));
  const confusion = Array.from({ length: classCount }, (_, truth) =>
    Array.from({ length: classCount }, (_, predicted) => {
      if (predicted === truth) return perClassTotal - wrong;
      return predicted === (truth + 3) % classCount ? wrong : 0;
    }),
  );
  const accuracy = 1 - wrong / perClassTotal;
  return {
    epoch,
    step,
    train: { loss: lossAt(step), accuracy: 1 - lossAt(step) / 2.6 },
    test: { loss: lossAt(step) * 0.8, accuracy, perClass: Array(classCount).fill(accuracy), confusion },
    seconds: batchesPerEpoch * stepSeconds,
  };
}

const sampleSystem = (step: number): EventBody => ({
  type: 'system',
  data: {
    process: { cpu: 1.8 + 0.1 * Math.sin(step), memoryBytes: 900e6 },
    host: { cpu: 0.93, memoryUsedBytes: 6e9, memoryTotalBytes: 24e9 },
    gpu: null,
  },
});

function sampleItems(): SamplePrediction[] {
  return Array.from({ length: 12 }, (_, index) => {
    const label = index % classCount;
    const prediction = index % 4 === 3 ? (label + 3) % classCount : label;
    const probabilities = Array.from({ length: classCount }, (_, digit) =>
      digit === prediction ? 0.82 : 0.02,
    );
    return { index: index * 37, label, prediction, probabilities, image: ring(label) };
  });
}

/** Draws a ring whose radius grows with the label, as a substitute for an image of a dataset; returns it in base64. */
function ring(label: number): string {
  const pixels = new Uint8Array(bytesPerImage);
  for (let index = 0; index < bytesPerImage; index++) {
    const distance = Math.hypot((index % 28) - 13.5, Math.floor(index / 28) - 13.5);
    pixels[index] = Math.max(0, 255 - Math.abs(distance - 3 - label * 0.8) * 120);
  }
  return btoa(String.fromCharCode(...pixels));
}
