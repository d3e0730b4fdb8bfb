import type { EventBody, EventOf, MonitorEvent } from '@mnist-monitor/shared';

/** The longest name that the protocol allows, without a space at which a line could break. */
export const longName = (start: string): string => start.padEnd(64, 'x');

/** Returns the events of a run that ends now, one every `stepMs`: by default the least time between two figures. */
function eventsOf(runId: string, bodies: Iterable<EventBody>, stepMs = 10_000): MonitorEvent[] {
  const all = [...bodies];
  const startedAt = Date.now() - all.length * stepMs;
  return all.map((body, index) => {
    const time = new Date(startedAt + index * stepMs).toISOString();
    return { v: 1, runId, seq: index + 1, time, ...body } as MonitorEvent;
  });
}

/** Returns bytes in base64, each computed from its index. */
const base64 = (length: number, byteAt: (index: number) => number): string =>
  Buffer.from(Array.from({ length }, (_, index) => byteAt(index) & 255)).toString('base64');

/** A curve that falls from about 1 to 0, with noise that depends on the step alone. */
const falling = (step: number, steps: number): number =>
  Math.exp((-4 * step) / steps) * (1 + 0.2 * Math.sin(step * 12.9898));

/** A regression as XGBoost trains it: rounds instead of batches, negative losses, custom metrics; no accuracy, no totals. */
export function regressionRun(runId: string): MonitorEvent[] {
  return eventsOf(runId, regressionBodies());
}

function* regressionBodies(): Generator<EventBody> {
  yield {
    type: 'run.started',
    data: {
      name: 'House prices',
      tags: ['xgboost', 'baseline'],
      config: { max_depth: 6, eta: 0.3, objective: 'reg:squarederror', monotone: false, gamma: null },
      unit: 'rows',
      lossUnit: 'log likelihood',
      metrics: {
        'valid/rmse': { direction: 'minimize', unit: 'k€', group: 'Validation' },
        [longName('feature_share_of_')]: { group: longName('Importance_') },
      },
    },
  };
  for (let step = 1; step <= 120; step++) {
    const metrics = {
      'valid/rmse': 80 * falling(step, 120) + 24,
      [longName('feature_share_of_')]: step / 400,
    };
    yield { type: 'batch', data: { step, loss: falling(step, 120) - 2.5, metrics } };
  }
  yield {
    type: 'notice',
    data: { level: 'info', code: 'rounds.stop', message: 'Stops early.', step: 118, by: 'tuner.py' },
  };
}

/** A language model: perplexity and tokens a second, 100,000 steps, and custom metrics in two groups. */
export function languageModelRun(runId: string, steps = 100_000, every = 50): MonitorEvent[] {
  return eventsOf(runId, languageModelBodies(steps, every), 200);
}

function* languageModelBodies(steps: number, every: number): Generator<EventBody> {
  const gpus = [0, 1].map((index) => ({ name: `H100 ${index}`, memoryBytes: 80e9, driver: '570.1' }));
  yield {
    type: 'run.started',
    data: {
      name: 'A small language model',
      config: { seed: 7, learningRate: 3e-4, optimizer: 'AdamW', dropout: 0.1, 'tied weights': true },
      device: { engine: 'PyTorch 2.9', kind: 'gpu', name: '2 × H100', gpus },
      model: { layers: [], parameters: 124_000_000 },
      totals: { steps },
      unit: 'tokens',
      lossUnit: 'nats',
      metrics: {
        perplexity: { direction: 'minimize', group: 'Quality' },
        'grad/norm': { group: 'Gradient' },
      },
    },
  };
  for (let step = every; step <= steps; step += every) {
    const loss = 3 + 7 * falling(step, steps);
    yield {
      type: 'batch',
      data: {
        ...{ step, loss, learningRate: 3e-4 * (1 - step / steps), throughput: 4.1e5 },
        metrics: { perplexity: Math.exp(loss), 'grad/norm': falling(step, steps) + 0.2 },
      },
    };
    if ((step / every) % 100 === 0) yield { type: 'system', data: twoGpus(step / steps) };
  }
}

const twoGpus = (share: number): EventOf<'system'>['data'] => ({
  process: { cpu: 3.2, memoryBytes: 9e9 },
  gpus: [0.9, 0.7].map((load, index) => ({
    ...{ load: load + share / 20, memoryUsedBytes: (60 + index * 8) * 1e9, memoryTotalBytes: 80e9 },
    ...{ temperatureCelsius: 61 + index, powerWatts: 640 },
  })),
});

/** A scikit-learn classifier: three classes, totals unknown, one step and one epoch for each `partial_fit`. */
export function threeClassRun(runId: string, third = longName('virginica_')): MonitorEvent[] {
  const classes = ['setosa', 'versicolor', third];
  return eventsOf(runId, classifierBodies(classes, { epochs: 8, batches: 4 }));
}

