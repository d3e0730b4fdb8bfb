import { describe, expect, test } from '@jest/globals';
import { decode, encode, eventSchema, type MonitorEvent, measureIssues } from '../../src/index.ts';
import { sampleRun } from '../../src/testing/index.ts';

const run = sampleRun({ epochs: 1, batchesPerEpoch: 2 });
const eventOf = (type: string): MonitorEvent => run.find((event) => event.type === type)!;

/** Returns an event with another value at a path such as `data.items.0.probabilities.3`. */
function changed(type: string, path: string, value: number): MonitorEvent {
  const event = structuredClone(eventOf(type));
  const names = path.split('.');
  const last = names.pop()!;
  const parent = names.reduce<Record<string, unknown>>(
    (record, name) => record[name] as Record<string, unknown>,
    event as unknown as Record<string, unknown>,
  );
  if (!(last in parent)) throw new Error(`expected ${path} in ${type}`);
  parent[last] = value;
  return event;
}

describe('measureIssues', () => {
  test('finds no issue in the events of a sample run', () => {
    expect(run.flatMap(measureIssues)).toEqual([]);
  });

  test.each([
    ['batch', 'data.accuracy', 93.1, 'a number from 0 to 1, or "NaN"'],
    ['batch', 'data.accuracy', Number.POSITIVE_INFINITY, 'a number from 0 to 1, or "NaN"'],
    ['batch', 'data.learningRate', -0.1, 'a number of at least 0, "NaN" or "Infinity"'],
    ['batch', 'data.imagesPerSecond', -1, 'a number of at least 0, "NaN" or "Infinity"'],
    ['epoch', 'data.train.accuracy', 1.1, 'a number from 0 to 1, or "NaN"'],
    ['epoch', 'data.test.accuracy', -0.1, 'a number from 0 to 1, or "NaN"'],
    ['samples', 'data.items.1.probabilities.9', 2, 'a number from 0 to 1, or "NaN"'],
    ['run.finished', 'data.test.accuracy', 99, 'a number from 0 to 1, or "NaN"'],
  ])(
    'reports a %s event whose %s is %p, although the schema accepts the event (P-7)',
    (type, path, value, expected) => {
      const event = changed(type, path, value);
      expect(measureIssues(event)).toEqual([{ path, message: `expected ${expected}, got ${value}` }]);
      expect(decode(eventSchema, encode(event))).toEqual({ ok: true, value: event });
    },
  );

  test.each([
    ['batch', 'data.accuracy', Number.NaN],
    ['batch', 'data.accuracy', 1.0000001],
    ['batch', 'data.loss', -3],
    ['batch', 'data.loss', Number.NEGATIVE_INFINITY],
    ['batch', 'data.learningRate', Number.POSITIVE_INFINITY],
    ['samples', 'data.items.0.probabilities.0', Number.NaN],
  ])('accepts a %s event whose %s is %p (P-6)', (type, path, value) => {
    expect(measureIssues(changed(type, path, value))).toEqual([]);
  });
});
