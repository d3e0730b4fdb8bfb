import { expect, test } from '@jest/globals';
import { z } from 'zod';
import {
  type EventType,
  eventSchema,
  liveQuerySchema,
  runListQuerySchema,
  validate,
} from '../../src/index.ts';
import { sampleRun } from '../../src/testing/index.ts';

const run = sampleRun();
const notice = { ...run[0]!, type: 'notice', data: { level: 'info', code: 'x', message: 'x', step: null } };
const changed = (type: EventType, data: object, envelope: object = {}): object => {
  const event = [...run, notice].find((each) => each.type === type)!;
  return { ...event, data: { ...event.data, ...data }, ...envelope };
};
const textOf = (schema: z.ZodType, raw: unknown): string => {
  const result = validate(schema, raw);
  if (result.ok) throw new Error('expected an issue');
  return result.error.issues.map(({ path, message }) => `${path}: ${message}`).join('; ');
};
const measure = 'a number, "NaN", "Infinity" or "-Infinity"';

test.each([
  [changed('batch', { loss: 'high' }), `data.loss: expected ${measure}, got "high"`],
  [changed('batch', { loss: null }), `data.loss: expected ${measure}, got null`],
  [changed('batch', { loss: [1] }), `data.loss: expected ${measure}, got a list`],
  [changed('batch', { loss: undefined }), `data.loss: expected ${measure}, got nothing`],
  [
    changed('batch', { accuracy: 'x'.repeat(99) }),
    `data.accuracy: expected a number from 0 to 1, or "NaN", got "${'x'.repeat(49)}…"`,
  ],
  [changed('batch', { step: 1.5 }), 'data.step: expected an integer, got 1.5'],
  [changed('batch', { step: -1 }), 'data.step: expected at least 0, got -1'],
  [changed('batch', { epoch: 0 }), 'data.epoch: expected more than 0, got 0'],
  [changed('batch', { etaSeconds: -1 }), 'data.etaSeconds: expected at least 0, got -1'],
  [changed('system', { host: [] }), 'data.host: expected an object, got a list'],
  [changed('run.started', { config: undefined }), 'data.config: expected an object, got nothing'],
  [
    changed('notice', { message: 'x'.repeat(2_001) }),
    'data.message: expected at most 2000 characters, got 2001',
  ],
  [
    changed('notice', { level: 'panic' }),
    'data.level: expected one of "info", "warning", "error", got "panic"',
  ],
  [
    changed('epoch', {}, { type: 'weather' }),
    'type: expected one of "run.started", "batch", "epoch", "samples", "metrics", "figure", "layers", "probe", "snapshot", "system", "notice", "run.finished", got "weather"',
  ],
  [changed('batch', {}, { v: 2 }), 'v: expected 1, got 2'],
  [
    changed('batch', {}, { time: '2026-01-01T00:00:00+02:00' }),
    'time: expected a time in UTC such as "2026-11-24T10:00:00.123Z", got "2026-01-01T00:00:00+02:00"',
  ],
  [
    changed('batch', {}, { time: 7 }),
    'time: expected a time in UTC such as "2026-11-24T10:00:00.123Z", got 7',
  ],
  [changed('batch', { step: 2 ** 53 }), 'data.step: expected at most 9007199254740991, got 9007199254740992'],
  [changed('batch', { metrics: [1] }), 'data.metrics: expected an object, got a list'],
  [changed('notice', { code: ['a', 1] }), 'data.code: expected a string, got a list'],
  [changed('notice', { code: ['a'] }), 'data.code: expected a string, got a list'],
  [[], ': expected an object, got a list'],
])('an issue states what was expected and what was received (%#)', (raw, text) => {
  expect(textOf(eventSchema, raw)).toBe(text);
});