/** The images of a classifier's samples. */
interface SampleSize {
  width: number;
  height: number;
}

/** A classifier of letters and digits: 47 classes, with precision, calibration and samples. */
export function manyClassRun(runId: string, epochs = 4): MonitorEvent[] {
  const classes = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt'];
  return eventsOf(
    runId,
    classifierBodies(classes, { epochs, batches: 20, samples: { width: 20, height: 12 } }),
  );
}

/** A classifier of 1,000 classes with long names, the largest images, and a confusion matrix as a list of cells. */
export function thousandClassRun(runId: string, epochs = 2): MonitorEvent[] {
  const classes = Array.from({ length: 1_000 }, (_, index) =>
    index === 0 ? longName('class_') : `synset ${index}, kind of animal or thing`,
  );
  return eventsOf(
    runId,
    classifierBodies(classes, { epochs, batches: 10, samples: { width: 64, height: 64 } }),
  );
}

interface ClassifierOptions {
  epochs: number;
  batches: number;
  /** Undefined for a run without samples, precision and calibration. */
  samples?: SampleSize;
}

function* classifierBodies(
  classes: readonly string[],
  { epochs, batches, samples }: ClassifierOptions,
): Generator<EventBody> {
  yield {
    type: 'run.started',
    data: {
      config: {},
      dataset: { name: `${classes.length} classes`, classes: [...classes] },
      unit: 'samples',
    },
  };
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (let batch = 1; batch <= batches; batch++) {
      const step = (epoch - 1) * batches + batch;
      yield { type: 'batch', data: { step, epoch, batch, loss: falling(step, epochs * batches) } };
    }
    yield {
      type: 'epoch',
      data: { epoch, step: epoch * batches, test: testResults(classes.length, epoch, samples !== undefined) },
    };
    if (samples) yield { type: 'samples', data: samplesOf(classes.length, epoch, samples) };
  }
}

/** Test images of each class: in an odd class some are classified as the next class. */
const imagesPerClass = 40;

function testResults(
  size: number,
  epoch: number,
  detailed: boolean,
): NonNullable<EventOf<'epoch'>['data']['test']> {
  const wrongOf = (label: number): number =>
    label % 2 === 0 ? 0 : Math.max(1, Math.round((label % 17) / epoch));
  const cells = Array.from({ length: size }, (_, label) => [
    [label, label, imagesPerClass - wrongOf(label)],
    ...(wrongOf(label) > 0 ? [[label, (label + 1) % size, wrongOf(label)]] : []),
  ]).flat();
  const matrix = Array.from({ length: size > 100 ? 0 : size }, () => new Array<number>(size).fill(0));
  for (const [truth = 0, predicted = 0, count = 0] of size > 100 ? [] : cells)
    (matrix[truth] as number[])[predicted] = count;
  const right = cells.reduce(
    (sum, [truth, predicted, count = 0]) => sum + (truth === predicted ? count : 0),
    0,
  );
  return {
    accuracy: right / (size * imagesPerClass),
    ...(size > 100 ? { confusionCells: cells } : { confusion: matrix }),
    ...(detailed && {
      precision: Array.from({ length: size }, (_, label) => 1 - wrongOf((label + size - 1) % size) / 60),
      calibration: Array.from({ length: 15 }, (_, bin) =>
        bin < 4
          ? { count: 0, confidence: null, accuracy: null }
          : { count: bin * bin, confidence: (bin + 0.5) / 15, accuracy: Math.max(0, (bin - 1) / 15) },
      ),
    }),
  };
}

/** Colour images, each with the ten largest probabilities. */
function samplesOf(size: number, epoch: number, { width, height }: SampleSize): EventOf<'samples'>['data'] {
  return {
    ...{ epoch, width, height, channels: 3 },
    items: Array.from({ length: 9 }, (_, index) => {
      const label = (index * 5 + 1) % size;
      const first = index % 3 === 0 ? (label + 1) % size : label;
      const classes = Array.from({ length: 10 }, (_, rank) => (first + rank * 3) % size);
      return {
        ...{ index, label, prediction: first, classes },
        probabilities: classes.map((_, rank) => 0.6 / 2 ** rank),
        image: base64(width * height * 3, (byte) => byte * 7 + index * 40),
      };
    }),
  };
}

/** A run that reports epochs and no batches, as a callback of Keras may do. */
export function epochsOnlyRun(runId: string): MonitorEvent[] {
  return eventsOf(runId, epochsOnlyBodies(), 5_000);
}

