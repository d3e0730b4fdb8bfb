import { expect, test } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { axisReader, eventTypesOf, fieldReader, pathReader } from '../../src/series/fields.ts';

test('a metric is a number, also one that is not finite, and absent where a run of version 1 has another type', () => {
  const read = fieldReader('metrics.score');
  const scoreOf = (score: unknown) => read({ metrics: { score } });
  expect([0.5, 'NaN', '-Infinity'].map(scoreOf)).toEqual([0.5, Number.NaN, Number.NEGATIVE_INFINITY]);
  const others: unknown[] = [null, undefined, true, [1], { mean: 1 }, { toString: 1, valueOf: 1 }];
  expect(others.map(scoreOf)).toEqual(others.map(() => undefined));
});

test('a field is read from the type of events that its name begins with, a metric from all that have metrics', () => {
  expect(eventTypesOf('epoch.test.loss')).toEqual(['epoch']);
  expect(eventTypesOf('metrics.epoch.loss')).toEqual(['batch', 'epoch', 'metrics', 'run.finished']);
  expect(fieldReader('epoch.test.loss')({ test: { loss: 0.25 } })).toBe(0.25);
  expect(fieldReader('metrics.a.b')({ metrics: { 'a.b': 2, a: { b: 3 } } })).toBe(2);
});

test('a path leads to own values only, and to nothing through a value that is no object', () => {
  expect(pathReader(['a', 'b'])({ a: { b: null } })).toBeNull();
  for (const data of [{}, { a: null }, { a: 'text' }, { a: 5 }])
    expect(pathReader(['a', 'length'])(data)).toBeUndefined();
  expect(pathReader(['toString'])({})).toBeUndefined();
});

const eventAt = (type: string, data: object, seconds = 0, seq = 1): MonitorEvent =>
  ({ v: 1, runId: 'a', seq, time: new Date(1_000 * seconds).toISOString(), type, data }) as MonitorEvent;
const positions = (axis: 'step' | 'seconds' | 'seq', events: readonly MonitorEvent[]): number[] =>
  events.map(axisReader(axis, new Date(0).toISOString()));

test('an event without a step has the last step before it (P-198)', () => {
  const events = [
    eventAt('system', {}),
    eventAt('batch', { step: 4 }),
    eventAt('notice', { step: null }),
    eventAt('epoch', { epoch: 1 }),
    eventAt('batch', { step: 5 }),
    eventAt('system', { step: 'own text' }),
    eventAt('batch', { step: 2 }),
  ];
  expect(positions('step', events)).toEqual([0, 4, 4, 4, 5, 5, 2]);
});

test('in a run without steps, the axis of steps has its epochs (P-198)', () => {
  const events = [
    eventAt('system', {}),
    eventAt('epoch', { epoch: 1 }),
    eventAt('system', { epoch: 7 }),
    eventAt('epoch', { epoch: 2 }),
    eventAt('metrics', { step: 90 }),
    eventAt('epoch', { epoch: 3 }),
  ];
  expect(positions('step', events)).toEqual([0, 1, 1, 2, 90, 90]);
});

test('seconds since the first event never decrease, also when a clock is set back (P-198)', () => {
  const events = [0, 1.5, 1, 3].map((seconds, at) => eventAt('batch', {}, seconds, at + 1));
  expect(positions('seconds', events)).toEqual([0, 1.5, 1.5, 3]);
  expect(positions('seq', events)).toEqual([1, 2, 3, 4]);
});
