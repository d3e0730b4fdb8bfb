import { eventLimits } from '@mnist-monitor/shared';
import { largestEventsOfVersion2 } from '../../packages/gateway/dist/test/support/events.js';

const limits = eventLimits;
const largestInteger = Number.MAX_SAFE_INTEGER;
const measures = [
  ...[Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, 1e20, -0.1, 0],
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
];

/** Returns a list with a value for each position. */
const list = (length, valueAt) => Array.from({ length }, (_, index) => valueAt(index));
/** Returns a number of bytes in base64. */
const bytes = (length) => Buffer.alloc(length, 0xa7).toString('base64');
/** Returns text of a length in every script, with characters that JSON escapes. */
const text = (length) => '\u0001\u2028"\\é漢🙂'.padEnd(length, 'ж').slice(0, length);
const measureAt = (index) => measures[index % measures.length];

/** Returns an event without characters that JSON escapes: with them, texts of the greatest length exceed the size of an event. */
const withPlainText = (event) => JSON.parse(JSON.stringify(event).replaceAll('\\u0001', 'x'));

/** Returns a run that has each kind of event at its bounds: the longest lists and texts, and the largest and smallest numbers. */
export function largestRun(runId) {
  const [started, batch, epoch, finished] = largestEventsOfVersion2(runId).map(withPlainText);
  const bodies = [
    // Without data, the events below may have different numbers of classes; the description with the data is the last but one.
    { ...started, data: { ...started.data, dataset: null } },
    batch,
    ...measures.map((loss) => ({ type: 'batch', data: { step: largestInteger, loss, accuracy: 1 } })),
    { type: 'metrics', data: { step: 0, metrics: Object.fromEntries(list(limits.metrics, metricAt)) } },
    epoch,
    ...epochs(),
    { type: 'samples', data: samples() },
    {
      type: 'figure',
      data: { title: text(200), step: largestInteger, description: text(2_000), image: png() },
    },
    { type: 'figure', data: { title: text(200), table: table() } },
    { type: 'layers', data: layers() },
    ...probes(),
    {
      type: 'snapshot',
      data: {
        step: 1,
        epoch: largestInteger,
        digest: 'f'.repeat(64),
        bytes: limits.snapshotBytes,
        accuracy: 1,
      },
    },
    { type: 'system', data: system() },
    ...measures.map((value) => ({
      type: 'notice',
      data: { level: 'error', code: text(200), message: text(2_000), step: 0, value, by: text(limits.by) },
    })),
    started,
    finished,
  ];
  const startedAt = Date.parse('2026-11-30T10:00:00.000Z');
  return bodies.map(({ type, data }, index) => ({
    ...{ v: 1, runId, seq: index + 1, type, data },
    time: new Date(startedAt + index * limits.figureIntervalSeconds * 1_000).toISOString(),
  }));
}

const metricAt = (index) => [`own/${index}`.padEnd(64, '.'), measureAt(index)];

function epochs() {
  const { maxClasses, matrixClasses, confusionCells, predictionBytes, calibrationBins } = limits;
  const tests = [
    { confusion: list(matrixClasses, () => list(matrixClasses, () => largestInteger)) },
    { confusionCells: list(confusionCells, (index) => [maxClasses - 1, index % maxClasses, index]) },
    {
      predictions: predictions(predictionBytes),
      perClass: list(maxClasses, (index) => (index % 2 ? null : 1)),
    },
    {
      calibration: list(calibrationBins, (index) => ({
        ...{ count: largestInteger, confidence: index ? 1 : null, accuracy: index ? 0 : null },
      })),
    },
  ];
  return tests.map((test, index) => ({ type: 'epoch', data: { epoch: index + 2, test } }));
}

/** Returns predictions of the last class, in two bytes each. */
const predictions = (length) =>
  Buffer.from(new Uint16Array(length / 2).fill(limits.maxClasses - 1).buffer).toString('base64');

const samples = () => ({
  ...{ epoch: largestInteger, width: limits.imageSide, height: limits.imageSide, channels: 1 },
  items: list(limits.items, () => ({
    ...{ index: largestInteger, label: limits.maxClasses - 1, prediction: 0 },
    probabilities: list(limits.probabilities, (rank) => (rank === 0 ? Number.NaN : 1e-300)),
    classes: list(limits.probabilities, (rank) => limits.maxClasses - 1 - rank),
    image: bytes(limits.imageSide ** 2),
  })),
});

/** Returns the start of a PNG file, filled up to the largest size: the gateway stores images without decoding them. */
function png() {
  const file = Buffer.alloc(limits.figureBytes, 0xa7);
  file.write('89504e470d0a1a0a0000000d49484452', 'hex');
  file.writeUInt32BE(limits.figureSide, 16);
  file.writeUInt32BE(limits.figureSide, 20);
  return file.toString('base64');
}

const table = () => ({
  columns: list(limits.tableColumns, (index) => `column ${index}`),
  rows: list(limits.tableRows, (row) =>
    list(limits.tableColumns, (column) =>
      column === 0 ? text(limits.tableText) : [measureAt(row), 'NaN', true, null][(row + column) % 4],
    ),
  ),
});

const layers = () => ({
  step: largestInteger,
  tensors: list(limits.tensors, (index) => `tensor.${index}`),
  ...Object.fromEntries(
    ['weightNorm', 'gradientNorm', 'updateRatio'].map((name) => [
      name,
      list(limits.tensors, (index) => (index % 10 === 9 ? null : measureAt(index))),
    ]),
  ),
  activations: list(limits.tensors, (index) => `activation.${index}`),
  dead: list(limits.tensors, (index) => (index % 2 ? null : 0.5)),
  histograms: list(limits.tensors, () => ({
    edges: list(limits.histogramBins + 1, (edge) => edge / 10 - 1.6),
    counts: list(limits.histogramBins, (bin) => bin * 1_000),
  })),
});

function probes() {
  const { probeImages, maxClasses, items } = limits;
  const logits = { classes: maxClasses, scale: Number.MIN_VALUE, values: bytes(probeImages * maxClasses) };
  const images = {
    ...{ first: probeImages - items, width: 64, height: 64, channels: 1 },
    indices: list(items, () => largestInteger),
    labels: list(items, () => maxClasses - 1),
    pixels: bytes(items * 64 * 64),
  };
  return [{ logits }, { images }].map((part) => ({
    type: 'probe',
    data: { step: 1, size: probeImages, ...part },
  }));
}

const system = () => ({
  process: { cpu: Number.MAX_VALUE, memoryBytes: largestInteger },
  host: { cpu: 1, memoryUsedBytes: largestInteger, memoryTotalBytes: largestInteger },
  gpu: { load: 1, memoryUsedBytes: 0, memoryTotalBytes: 0, temperatureCelsius: -273.15, powerWatts: 1e300 },
  gpus: list(limits.gpus, () => ({ load: 0, temperatureCelsius: null })),
});
