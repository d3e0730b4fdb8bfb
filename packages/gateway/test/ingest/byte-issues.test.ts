import { expect, test } from '@jest/globals';
import { decode, type EventOf, type EventType, encode, eventSchema } from '@mnist-monitor/shared';
import { sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { byteIssues } from '../../src/ingest/byte-issues.ts';

const events = sampleRunOfVersion2('a');
const dataOf = <T extends EventType>(type: T): EventOf<T>['data'] =>
  events.find((event) => event.type === type)!.data as EventOf<T>['data'];
const bytes = (length: number): string => Buffer.alloc(length).toString('base64');

/** Returns the issues of an event that matches its schema. */
function issuesOf<T extends EventType>(type: T, data: object): string[] {
  const event = decode(eventSchema, encode({ ...events[0], type, data }));
  if (!event.ok) throw new Error(JSON.stringify(event.error.issues));
  return byteIssues(event.value).map(({ path, message }) => `${path}: ${message}`);
}

/** Makes a PNG of a size, of which only the beginning exists, with a number of bytes. */
function png(width: number, height: number, length = 60): string {
  const file = Buffer.alloc(length);
  file.write('89504e470d0a1a0a0000000d49484452', 'hex');
  file.writeUInt32BE(width, 16);
  file.writeUInt32BE(height, 20);
  return file.toString('base64');
}

test.each(events.map((event) => [event.type, event] as const))(
  'a valid %s event has no issue',
  (_type, event) => {
    expect(byteIssues(event)).toEqual([]);
  },
);

test('an epoch without results on the test set has no issue', () => {
  expect(issuesOf('epoch', { epoch: 1 })).toEqual([]);
});

const tooFew = 'the schema allows as many characters of base64';
test.each([784, 785, 786])(
  'a sample of %i bytes is refused unless it has the bytes of its size (P-13)',
  (length) => {
    const item = { index: 0, label: 1, prediction: 1, probabilities: [1], image: bytes(length) };
    expect([length, issuesOf('samples', { epoch: 1, items: [item] })]).toEqual([
      length,
      length === 784 ? [] : [`data.items.0.image: expected 784 bytes in base64, got ${length}`],
    ]);
  },
);

test.each([
  ['logits', { logits: { classes: 2, scale: 1, values: bytes(5) } }, 'logits.values: expected 4 bytes'],
  [
    'pixels',
    { images: { first: 0, width: 2, height: 2, indices: [0], labels: [1], pixels: bytes(5) } },
    'images.pixels: expected 4 bytes',
  ],
])(`%s of five bytes instead of four are refused, although ${tooFew} (P-13)`, (_what, data, issue) => {
  expect(issuesOf('probe', { step: 1, size: 2, ...data })).toEqual([`data.${issue} in base64, got 5`]);
});

test('predictions and figures have at most their number of bytes, not of characters (P-13, P-242)', () => {
  expect(issuesOf('epoch', { epoch: 1, test: { predictions: bytes(200_000) } })).toEqual([]);
  expect(issuesOf('epoch', { epoch: 1, test: { predictions: bytes(200_001) } })).toEqual([
    'data.test.predictions: expected at most 200000 bytes in base64, got 200001',
  ]);
  expect(issuesOf('epoch', { epoch: 1, test: { confidences: bytes(100_001) } })).toEqual([
    'data.test.confidences: expected at most 100000 bytes in base64, got 100001',
  ]);
  const figure = { title: 'Plot' };
  expect(issuesOf('figure', { ...figure, image: png(800, 600, 131_072) })).toEqual([]);
  expect(issuesOf('figure', { ...figure, image: png(800, 600, 131_073) })).toEqual([
    'data.image: expected at most 131072 bytes in base64, got 131073',
  ]);
});

test.each([
  [1, 1, []],
  [4_096, 4_096, []],
  [4_097, 1, ['data.image: expected a PNG of 1 to 4096 pixels a side, got 4097 × 1']],
  [60_000, 60_000, ['data.image: expected a PNG of 1 to 4096 pixels a side, got 60000 × 60000']],
  [0, 10, ['data.image: expected a PNG of 1 to 4096 pixels a side, got 0 × 10']],
])(
  'a PNG of %i × %i pixels is taken only where every viewer can decode it (P-242)',
  (width, height, issues) => {
    expect(issuesOf('figure', { title: 'Plot', image: png(width, height) })).toEqual(issues);
  },
);

test.each([
  ['only the signature', Buffer.from('89504e470d0a1a0a00', 'hex')],
  ['another first chunk', Buffer.from(png(2, 2).replace('SUhEUg', 'SUVORE'), 'base64')],
])('a PNG with %s is refused (P-13)', (_what, file) => {
  expect(issuesOf('figure', { title: 'Plot', image: file.toString('base64') })).toEqual([
    'data.image: expected a PNG file in base64, got bytes without its signature and IHDR',
  ]);
});

test('test images are refused that no file can have', () => {
  const images = { digest: 'f'.repeat(64), width: 64, height: 64, channels: 3 };
  const startedWith = (count: number) => ({
    ...dataOf('run.started'),
    dataset: { name: 'x', testImages: { ...images, count } },
  });
  expect(issuesOf('run.started', startedWith(1_365))).toEqual([]);
  expect(issuesOf('run.started', startedWith(1_366))).toEqual([
    'data.dataset.testImages: expected at most 16777216 bytes of images, got 16785408',
  ]);
});