test.each([
  ['samples', { epoch: 1, channels: 2, items: [] }, 'data.channels: expected 1 or 3, got 2'],
  [
    'figure',
    { title: 'a', table: { columns: ['b'], rows: [[{}]] } },
    'data.table.rows.0.0: expected a number, a text, true, false or null, got an object',
  ],
])('an issue of a value with several types in %s states all of them', (type, data, text) => {
  expect(textOf(eventSchema, { ...changed('batch', {}), type, data })).toBe(text);
});

test.each([
  '2026-11-24T10:00:00Z',
  '2026-11-24T10:00:00.123456Z',
  '2026-11-24T10:00:00+00:00',
  '2026-11-24T10:00:00.123456+00:00',
])('the time %s is UTC (P-5)', (time) => {
  expect(validate(eventSchema, changed('batch', {}, { time }))).toMatchObject({ ok: true, value: { time } });
});

test.each([
  [
    { aftr: '1' },
    ': unknown parameter "aftr": expected only run, after, afterRun, stream, types, maxRate, complete, bundle',
  ],
  [{ after: ['1', '2'] }, 'after: expected one value, got 2'],
  [{ run: ['a', 'b'] }, 'run: expected one value, got 2'],
  [{ complete: ['true', 'true', 'false'] }, 'complete: expected one value, got 3'],
  [{ run: ['a'] }, 'run: expected "latest" or a string, got a list'],
  [{ after: 'x' }, 'after: expected a number, got "x"'],
  [{ after: ' ' }, 'after: expected a number, got nothing'],
  [{ maxRate: '9999' }, 'maxRate: expected at most 1000, got 9999'],
])('a query %p is refused by the name of its parameter', (query, text) => {
  expect(textOf(liveQuerySchema, query)).toBe(text);
});

test('a repeated parameter with a choice of words is refused as such', () => {
  expect(textOf(runListQuerySchema, { order: ['newest', 'pinned'] })).toBe(
    'order: expected one value, got 2',
  );
});

test.each<[z.ZodType, unknown, string]>([
  [z.number().lt(5), 5, 'expected less than 5, got 5'],
  [z.number().gt(5), 5, 'expected more than 5, got 5'],
  [z.number().max(5), 6, 'expected at most 5, got 6'],
  [z.array(z.number()).length(2), [1], 'expected 2 items, got 1'],
  [z.array(z.number()).length(2), [1, 2, 3], 'expected 2 items, got 3'],
  [z.array(z.number()).min(2), [1], 'expected at least 2 items, got 1'],
  [z.string().length(2), 'a', 'expected 2 characters, got 1'],
  [z.boolean(), 1, 'expected true or false, got 1'],
  [z.record(z.string(), z.number()), 1, 'expected an object, got 1'],
  [z.bigint(), 1, 'expected bigint, got 1'],
  [z.base64(), '!', 'expected base64, got "!"'],
  [z.literal('a'), 'b', 'expected "a", got "b"'],
  [z.union([z.string(), z.boolean()]), ['a', 'b'], 'expected one value, got 2'],
  [z.union([z.number(), z.boolean()]), ['a', 'b'], 'expected a number or true or false, got a list'],
  [z.union([z.enum(['a']), z.number()]), ['a', 'b'], 'expected one value, got 2'],
  [
    z.union([z.literal([1, 'a']), z.boolean()]),
    ['a', 'b'],
    'expected one of 1, "a" or true or false, got a list',
  ],
  [z.union([z.literal(1), z.literal('a')]), 2, 'expected 1 or "a", got 2'],
  [z.union([z.number(), z.number()]), 'a', 'expected a number, got "a"'],
])('an issue of each kind is described (%#)', (schema, value, text) => {
  expect(textOf(schema, value)).toBe(`: ${text}`);
});

test('a text of more than 50 characters is shortened', () => {
  expect(textOf(z.number(), 'a'.repeat(50))).toBe(`: expected a number, got "${'a'.repeat(50)}"`);
  expect(textOf(z.number(), 'a'.repeat(51))).toBe(`: expected a number, got "${'a'.repeat(49)}…"`);
});
