import { describe, expect, test } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun, sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { type EventArrayName, eventArrays } from '../../src/series/event-arrays.ts';

const base64 = (...bytes: number[]): string => Buffer.from(bytes).toString('base64');
const eventOf = (type: string, data: object): MonitorEvent =>
  ({ v: 1, runId: 'a', seq: 1, time: '2026-11-24T10:00:00.000Z', type, data }) as MonitorEvent;
const names = Object.keys(eventArrays) as EventArrayName[];
const rowsOf = (name: EventArrayName, event: MonitorEvent, classCount = 0) =>
  eventArrays[name].rows(event, classCount);

const logits = { classes: 3, scale: 0.5, values: base64(2, 0xff, 0) };
const frame = eventOf('probe', { step: 70_000, size: 1, logits });
const imageData = {
  first: 0,
  indices: [7, 70_000],
  labels: [2, 300],
  pixels: base64(...Array(1_568).fill(5)),
};
const images = eventOf('probe', { step: 1, size: 2, images: imageData });
const epochOf = (test?: object) => eventOf('epoch', { epoch: 3, ...(test && { test }) });
const epoch = epochOf({ predictions: base64(0, 1, 2), confidences: base64(255, 9) });

describe('the rows of an array', () => {
  test.each(names)('come from events of one type only: %s', (name) => {
    const given = [frame, images, epoch].filter((event) => rowsOf(name, event));
    expect(given.map(({ type }) => type)).toEqual([eventArrays[name].event]);
    const others = [...sampleRun(), ...sampleRunOfVersion2('b')].filter(
      ({ type }) => type !== eventArrays[name].event,
    );
    expect(
      others.filter((event) =>
        rowsOf(name, { ...event, data: { ...event.data, ...given[0]!.data } } as MonitorEvent),
      ),
    ).toEqual([]);
  });

  test.each<[EventArrayName, MonitorEvent, object]>([
    [
      'probe-logits',
      frame,
      { type: '<f4', count: 1, shape: [1, 3], group: '1 3', bytes: Float32Array.of(1, -0.5, 0) },
    ],
    ['probe-steps', frame, { type: '<u4', count: 1, shape: [], group: '1 3', bytes: Uint32Array.of(70_000) }],
    [
      'probe-indices',
      images,
      { type: '<u4', count: 2, shape: [], group: '28,28,1', bytes: Uint32Array.of(7, 70_000) },
    ],
    [
      'probe-labels',
      images,
      { type: '<u2', count: 2, shape: [], group: '28,28,1', bytes: Uint16Array.of(2, 300) },
    ],
    [
      'probe-images',
      images,
      { type: '|u1', count: 2, shape: [28, 28, 1], group: '28,28,1', bytes: new Uint8Array(1_568).fill(5) },
    ],
    ['predictions', epoch, { type: '|u1', count: 1, shape: [3], group: '3', bytes: Uint8Array.of(0, 1, 2) }],
    ['prediction-epochs', epoch, { type: '<u4', count: 1, shape: [], group: '3', bytes: Uint32Array.of(3) }],
    ['confidences', epoch, { type: '|u1', count: 1, shape: [2], group: '2', bytes: Uint8Array.of(255, 9) }],
    ['confidence-epochs', epoch, { type: '<u4', count: 1, shape: [], group: '2', bytes: Uint32Array.of(3) }],
  ])('have their type, shape, group and bytes: %s (P-209, P-211)', (name, event, expected) => {
    const rows = rowsOf(name, event)!;
    const { bytes, ...others } = expected as { bytes: Uint8Array };
    expect(rows).toMatchObject(others);
    expect([...rows.bytes]).toEqual([...new Uint8Array(bytes.buffer)]);
  });

  test.each([
    ['probe-logits', frame],
    ['probe-labels', images],
    ['probe-images', images],
    ['prediction-epochs', epoch],
    ['confidences', epoch],
  ] as const)('have the type that the description of the array begins with: %s', (name, event) => {
    const types = { '<f4': 'float32', '<u4': 'uint32', '<u2': 'uint16', '|u1': 'uint8' };
    const { description } = eventArrays[name];
    expect(description.split(/[ ,]/)[0]).toBe(types[rowsOf(name, event)!.type]);
  });

  test('of images have the size of the images as their shape and group (P-211)', () => {
    const data = { ...imageData, width: 3, height: 2, channels: 4 };
    const rows = rowsOf('probe-images', eventOf('probe', { step: 1, size: 2, images: data }));
    expect(rows).toMatchObject({ shape: [2, 3, 4], group: '2,3,4' });
  });

  test.each<[what: string, test: object, classCount: number, type: string, shape: number[]]>([
    ['256 classes', { perClass: Array(256).fill(1) }, 0, '|u1', [4]],
    ['257 classes', { perClass: Array(257).fill(1) }, 0, '<u2', [2]],
    ['recall of 257 classes', { recall: Array(257).fill(1) }, 0, '<u2', [2]],
    ['fewer classes than the run', { perClass: [1], recall: Array(257).fill(1) }, 257, '|u1', [4]],
    ['no values for each class, in a run with 257', {}, 257, '<u2', [2]],
    ['no values for each class, in a run whose classes are not known', {}, 0, '|u1', [4]],
  ])(
    'of predictions have two bytes for each beyond 256 classes: %s (P-209)',
    (_what, scores, classCount, type, shape) => {
      const event = epochOf({ ...scores, predictions: base64(1, 0, 2, 0) });
      expect(rowsOf('predictions', event, classCount)).toMatchObject({ type, shape, group: '4' });
    },
  );

  test('are absent in an epoch without a test, and in one whose field is empty or no text', () => {
    const values = [undefined, '', 5, true, ['AAAA'], { mean: 0.5 }];
    for (const name of names.filter((each) => eventArrays[each].event === 'epoch')) {
      expect(rowsOf(name, epochOf())).toBeUndefined();
      for (const value of values)
        expect(rowsOf(name, epochOf({ predictions: value, confidences: value }))).toBeUndefined();
    }
  });
});
