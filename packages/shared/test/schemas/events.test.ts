import { describe, expect, test } from '@jest/globals';
import { type EventOf, type EventType, encode, eventSchema, validate } from '../../src/index.ts';
import { sampleRunOfVersion2 } from '../../src/testing/index.ts';

const run = sampleRunOfVersion2();
const dataOf = <T extends EventType>(type: T, index = 0) =>
  run.filter((event) => event.type === type)[index]!.data as EventOf<T>['data'];

/** Returns the path and the message of the first issue of an event with this data; `valid` without one. */
function issueOf(type: EventType, data: object): string {
  const result = validate(eventSchema, JSON.parse(encode({ ...run[0]!, type, data })));
  if (result.ok) return 'valid';
  const [issue] = result.error.issues;
  return `${issue!.path}: ${issue!.message}`;
}

const started = dataOf('run.started');
const { test: tested, ...epoch } = dataOf('epoch', 1);
const samples = dataOf('samples');
const layers = dataOf('layers');
const probe = run.flatMap((event) => (event.type === 'probe' && event.data.images ? [event.data] : []))[0]!;
const probeImages = probe.images!;
const [image, table] = [dataOf('figure'), dataOf('figure', 1)];
const names = (count: number, length = 3) =>
  Array.from({ length: count }, (_, index) => String(index).padStart(length, 'c'));
const record = (count: number, value: unknown) =>
  Object.fromEntries(names(count).map((name) => [name, value]));
const matrix = (classes: number) => Array(classes).fill(Array(classes).fill(1));
const base64 = (bytes: number) => 'A'.repeat((bytes / 3) * 4);

