import { describe, expect, test } from '@jest/globals';
import {
  decode,
  type EventType,
  encode,
  eventSchema,
  type MonitorEvent,
  type ValidationIssue,
} from '@mnist-monitor/shared';
import { sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { RunBounds } from '../../src/ingest/run-bounds.ts';
import { afterTest, temporaryFolder } from '../support/cleanup.ts';
import { startGateway } from '../support/gateway.ts';
import { helloOf, openPublisher, publish } from '../support/publisher.ts';
import { describeRedis, startRedis } from '../support/redis.ts';

const [first] = sampleRunOfVersion2('a');

/** Creates an event that matches its schema. */
function eventOf(seq: number, type: EventType, data: object): MonitorEvent {
  const event = decode(eventSchema, encode({ ...first, seq, type, data }));
  if (!event.ok) throw new Error(JSON.stringify(event.error.issues));
  return event.value;
}

const classes = ['red', 'white', 'rosé'];
const testImages = { digest: 'f'.repeat(64), count: 4, width: 2, height: 2, channels: 1 };
const started = eventOf(1, 'run.started', { config: {}, dataset: { name: 'wine', classes, testImages } });
const withoutClasses = eventOf(1, 'run.started', { config: {}, dataset: { name: 'wine' } });
const manyClasses = eventOf(1, 'run.started', {
  config: {},
  dataset: { name: 'many', classes: Array.from({ length: 300 }, (_, index) => `${index}`) },
});

const bytes = (...values: number[]): string => Buffer.from(values).toString('base64');
const matrix = (size: number) => Array(size).fill(Array(size).fill(1));
const testOf = (test: object) => ['epoch', { epoch: 1, test }] as const;
const samplesOf = (item: object) =>
  [
    'samples',
    {
      ...{ epoch: 1, width: 1, height: 1 },
      items: [{ index: 0, label: 0, prediction: 2, probabilities: [0.9, 0.1], image: bytes(7), ...item }],
    },
  ] as const;
const probeOf = (data: object) => ['probe', { step: 1, size: 2, ...data }] as const;
const logitsOf = (count: number) => ({
  logits: { classes: count, scale: 1, values: Buffer.alloc(2 * count).toString('base64') },
});
const probeImagesOf = (images: object) => ({
  images: {
    ...{ first: 0, width: 1, height: 1, indices: [0, 3], labels: [0, 2], pixels: bytes(1, 2) },
    ...images,
  },
});

function issuesOf(events: readonly MonitorEvent[]): ValidationIssue[] {
  const bounds = new RunBounds({ metricNamesPerRun: 10 });
  return events.flatMap((event) => bounds.check(event));
}

const contradicting: [what: string, event: readonly [EventType, object], path: string, message: string][] = [
  [
    'five accuracies of three classes',
    testOf({ perClass: Array(5).fill(0.5) }),
    'data.test.perClass',
    'expected 3 items, one for each class in run.started, got 5',
  ],
  [
    'five recalls of three classes',
    testOf({ recall: Array(5).fill(0.5) }),
    'data.test.recall',
    'expected 3 items, one for each class in run.started, got 5',
  ],
  [
    'two precisions of three classes',
    testOf({ precision: [0.5, null] }),
    'data.test.precision',
    'expected 3 items, one for each class in run.started, got 2',
  ],
  [
    'a 5 × 5 matrix of three classes',
    testOf({ confusion: matrix(5) }),
    'data.test.confusion',
    'expected 3 items, one for each class in run.started, got 5',
  ],
  [
    'a cell of a predicted class 3',
    testOf({
      confusionCells: [
        [0, 1, 5],
        [2, 3, 1],
      ],
    }),
    'data.test.confusionCells.1.1',
    'expected a class from 0 to 2, of the 3 in run.started, got 3',
  ],
  [
    'a predicted class 3',
    testOf({ predictions: bytes(0, 1, 3, 2) }),
    'data.test.predictions',
    'expected a class from 0 to 2, of the 3 in run.started, got 3',
  ],
  [
    'three predictions of four test images',
    testOf({ predictions: bytes(0, 1, 2) }),
    'data.test.predictions',
    'expected 4 bytes, one for each of the 4 test images in run.started, got 3',
  ],
  [
    'five confidences of four test images',
    testOf({ confidences: bytes(0, 1, 2, 3, 255) }),
    'data.test.confidences',
    'expected 4 bytes, one for each of the 4 test images in run.started, got 5',
  ],
  [
    'a sample of class 3',
    samplesOf({ label: 3 }),
    'data.items.0.label',
    'expected a class from 0 to 2, of the 3 in run.started, got 3',
  ],
  [
    'a sample predicted as class 3',
    samplesOf({ prediction: 3 }),
    'data.items.0.prediction',
    'expected a class from 0 to 2, of the 3 in run.started, got 3',
  ],
  [
    'a probability of class 9',
    samplesOf({ classes: [2, 9] }),
    'data.items.0.classes.1',
    'expected a class from 0 to 2, of the 3 in run.started, got 9',
  ],
  [
    'four probabilities of three classes',
    samplesOf({ probabilities: [0.4, 0.3, 0.2, 0.1] }),
    'data.items.0.probabilities',
    'expected at most 3 items, one for each class in run.started, got 4',
  ],
  [
    'a sample outside of the test set',
    samplesOf({ index: 4 }),
    'data.items.0.index',
    'expected an index from 0 to 3, of the 4 test images in run.started, got 4',
  ],
  [
    'logits of ten classes',
    probeOf(logitsOf(10)),
    'data.logits.classes',
    'expected 3, the number of classes in run.started, got 10',
  ],
  [
    'a label 3 in the probe set',
    probeOf(probeImagesOf({ labels: [0, 3] })),
    'data.images.labels.1',
    'expected a class from 0 to 2, of the 3 in run.started, got 3',
  ],
  [
    'a probe image outside of the test set',
    probeOf(probeImagesOf({ indices: [0, 4] })),
    'data.images.indices.1',
    'expected an index from 0 to 3, of the 4 test images in run.started, got 4',
  ],
  [
    'a probe set larger than the test set',
    [
      'probe',
      { step: 1, size: 5, logits: { classes: 3, scale: 1, values: Buffer.alloc(15).toString('base64') } },
    ],
    'data.size',
    'expected at most 4, the number of test images in run.started, got 5',
  ],
  [
    'another number of classes in a later run.started',
    ['run.started', { config: {}, dataset: { name: 'wine', classes: ['a', 'b'] } }],
    'data.dataset.classes',
    'expected 3, as in an earlier run.started of the run, got 2',
  ],
];

describe('an event of a run of three classes and four test images', () => {
  test.each(contradicting)('is refused with %s (P-33, P-34, P-36)', (_what, [type, data], path, message) => {
    expect(issuesOf([started, eventOf(2, type, data)])).toEqual([{ path, message }]);
  });

  test.each([
    ['results of three classes', testOf({ perClass: [1, null, 0], confusion: matrix(3) })],
    ['cells of three classes', testOf({ confusionCells: [[2, 2, 4]] })],
    ['four predictions', testOf({ predictions: bytes(0, 1, 2, 2), confidences: bytes(255, 0, 9, 9) })],
    ['samples', samplesOf({ classes: [2, 0] })],
    ['a probe', probeOf({ ...logitsOf(3), ...probeImagesOf({}) })],
    ['the description again', ['run.started', started.data]],
    ['a description without a data set', ['run.started', { config: {} }]],
  ] as const)('is accepted with %s', (_what, [type, data]) => {
    expect(issuesOf([started, eventOf(2, type, data)])).toEqual([]);
  });
});

test.each(contradicting.slice(0, -1))(
  'an event of a run that never named its classes may have %s (P-32)',
  (_what, [type, data]) => {
    expect(issuesOf([withoutClasses, eventOf(2, type, data)])).toEqual([]);
    expect(issuesOf([eventOf(2, type, data)])).toEqual([]);
  },
);

test('an event that contradicts itself is refused also in a run that never named its classes (P-37)', () => {
  const event = eventOf(2, ...testOf({ perClass: [1, 0], confusionCells: [[0, 2, 1]] }));
  expect(issuesOf([withoutClasses, event])).toEqual([
    {
      path: 'data.test.confusionCells.0.1',
      message: 'expected a class from 0 to 1, of the 2 in this event, got 2',
    },
  ]);
});

test('the probe set of a run keeps its size (P-35)', () => {
  const events = [2, 2, 3].map((size, index) =>
    eventOf(index + 1, 'probe', {
      ...{ step: index, size },
      logits: { classes: 2, scale: 1, values: Buffer.alloc(2 * size).toString('base64') },
    }),
  );
  expect(issuesOf(events)).toEqual([
    { path: 'data.size', message: 'expected 2, as in earlier probes of the run, got 3' },
  ]);
});

test('predictions of more than 256 classes have two bytes each', () => {
  const issuesWith = (...values: number[]) =>
    issuesOf([manyClasses, eventOf(2, ...testOf({ predictions: bytes(...values) }))]).map(
      ({ message }) => message,
    );
  expect(issuesWith(43, 1)).toEqual([]);
  expect(issuesWith(44, 1)).toEqual(['expected a class from 0 to 299, of the 300 in run.started, got 300']);
  expect(issuesWith(1, 0, 1)).toEqual(['expected two bytes for each prediction of 300 classes, got 3 bytes']);
});

test('at most five issues of an event are reported (P-17)', () => {
  const items = Array(4).fill({ index: 9, label: 9, prediction: 9, probabilities: [1], image: bytes(7) });
  const event = eventOf(2, 'samples', { epoch: 1, width: 1, height: 1, items });
  expect(issuesOf([started, event])).toHaveLength(5);
});

/** Publishes an epoch with a 5 × 5 matrix to a run that has begun, and returns the issues with which it is refused. */
async function rejectionOf(gateway: { ingestUrl: string }): Promise<unknown> {
  const publisher = await openPublisher(gateway.ingestUrl, helloOf('a', { protocol: 2 }));
  const seq = publisher.after + 1;
  publisher.send([eventOf(seq, ...testOf({ confusion: matrix(5) }))]);
  const [reject] = await publisher.acked(seq);
  publisher.connection.socket.close();
  await publisher.connection.closed;
  return reject!.issues;
}
const expected = [
  { path: 'data.test.confusion', message: 'expected 3 items, one for each class in run.started, got 5' },
];

async function begin(gateway: { ingestUrl: string }): Promise<void> {
  const { connection } = await publish(gateway.ingestUrl, [started], 2);
  connection.socket.close();
  await connection.closed;
}

test('an event that contradicts its run is refused also after the gateway was restarted (P-30)', async () => {
  const runs = temporaryFolder();
  const gateway = await startGateway({ runs });
  await begin(gateway);
  expect(await rejectionOf(gateway)).toEqual(expected);
  await gateway.close();
  expect(await rejectionOf(await startGateway({ runs }))).toEqual(expected);
});

describeRedis('an event that contradicts its run', () => {
  test('is refused by another gateway than the one to which the run was published (P-31)', async () => {
    const redis = await startRedis();
    afterTest(() => redis.stop());
    const [one, other] = [
      await startGateway({ redisUrl: redis.url }),
      await startGateway({ redisUrl: redis.url }),
    ];
    await begin(one);
    expect(await rejectionOf(other)).toEqual(expected);
  });
});
