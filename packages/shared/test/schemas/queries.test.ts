import { describe, expect, test } from '@jest/globals';
import type { z } from 'zod';
import {
  booleanTextSchema,
  eventPageQuerySchema,
  formatIssues,
  liveQuerySchema,
  runChangesSchema,
  runListQuerySchema,
  seriesQuerySchema,
  validate,
} from '../../src/index.ts';

const queries = {
  events: eventPageQuerySchema,
  live: liveQuerySchema,
  runs: runListQuerySchema,
  series: seriesQuerySchema,
};
type Query = keyof typeof queries;

/** Returns the value that is read, or the text of the issues. */
function read(schema: z.ZodType, raw: unknown): unknown {
  const result = validate(schema, raw);
  return result.ok ? result.value : formatIssues(result.error.issues);
}

describe('a query', () => {
  test('has its defaults where parameters are missing', () => {
    expect(read(queries.events, {})).toEqual({ after: 0, limit: 500 });
    expect(read(queries.live, {})).toEqual({ run: 'latest', after: 0, complete: false, bundle: false });
    expect(read(queries.runs, {})).toEqual({
      limit: 500,
      search: '',
      order: 'newest',
      sort: 'started',
      direction: 'descending',
    });
    expect(read(queries.series, {})).toEqual({
      fields: ['batch.loss', 'batch.accuracy', 'epoch.test.loss', 'epoch.test.accuracy'],
      points: 1_000,
      x: 'step',
    });
  });

  test.each<[Query, string, number, number, number]>([
    ['events', 'limit', 1, 2_000, 1],
    ['runs', 'limit', 1, 500, 1],
    ['series', 'points', 2, 10_000, 1],
    ['live', 'maxRate', 0.01, 1_000, 0.001],
  ])('of %s has a number %s from %s to %s', (query, name, min, max, step) => {
    for (const value of [min, max])
      expect(read(queries[query], { [name]: String(value) })).toMatchObject({ [name]: value });
    expect(read(queries[query], { [name]: String(min - step) })).toMatch(
      `${name}: expected at least ${min}, `,
    );
    expect(read(queries[query], { [name]: String(max + step) })).toMatch(
      `${name}: expected at most ${max}, `,
    );
  });

  test.each<[Query, string]>([
    ['events', 'after'],
    ['live', 'after'],
    ['series', 'from'],
    ['series', 'to'],
  ])('of %s has a number %s from 0 without an upper bound', (query, name) => {
    for (const value of [0, 1, 1e15])
      expect(read(queries[query], { [name]: String(value) })).toMatchObject({ [name]: value });
    expect(read(queries[query], { [name]: '-1' })).toBe(`${name}: expected at least 0, got -1`);
  });

  test.each<[Query, string]>([
    ['events', 'after'],
    ['events', 'limit'],
    ['live', 'after'],
    ['runs', 'limit'],
    ['series', 'points'],
  ])('of %s has a whole number %s', (query, name) => {
    expect(read(queries[query], { [name]: '2.5' })).toBe(`${name}: expected an integer, got 2.5`);
  });

  test.each<[Query, object, object]>([
    ['events', { types: 'batch,epoch' }, { types: ['batch', 'epoch'] }],
    ['live', { types: 'run.finished' }, { types: ['run.finished'] }],
    ['live', { complete: 'true', bundle: 'false' }, { complete: true, bundle: false }],
    ['live', { run: 'a', afterRun: 'b', stream: 'c' }, { run: 'a', afterRun: 'b', stream: 'c' }],
    ['series', { fields: 'metrics.a/b,batch.loss,metrics.a/b' }, { fields: ['metrics.a/b', 'batch.loss'] }],
    ['series', { x: 'seconds' }, { x: 'seconds' }],
    ['runs', { cursor: '0-123456789012345' }, { cursor: '0-123456789012345' }],
    ['runs', { cursor: '1-0-aZ_-9' }, { cursor: '1-0-aZ_-9' }],
    ['runs', { sort: 'config.a\nb' }, { sort: 'config.a\nb' }],
    ['runs', { sort: `config.${'a'.repeat(200)}` }, { sort: `config.${'a'.repeat(200)}` }],
    ['runs', { sort: `metrics.${'a'.repeat(64)}` }, { sort: `metrics.${'a'.repeat(64)}` }],
    ['runs', { order: 'pinned', direction: 'ascending' }, { order: 'pinned', direction: 'ascending' }],
  ])('of %s reads %j', (query, given, expected) => {
    expect(read(queries[query], given)).toMatchObject(expected);
  });

  const sorts = 'started, name, bestAccuracy, loss, seconds, or "config." or "metrics." and a name';
  test.each<[Query, object, string]>([
    ['events', { types: '' }, 'types.0: expected one of "run.started", '],
    ['live', { types: 'batch,weather' }, 'types.1: expected one of "run.started", '],
    ['live', { complete: 'yes' }, 'complete: expected one of "true", "false", got "yes"'],
    [
      'live',
      { stream: 'a b' },
      'stream: expected the stream id of a hello or resume: 1 to 64 of A-Z, a-z, 0-9, ',
    ],
    ['live', { stream: '' }, 'stream: expected the stream id'],
    ['live', { stream: 'a'.repeat(65) }, 'stream: expected the stream id'],
    ['runs', { cursor: '2-1' }, 'cursor: expected the nextCursor of another page'],
    ['runs', { cursor: `0-1-${'a'.repeat(1_497)}` }, 'cursor: expected at most 1500 characters, got 1501'],
    ['runs', { sort: 'title' }, `sort: expected ${sorts}, got "title"`],
    ['runs', { sort: 'config.' }, `sort: expected ${sorts}, got "config."`],
    ['runs', { sort: 'metrics.a b' }, `sort: expected ${sorts}, got "metrics.a b"`],
    [
      'series',
      { fields: 'batch.los' },
      'fields.0: expected a field of the protocol, or "metrics." and the name of a metric, got "batch.los"',
    ],
    [
      'series',
      { fields: 'batch.loss,metrics.' },
      'fields.1: expected a field of the protocol, or "metrics." and the name of a metric, got "metrics."',
    ],
    ['series', { x: 'epoch' }, 'x: expected one of "step", "seconds", "seq", got "epoch"'],
  ])('of %s refuses %j', (query, given, text) => {
    expect(String(read(queries[query], given)).slice(0, text.length)).toBe(text);
  });

  test('of a series has at most 50 fields, and 170,000 points of all fields together', () => {
    const fields = (count: number) => Array.from({ length: count }, (_, index) => `metrics.m${index}`).join();
    expect(read(queries.series, { fields: fields(50), points: '3400' })).toMatchObject({ points: 3_400 });
    expect(read(queries.series, { fields: fields(50), points: '3401' })).toBe(
      'points: expected at most 170000 points of all fields together',
    );
    expect(read(queries.series, { fields: fields(51) })).toMatch(
      /^fields: expected at most 50 items, got 51/,
    );
  });

  test('has true and false in this spelling only', () => {
    for (const [text, value] of [
      ['true', true],
      ['false', false],
    ] as const)
      expect(read(booleanTextSchema, text)).toBe(value);
    for (const text of ['TRUE', 'False', '1', 'on', ''])
      expect(read(booleanTextSchema, text)).toBe(`expected one of "true", "false", got "${text}"`);
  });
});