describe('an event of version 2', () => {
  test.each<[string, EventType, object]>([
    ['a run of which only the settings are known', 'run.started', { config: {} }],
    ['200 settings of any names', 'run.started', { config: record(200, 'on') }],
    [
      'a seed, a learning rate and sizes that are not known',
      'run.started',
      {
        config: { seed: null, learningRate: null, batchSize: null, trainSize: null, testSize: null },
      },
    ],
    [
      '1,000 classes with names of 64 characters',
      'run.started',
      {
        ...started,
        dataset: { name: 'ImageNet', classes: names(1_000, 64) },
      },
    ],
    [
      'class names of 64 characters outside the Basic Multilingual Plane',
      'run.started',
      { ...started, dataset: { name: 'x', classes: ['😀'.repeat(64), 'b'] } },
    ],
    ['no classes', 'run.started', { ...started, dataset: { name: 'Houses', classes: null } }],
    ['no totals', 'run.started', { ...started, totals: null }],
    ['epochs without steps', 'run.started', { ...started, totals: { epochs: 3 } }],
    ['a step with a loss alone', 'batch', { step: 1, loss: 0.5 }],
    ['a first step numbered 0', 'batch', { step: 0, loss: 0.5 }],
    ['a negative loss', 'batch', { step: 1, loss: -3 }],
    [
      '100 metrics, one of them NaN',
      'batch',
      { step: 1, loss: 1, metrics: { ...record(99, 1), 'a/b.c-d_e': Number.NaN } },
    ],
    ['metrics of a step without a loss', 'metrics', { step: 3, metrics: { reward: -1 } }],
    ['an epoch without results', 'epoch', { epoch: 1 }],
    ['a matrix of 100 classes', 'epoch', { ...epoch, test: { confusion: matrix(100) } }],
    [
      '50,000 cells of a matrix',
      'epoch',
      { ...epoch, test: { confusionCells: Array(50_000).fill([999, 0, 1]) } },
    ],
    [
      'an image of 64 × 64 pixels in colour',
      'samples',
      {
        ...{ ...samples, width: 64, height: 64 },
        items: [{ ...samples.items[0], image: base64(64 * 64 * 3) }],
      },
    ],
    [
      'a table of 200 rows',
      'figure',
      { title: 'Rows', table: { columns: ['a'], rows: Array(200).fill([1]) } },
    ],
  ])('may have %s (P-12)', (_, type, data) => {
    expect(issueOf(type, data)).toBe('valid');
  });

  test.each<[string, EventType, object, string]>([
    [
      '201 settings',
      'run.started',
      { config: record(201, 1) },
      'data.config: expected at most 200 settings, got 201',
    ],
    [
      'settings of more than 16 kB',
      'run.started',
      { config: { note: 'é'.repeat(8_190) } },
      'data.config: expected at most 16384 bytes of settings as JSON, got 16391',
    ],
    [
      'a setting that is a list',
      'run.started',
      { config: { sizes: [1, 2] } },
      'data.config.sizes: expected a number, a text, true, false or null, got a list',
    ],
    [
      'a single class',
      'run.started',
      { ...started, dataset: { name: 'x', classes: ['a'] } },
      'data.dataset.classes: expected at least 2 items, got 1',
    ],
    [
      'a class name of 65 characters',
      'run.started',
      { ...started, dataset: { name: 'x', classes: ['a', '😀'.repeat(65)] } },
      'data.dataset.classes.1: expected at most 64 characters, got 65',
    ],
    [
      '21 tags',
      'run.started',
      { ...started, tags: names(21) },
      'data.tags: expected at most 20 items, got 21',
    ],
    [
      'a tag of 41 characters',
      'run.started',
      { ...started, tags: names(1, 41) },
      'data.tags.0: expected at most 40 characters, got 41',
    ],
    [
      'a step without a loss',
      'batch',
      { step: 1 },
      'data.loss: expected a number, "NaN", "Infinity" or "-Infinity", got nothing',
    ],
    ['a loss without a step', 'batch', { loss: 1 }, 'data.step: expected a number, got nothing'],
    [
      '101 metrics',
      'metrics',
      { step: 1, metrics: record(101, 1) },
      'data.metrics: expected at most 100 metrics, got 101',
    ],
    [
      'a metric with a space in its name',
      'metrics',
      { step: 1, metrics: { 'a b': 1 } },
      'data.metrics.a b: expected a name of 1 to 64 of A-Z, a-z, 0-9, "_", ".", "/", "-"',
    ],
    [
      'a definition of a metric with a space in its name',
      'run.started',
      { ...started, metrics: { 'a b': {} } },
      'data.metrics.a b: expected a name of 1 to 64 of A-Z, a-z, 0-9, "_", ".", "/", "-"',
    ],
    [
      'definitions of 101 metrics',
      'run.started',
      { ...started, metrics: record(101, {}) },
      'data.metrics: expected at most 100 metrics, got 101',
    ],
    [
      'a metric that is a text',
      'metrics',
      { step: 1, metrics: { a: 'high' } },
      'data.metrics.a: expected a number, "NaN", "Infinity" or "-Infinity", got "high"',
    ],
    [
      'a matrix of 101 classes',
      'epoch',
      { ...epoch, test: { confusion: matrix(101) } },
      'data.test.confusion: expected at most 100 items, got 101',
    ],
    [
      'a matrix that is not square',
      'epoch',
      {
        ...epoch,
        test: {
          confusion: [
            [1, 2],
            [1, 2, 3],
          ],
        },
      },
      'data.test.confusion.1: expected 2 counts in each row, got 3',
    ],
    [
      'lists of different numbers of classes',
      'epoch',
      { ...epoch, test: { perClass: [1, 1, 1], confusion: matrix(2) } },
      'data.test.confusion: expected as many classes as perClass has (3), got 2',
    ],
    [
      '14 bins of calibration',
      'epoch',
      { ...epoch, test: { calibration: tested!.calibration!.slice(1) } },
      'data.test.calibration: expected 15 items, got 14',
    ],
    [
      'an image of another size than announced',
      'samples',
      { ...samples, width: 9 },
      'data.items.0.image: expected 216 bytes, which have 288 characters in base64, got 256 characters',
    ],
    [
      'eleven probabilities',
      'samples',
      { ...samples, items: [{ ...samples.items[0], probabilities: Array(11).fill(0) }] },
      'data.items.0.probabilities: expected at most 10 items, got 11',
    ],
    [
      'a probability without its class',
      'samples',
      { ...samples, items: [{ ...samples.items[0], classes: [3] }] },
      'data.items.0.classes: expected a class for each of 2 probabilities, got 1',
    ],
    [
      'an image of 65 pixels',
      'samples',
      { ...samples, width: 65 },
      'data.width: expected at most 64, got 65',
    ],
    [
      'predictions as a list',
      'epoch',
      { epoch: 1, test: { predictions: [0, 1, 2] } },
      'data.test.predictions: expected a string, got a list',
    ],
    [
      'a figure that is no PNG',
      'figure',
      { ...image, image: base64(300) },
      `data.image: expected a PNG file in base64, which begins with "iVBORw0KGgoA", got "${'A'.repeat(49)}…"`,
    ],
    [
      'a figure of more than 128 kB',
      'figure',
      { ...image, image: `iVBORw0KGgoA${base64(131_076)}` },
      'data.image: expected at most 131072 bytes in base64, got 131085',
    ],
    [
      'a figure with an image and a table',
      'figure',
      { ...image, table: table.table },
      'data: expected either an image or a table, got both',
    ],
    [
      'a figure with neither',
      'figure',
      { title: 'Nothing' },
      'data: expected either an image or a table, got neither',
    ],
    [
      '201 rows',
      'figure',
      { ...table, table: { columns: ['a'], rows: Array(201).fill([1]) } },
      'data.table.rows: expected at most 200 items, got 201',
    ],
    [
      'a row with a cell too few',
      'figure',
      { ...table, table: { columns: ['a', 'b'], rows: [[1]] } },
      'data.table.rows.0: expected 2 cells, one for each column, got 1',
    ],
    [
      'a table of more than 128 kB',
      'figure',
      { ...table, table: { columns: names(20), rows: Array(200).fill(Array(20).fill('x'.repeat(40))) } },
      'data.table: expected a table of at most 131072 bytes as JSON, got 172542',
    ],
    [
      'a norm too few',
      'layers',
      { ...layers, weightNorm: [1] },
      'data.weightNorm: expected a value for each of 2 names, got 1',
    ],
    [
      'dead units without names',
      'layers',
      { ...layers, activations: null },
      'data.dead: expected a value for each of 0 names, got 1',
    ],
    ['a probe of 501 images', 'probe', { ...probe, size: 501 }, 'data.size: expected at most 500, got 501'],
    [
      'a probe without logits and images',
      'probe',
      { step: 1, size: 2 },
      'data: expected logits, images, or both, got neither',
    ],
    [
      'logits of another number of images',
      'probe',
      { ...probe, size: 3 },
      'data.logits.values: expected 3 × 120 bytes, 480 characters in base64, got 320',
    ],
    [
      'more images than the probe set has',
      'probe',
      { ...probe, images: { ...probeImages, first: 1 } },
      `data.images.indices: expected at most ${probe.size} images in the probe set, got ${probe.size + 1}`,
    ],
    [
      'an image of the probe set without a label',
      'probe',
      { ...probe, images: { ...probeImages, labels: probeImages.labels.slice(1) } },
      `data.images.labels: expected ${probe.size} labels, one for each index, got ${probe.size - 1}`,
    ],
    [
      'images of the probe set of another size than announced',
      'probe',
      { ...probe, images: { ...probeImages, width: 1, height: 1, channels: 1 } },
      `data.images.pixels: expected ${probe.size} images of 1 bytes, 4 characters in base64, got ${probeImages.pixels.length}`,
    ],
    [
      'a snapshot of more than 2 MB',
      'snapshot',
      { ...dataOf('snapshot'), bytes: 2 ** 21 + 1 },
      'data.bytes: expected at most 2097152, got 2097153',
    ],
    [
      'a snapshot without a digest',
      'snapshot',
      { ...dataOf('snapshot'), digest: 'f' },
      'data.digest: expected a SHA-256 digest: 64 of 0-9 and a-f',
    ],
    [
      '`by` of 65 characters',
      'notice',
      { ...dataOf('notice'), by: 'x'.repeat(65) },
      'data.by: expected at most 64 characters, got 65',
    ],
  ])('must not have %s (P-12)', (_, type, data, issue) => {
    expect(issueOf(type, data)).toBe(issue);
  });
});
