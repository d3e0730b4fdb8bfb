import { defaultImageSide, type EventOf, type EventType, type MonitorEvent } from '@mnist-monitor/shared';
import type { NpyType } from './npy.ts';

/** The rows of an array that one event adds. */
export interface ArrayRows {
  type: NpyType;
  /** Number of rows. */
  count: number;
  /** Shape of a row. */
  shape: readonly number[];
  /**
   * Identifies the rows that fit into one array, such as those of the same shape. An array keeps only the group of its first rows.
   * Arrays that belong together, such as `probe-logits` and `probe-steps`, have the same groups, so both leave out the same events.
   */
  group: string;
  /** The values in row-major order. */
  bytes: Uint8Array;
}

/** An array that is collected from the events of a run. */
interface EventArray {
  /** The type of the events. */
  event: EventType;
  description: string;
  /**
   * Returns the rows of an event; undefined when it has none.
   * @param classCount Number of classes of the run; 0 if it is not known.
   */
  rows(event: MonitorEvent, classCount: number): ArrayRows | undefined;
}

/** Returns a number as one row. */
const row = (value: number, group: string): ArrayRows => ({
  ...{ type: '<u4', count: 1, shape: [], group },
  bytes: new Uint8Array(Uint32Array.of(value).buffer),
});

const decode = (base64: string): Buffer => Buffer.from(base64, 'base64');

/**
 * Returns the data of an epoch and the bytes of a field of its test; undefined when the event has none. In a run of version 1 the
 * field may be one of the publisher's own, of any type.
 */
function readTest({ type, data }: MonitorEvent, field: TestField): TestBytes | undefined {
  if (type !== 'epoch') return undefined;
  const value: unknown = data.test?.[field];
  return typeof value === 'string' && value !== '' ? { epoch: data, bytes: decode(value) } : undefined;
}

type TestField = 'predictions' | 'confidences';
interface TestBytes {
  epoch: EventOf<'epoch'>['data'];
  bytes: Buffer;
}

/** Returns the reader of the epochs that have a field of the test, each as one row. */
const rowsOfEpochs =
  (field: TestField) =>
  (event: MonitorEvent): ArrayRows | undefined => {
    const found = readTest(event, field);
    return found && row(found.epoch.epoch, String(found.bytes.length));
  };

function rowsOfImages(
  read: (images: ProbeImages) => Omit<ArrayRows, 'count' | 'group'>,
): (event: MonitorEvent) => ArrayRows | undefined {
  return ({ type, data }) =>
    type === 'probe' && data.images
      ? { ...read(data.images), count: data.images.indices.length, group: sizeOfImages(data.images).join() }
      : undefined;
}

const sizeOfImages = ({ width, height, channels }: ProbeImages): number[] => [
  height ?? defaultImageSide,
  width ?? defaultImageSide,
  channels ?? 1,
];

/** Returns the group of the frames with `size` images and `classes` classes. */
const groupOfFrame = (size: number, classes: number): string => `${size} ${classes}`;

type ProbeImages = NonNullable<Extract<MonitorEvent, { type: 'probe' }>['data']['images']>;

/** Names of the arrays, and how they are read from the events. */
export const eventArrays = {
  'probe-logits': {
    event: 'probe',
    description: 'float32 [frames, images, classes]: the logits of the probe set over the run.',
    rows: ({ type, data }) => {
      if (type !== 'probe' || !data.logits) return undefined;
      const { classes, scale, values } = data.logits;
      const logits = Float32Array.from(new Int8Array(decode(values)), (byte) => byte * scale);
      return {
        ...{ type: '<f4', count: 1, shape: [data.size, classes], group: groupOfFrame(data.size, classes) },
        bytes: new Uint8Array(logits.buffer),
      };
    },
  },
  'probe-steps': {
    event: 'probe',
    description: 'uint32 [frames]: the step of each frame of `probe-logits`.',
    rows: ({ type, data }) =>
      type === 'probe' && data.logits
        ? row(data.step, groupOfFrame(data.size, data.logits.classes))
        : undefined,
  },
  'probe-indices': {
    event: 'probe',
    description: 'uint32 [images]: the index of each image of the probe set in the test set.',
    rows: rowsOfImages(({ indices }) => ({
      ...{ type: '<u4', shape: [] },
      bytes: new Uint8Array(Uint32Array.from(indices).buffer),
    })),
  },
  'probe-labels': {
    event: 'probe',
    description: 'uint16 [images]: the true class of each image of the probe set.',
    rows: rowsOfImages(({ labels }) => ({
      ...{ type: '<u2', shape: [] },
      bytes: new Uint8Array(Uint16Array.from(labels).buffer),
    })),
  },
  'probe-images': {
    event: 'probe',
    description: 'uint8 [images, height, width, channels]: the images of the probe set.',
    rows: rowsOfImages((images) => ({
      type: '|u1',
      shape: sizeOfImages(images),
      bytes: decode(images.pixels),
    })),
  },
  predictions: {
    event: 'epoch',
    description:
      'uint8, or uint16 for more than 256 classes, [epochs, images]: the predicted class of every test image.',
    rows: (event, classCount) => {
      const found = readTest(event, 'predictions');
      if (!found) return undefined;
      const { test } = found.epoch;
      const { bytes } = found;
      const isWide = (test?.perClass?.length ?? test?.recall?.length ?? classCount) > 256;
      const shape = [bytes.length / (isWide ? 2 : 1)];
      return { type: isWide ? '<u2' : '|u1', count: 1, shape, group: String(bytes.length), bytes };
    },
  },
  'prediction-epochs': {
    event: 'epoch',
    description: 'uint32 [epochs]: the epoch of each row of `predictions`.',
    rows: rowsOfEpochs('predictions'),
  },
  confidences: {
    event: 'epoch',
    description:
      'uint8 [epochs, images]: the probability of the predicted class of every test image; 255 is a probability of 1.',
    rows: (event) => {
      const bytes = readTest(event, 'confidences')?.bytes;
      return bytes && { type: '|u1', count: 1, shape: [bytes.length], group: String(bytes.length), bytes };
    },
  },
  'confidence-epochs': {
    event: 'epoch',
    description: 'uint32 [epochs]: the epoch of each row of `confidences`.',
    rows: rowsOfEpochs('confidences'),
  },
} as const satisfies Record<string, EventArray>;
export type EventArrayName = keyof typeof eventArrays;
