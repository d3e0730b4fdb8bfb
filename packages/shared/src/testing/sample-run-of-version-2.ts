import type { EventBody, MonitorEvent } from '../schemas/events.ts';

const steps = 40;
/** The step of the first of two figures, between which at least 10 s must pass. */
const firstFigureStep = 20;
const classCount = 120;
const side = 8;

/** Returns bytes in base64; each is computed from its index. */
const base64 = (length: number, byteAt: (index: number) => number): string =>
  btoa(Array.from({ length }, (_, index) => String.fromCharCode(byteAt(index) & 255)).join(''));

/** A PNG of one white pixel. */
const whitePixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==';

/**
 * Generates the events of a run that uses everything that version 2 of the protocol adds: 120 classes, own settings and
 * metrics, no accuracy on its steps, colour images, figures, and the state of the network.
 *
 * @example const events = sampleRunOfVersion2('tokens');
 */
export function sampleRunOfVersion2(runId = '20261130-100000-tkns'): MonitorEvent[] {
  const startedAt = Date.parse('2026-11-30T10:00:00.000Z');
  return [...bodies()].map((body, index): MonitorEvent => {
    const time = new Date(startedAt + index * 1_000).toISOString();
    return { v: 1, runId, seq: index + 1, time, ...body } as MonitorEvent;
  });
}

function* bodies(): Generator<EventBody> {
  yield {
    type: 'run.started',
    data: {
      name: 'A small language model',
      tags: ['tokens', 'baseline'],
      config: { seed: null, learningRate: null, dropout: 0.1, 'tied weights': true, note: 'warm start' },
      device: {
        ...{ engine: 'PyTorch 2.9', kind: 'tpu', name: 'Example accelerator' },
        gpus: [{ name: 'GPU 0' }, { name: 'GPU 1', memoryBytes: 16e9 }],
      },
      model: { layers: [], parameters: 1_200_000 },
      dataset: { name: 'Syllables', classes: Array.from({ length: classCount }, (_, index) => `s${index}`) },
      totals: { epochs: 2 },
      unit: 'tokens',
      lossUnit: 'bits',
      metrics: { perplexity: { direction: 'minimize', group: 'Loss' }, 'grad/norm': { unit: 'nats' } },
    },
  };
  for (let step = 1; step <= steps; step++) {
    const loss = 3 - step / 10;
    const metrics = { perplexity: 2 ** loss, 'grad/norm': step === 7 ? Number.NaN : 1 / step };
    yield { type: 'batch', data: { step, loss, throughput: 1e5, metrics } };
    if (step % 10 === 0) yield { type: 'metrics', data: { step, metrics: { 'eval/f1': step / steps } } };
    if (step % 20 === 0) yield* stateAt(step);
    if (step === firstFigureStep)
      yield {
        type: 'figure',
        data: { title: 'One pixel', step, description: 'A white pixel.', image: whitePixel },
      };
  }
  yield { type: 'epoch', data: { epoch: 1, train: { loss: 1 } } };
  yield { type: 'epoch', data: epochWithTest() };
  yield {
    type: 'samples',
    data: {
      ...{ epoch: 2, width: side, height: side, channels: 3 },
      items: [
        {
          ...{ index: 4, label: 117, prediction: 3, probabilities: [0.6, 0.3], classes: [3, 117] },
          image: base64(side * side * 3, (index) => index),
        },
      ],
    },
  };
  yield {
    type: 'figure',
    data: {
      title: 'Longest words',
      table: {
        columns: ['word', 'length', 'known'],
        rows: [
          ['syllable', 8, true],
          ['a', Number.NaN, null],
        ],
      },
    },
  };
  yield {
    type: 'system',
    data: { process: { cpu: 1 }, gpus: [{ load: 0.5 }, { load: 0.25, memoryUsedBytes: 1e9 }] },
  };
  yield {
    type: 'notice',
    data: { level: 'info', code: 'learning_rate.set', message: 'Set.', step: 30, value: 0.1, by: 'page' },
  };
  yield {
    type: 'run.finished',
    data: {
      ...{ status: 'completed', reason: 'all steps done', seconds: 80, files: [] },
      ...{ test: { loss: -1 }, metrics: { perplexity: 0.5 } },
    },
  };
}

function* stateAt(step: number): Generator<EventBody> {
  yield {
    type: 'layers',
    data: {
      ...{
        step,
        tensors: ['embed.weight', 'out.weight'],
        weightNorm: [3.5, 1.25],
        gradientNorm: [0.1, null],
      },
      ...{ updateRatio: [1e-3, Number.POSITIVE_INFINITY], activations: ['relu1'], dead: [0.125] },
      histograms: Array.from({ length: 2 }, () => ({
        edges: Array.from({ length: 33 }, (_, index) => index - 16),
        counts: Array<number>(32).fill(step),
      })),
    },
  };
  const logits = { classes: classCount, scale: 0.1, values: base64(2 * classCount, (index) => index - 100) };
  const images = {
    ...{ first: 0, width: side, height: side, channels: 1 as const, indices: [9, 12], labels: [0, 119] },
    pixels: base64(2 * side * side, (index) => index * 3),
  };
  yield { type: 'probe', data: { step, size: 2, logits, ...(step === 20 && { images }) } };
  yield { type: 'snapshot', data: { step, digest: '0f'.repeat(32), bytes: 400, accuracy: 0.5 } };
}

function epochWithTest(): Extract<EventBody, { type: 'epoch' }>['data'] {
  const bin = { count: 2, confidence: 0.5, accuracy: 1 };
  const perClass = Array.from({ length: classCount }, (_, index) => (index === 5 ? null : 0.5));
  return {
    ...{ epoch: 2, step: steps, seconds: 20, metrics: { 'eval/f1': 0.9 } },
    train: { loss: -0.5, accuracy: 0.4 },
    test: {
      ...{ loss: -1, accuracy: 0.5, perClass, precision: perClass, recall: perClass },
      confusionCells: [
        [0, 0, 7],
        [119, 3, 1],
      ],
      calibration: Array.from({ length: 15 }, (_, index) =>
        index === 0 ? { count: 0, confidence: null, accuracy: null } : bin,
      ),
      predictions: base64(8, (index) => index * 9),
      confidences: base64(8, (index) => 255 - index * 9),
    },
  };
}