function* epochsOnlyBodies(): Generator<EventBody> {
  yield { type: 'run.started', data: { config: { epochs: 12 }, unit: 'images' } };
  for (let epoch = 1; epoch <= 12; epoch++)
    yield {
      type: 'epoch',
      data: {
        ...{
          epoch,
          seconds: 5,
          train: { loss: 2 * falling(epoch, 12), accuracy: 1 - falling(epoch, 12) / 2 },
        },
        test: { loss: 2.2 * falling(epoch, 12) },
      },
    };
}

/** A PNG of one white pixel. */
const whitePixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==';

/** A run with custom metrics in three groups and two figures, which has finished. */
export function metricsRun(runId: string, count = 30): MonitorEvent[] {
  return eventsOf(runId, metricsBodies(count));
}

function* metricsBodies(count: number): Generator<EventBody> {
  const names = Array.from(
    { length: count },
    (_, index) => `${['train', 'eval', 'time'][index % 3]}/metric_${index}`,
  );
  yield { type: 'run.started', data: { config: { 'beam size': 4 } } };
  for (let step = 1; step <= 40; step++)
    yield {
      type: 'metrics',
      data: {
        step,
        metrics: Object.fromEntries(names.map((name, index) => [name, index * 100 + falling(step, 40)])),
      },
    };
  yield {
    type: 'figure',
    data: { title: 'Attention', step: 20, description: 'A white pixel.', image: whitePixel },
  };
  yield {
    type: 'figure',
    data: {
      ...{ title: longName('Longest_words_'), step: 40 },
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
    type: 'run.finished',
    data: {
      status: 'completed',
      reason: 'all steps done',
      seconds: 8,
      files: [],
      metrics: { 'eval/bleu': 31.4 },
    },
  };
}

/** A run of single events, without `run.started`: no more than the protocol requires. */
export function bareRun(runId: string): MonitorEvent[] {
  return eventsOf(
    runId,
    [
      { type: 'batch', data: { step: 7, loss: 0.5 } },
      { type: 'epoch', data: { epoch: 1 } },
      { type: 'epoch', data: { epoch: 4, train: {}, test: {} } },
      { type: 'system', data: {} },
      { type: 'samples', data: { epoch: 4, items: [] } },
      { type: 'notice', data: { level: 'warning', code: 'some.thing', message: 'Something happened.' } },
    ],
    30_000,
  );
}

/** A run whose epochs and batches have gaps and whose every optional value is null. */
export function sparseRun(runId: string): MonitorEvent[] {
  return eventsOf(runId, sparseBodies());
}

function* sparseBodies(): Generator<EventBody> {
  const noTotals = { epochs: null, batchesPerEpoch: null, steps: null };
  yield {
    type: 'run.started',
    data: {
      ...{ name: null, tags: null, device: null, model: null, unit: null, lossUnit: null, metrics: null },
      config: { epochs: null, batchSize: null, learningRate: null, optimizer: null, seed: null },
      ...{ dataset: { name: 'Sparse', classes: null }, totals: noTotals },
    },
  };
  for (const epoch of [2, 3, 6, 9]) {
    for (const batch of [1, 4]) {
      const nothing = { accuracy: null, learningRate: null, throughput: null, elapsedSeconds: null };
      yield {
        type: 'batch',
        data: { ...nothing, step: epoch * 10 + batch, epoch, batch, loss: 1 / epoch - 1, etaSeconds: null },
      };
    }
    yield {
      type: 'epoch',
      data: {
        ...{ epoch, step: null, seconds: null, metrics: null },
        train: { loss: null, accuracy: null },
        test: epoch === 3 ? { loss: -1, accuracy: null, perClass: null, confusion: null } : null,
      },
    };
  }
  yield {
    type: 'run.finished',
    data: {
      ...{ status: 'stopped', reason: 'stopped', seconds: 12, files: [] },
      ...{ test: null, bestEpoch: null, metrics: null },
    },
  };
}

/** A run with a single batch, a single epoch and a single value of its metric. */
export function onePointRun(runId: string, loss = 0.7): MonitorEvent[] {
  return eventsOf(runId, [
    {
      type: 'run.started',
      data: { config: { epochs: 1 }, unit: 'rows', dataset: { name: 'One', classes: ['no', 'yes'] } },
    },
    {
      type: 'batch',
      data: {
        ...{ step: 1, epoch: 1, batch: 1, loss, accuracy: loss / 2 },
        ...{ learningRate: loss / 100, throughput: loss * 100 },
        metrics: { f1: loss / 3 },
      },
    },
    { type: 'epoch', data: { epoch: 1, step: 1, test: { loss: loss * 0.8, accuracy: loss * 0.9 } } },
    {
      type: 'run.finished',
      data: { status: 'completed', reason: 'all epochs done', seconds: 1, files: [] },
    },
  ]);
}

/** A run at the largest step that the protocol allows, with a value in every column of its header. */
export function largestStepRun(runId: string): MonitorEvent[] {
  const step = Number.MAX_SAFE_INTEGER;
  return eventsOf(runId, [
    { type: 'batch', data: { step, loss: 0.5, accuracy: 0.5, throughput: 12 } },
    { type: 'epoch', data: { epoch: 1, step, test: { accuracy: 0.5 } } },
  ]);
}

/** A run that was joined midway, without `run.started`: its length is not known. */
export function joinedRun(runId: string): MonitorEvent[] {
  return eventsOf(
    runId,
    Array.from({ length: 30 }, (_, index) => ({
      type: 'batch',
      data: { step: 500 + index, epoch: 3, batch: 30 + index, loss: 1 / (index + 1) },
    })),
    300,
  );
}

/** A run with a table of 20 columns, one of six with 30 rows, and a matrix of 12 classes with counts of up to seven digits. */
export function wideTableRun(runId: string): MonitorEvent[] {
  const classes = Array.from({ length: 12 }, (_, index) => `class ${index}`);
  const confusion = classes.map((_, row) => classes.map((_, column) => (row === column ? 1_234_567 : 111)));
  const tableOf = (title: string, columns: string[], rowCount = 1): EventBody => {
    const row = columns.map((_, index) => 0.12345 / 7 ** (index * 2));
    return { type: 'figure', data: { title, table: { columns, rows: Array(rowCount).fill(row) } } };
  };
  return eventsOf(runId, [
    { type: 'run.started', data: { config: {}, dataset: { name: 'Twelve', classes } } },
    { type: 'epoch', data: { epoch: 1, test: { confusion } } },
    tableOf(
      'Twenty columns',
      Array.from({ length: 20 }, (_, index) => `c${index}`),
    ),
    tableOf('Six columns', ['class', 'precision', 'recall', 'support', 'threshold', 'calibration'], 30),
  ]);
}

/** A run whose names, settings and texts are all long and without a space. */
export function longTextRun(runId: string): MonitorEvent[] {
  return eventsOf(runId, longTextBodies());
}

function* longTextBodies(): Generator<EventBody> {
  const long = (start: string, length: number): string => start.padEnd(length, 'x');
  const [metric, classes] = [longName('metric_'), ['a', longName('class_'), longName('other_')]];
  yield {
    type: 'run.started',
    data: {
      name: long('name_', 100),
      tags: [long('tag_', 40), long('other_', 40)],
      config: { [longName('key_')]: long('value_', 1_000), optimizer: long('optimizer_', 100) },
      device: {
        ...{ engine: long('engine_', 60), kind: long('kind_', 30), name: long('device_', 100) },
        ...{ kernels: long('kernels_', 60), reason: long('reason_', 200) },
      },
      model: {
        layers: [
          {
            ...{ name: longName('layer_'), type: long('type_', 60), parameters: 3 },
            outputShape: [64, 112, 112, 512, 8],
          },
        ],
        parameters: 3,
      },
      dataset: { name: long('dataset_', 100), classes },
      unit: long('unit_', 32),
      lossUnit: long('loss_', 32),
      metrics: { [metric]: { unit: long('unit_', 32), group: longName('group_') } },
    },
  };
  for (let step = 1; step <= 20; step++)
    yield {
      type: 'batch',
      data: { step, loss: 1 / step, throughput: 1e6, metrics: { [metric]: step * 1e6 } },
    };
  const confusion = [
    [5, 1, 0],
    [2, 3, 1],
    [0, 1, 4],
  ];
  yield { type: 'epoch', data: { epoch: 1, step: 20, test: { accuracy: 2 / 3, confusion } } };
  yield {
    type: 'layers',
    data: {
      ...{ step: 20, tensors: [longName('frozen_')], weightNorm: [1.5], gradientNorm: [0], updateRatio: [0] },
      ...{ activations: [longName('activation_')], dead: [0.3] },
    },
  };
  yield {
    type: 'notice',
    data: {
      ...{ level: 'warning', code: 'long.text', message: long('message_', 200) },
      ...{ step: 3, by: long('by_', 40) },
    },
  };
  yield {
    type: 'figure',
    data: {
      title: longName('figure_'),
      table: { columns: [longName('column_'), 'b'], rows: [[long('cell_', 100), 1]] },
    },
  };
  yield {
    type: 'run.finished',
    data: {
      ...{ status: 'completed', reason: long('reason_', 100), seconds: 12 },
      ...{ files: [long('file_', 100)], metrics: { [longName('final_')]: 1 } },
    },
  };
}