describe('the changes of a run', () => {
  test.each([
    [{ title: '  a  ' }, { title: 'a' }],
    [
      { title: ' ', note: null, name: '' },
      { title: null, note: null, name: null },
    ],
    [{ pinned: true }, { pinned: true }],
    [{ tags: null }, { tags: [] }],
    [{ tags: [' a ', 'b', 'a', ' '] }, { tags: ['a', 'b'] }],
    [{ title: `${'a'.repeat(200)} ` }, { title: 'a'.repeat(200) }],
  ])('are read from %j', (given, expected) => {
    expect(read(runChangesSchema, given)).toEqual(expected);
  });

  test.each<[object, string]>([
    [{}, 'expected title, note, pinned, name or tags'],
    [{ title: 'a'.repeat(201) }, 'title: expected at most 200 characters, got 201'],
    [{ note: 'a'.repeat(10_001) }, 'note: expected at most 10000 characters, got 10001'],
    [{ name: 'a'.repeat(201) }, 'name: expected at most 200 characters, got 201'],
    [{ tags: Array(21).fill('a') }, 'tags: expected at most 20 items, got 21'],
    [{ tags: ['a'.repeat(41)] }, 'tags.0: expected at most 40 characters, got 41'],
    [{ pinned: 'yes' }, 'pinned: expected true or false, got "yes"'],
  ])('are refused, with the reason, for %j', (given, text) => {
    expect(read(runChangesSchema, given)).toBe(text);
  });
});
