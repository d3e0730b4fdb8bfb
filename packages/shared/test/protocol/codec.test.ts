import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  batchDataSchema,
  decode,
  encode,
  eventSchema,
  formatIssues,
  liveMessageSchema,
  validate,
} from '../../src/index.ts';
import { sampleRun } from '../../src/testing/index.ts';

const metricValue = fc.oneof(
  // `+ 0 || 0` turns -0 into 0: JSON.stringify writes both as 0.
  fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => value + 0 || 0),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);
const positiveInteger = fc.integer({ min: 1, max: 2 ** 31 });
const seconds = fc.double({ min: 0, max: 1e9, noNaN: true }).map((value) => value + 0 || 0);

const batch = fc.record({
  v: fc.constant(1 as const),
  runId: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  seq: positiveInteger,
  time: fc
    .date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
    .map((at) => at.toISOString()),
  type: fc.constant('batch' as const),
  data: fc.record({
    epoch: positiveInteger,
    batch: positiveInteger,
    step: positiveInteger,
    loss: metricValue,
    accuracy: metricValue,
    learningRate: metricValue,
    imagesPerSecond: metricValue,
    elapsedSeconds: seconds,
    etaSeconds: fc.option(seconds),
  }),
});

describe('encode and decode', () => {
  test('decode returns what encode wrote, including non-finite numbers', () => {
    fc.assert(
      fc.property(batch, (written) => {
        expect(decode(eventSchema, encode(written))).toEqual({ ok: true, value: written });
      }),
    );
  });

  test('decode returns every event of a run unchanged', () => {
    for (const written of sampleRun())
      expect(decode(eventSchema, encode(written))).toEqual({ ok: true, value: written });
  });

  test('encode writes NaN and the infinities as strings', () => {
    expect(encode({ a: Number.NaN, b: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1.5] })).toBe(
      '{"a":"NaN","b":["Infinity","-Infinity",1.5]}',
    );
  });

  test('decode never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => expect(typeof decode(eventSchema, text).ok).toBe('boolean')),
    );
    fc.assert(
      fc.property(fc.json(), (text) => expect(typeof decode(liveMessageSchema, text).ok).toBe('boolean')),
    );
    fc.assert(
      fc.property(fc.anything(), (value) =>
        expect(typeof validate(batchDataSchema, value).ok).toBe('boolean'),
      ),
    );
  });

  test.each(['', '{', 'null', '[]', '"event"', '{"__proto__":{"v":1}}', '[[[[[[[[[['])(
    'decode rejects %p',
    (text) => {
      expect(decode(eventSchema, text).ok).toBe(false);
    },
  );

  test('decode distinguishes malformed text from a message that does not match its schema', () => {
    expect(decode(eventSchema, '{"v":')).toEqual({
      ok: false,
      error: {
        code: 'message.malformed',
        issues: [{ path: '', message: expect.stringMatching(/^expected JSON: [A-Z]/) }],
        raw: undefined,
      },
    });
    expect(decode(eventSchema, '{"v":2}')).toMatchObject({
      ok: false,
      error: { code: 'message.invalid', raw: { v: 2 } },
    });
  });

  test('decode reports at most five issues, each with its path and what was expected (P-17)', () => {
    const text = { epoch: 'one', batch: 'one', accuracy: 'high', learningRate: 'low' };
    const result = validate(batchDataSchema, text);
    if (result.ok) throw new Error('expected a failure');
    expect(result.error.issues).toHaveLength(5);
    expect(formatIssues(result.error.issues)).toMatch(/^step: expected a number, got nothing; loss: /);
  });

  test('decode removes fields that the schema does not have', () => {
    const [first] = sampleRun();
    expect(validate(eventSchema, { ...first, extra: 1 })).toEqual({ ok: true, value: first });
  });
});
