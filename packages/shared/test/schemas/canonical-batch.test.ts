import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decode } from '../../src/protocol/codec.ts';
import { canonicalBatchVersion, isCanonicalBatch } from '../../src/schemas/canonical-batch.ts';
import { eventSchema } from '../../src/schemas/events.ts';
import { version1EventSchema } from '../../src/schemas/version-1.ts';
import { sampleRun } from '../../src/testing/sample-run.ts';

const batch = sampleRun().find(({ type }) => type === 'batch') as object;
const { data } = batch as { data: object };

const manyMetrics = Array.from({ length: 101 }, (_, index) => [`m${index}`, index]);

/** Valid and invalid values of fields of an event. */
const anything = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(null, true, '', 'NaN', 'Infinity', 'batch', 'a run', '-x', {}, [], 1e300, Infinity, -0),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
);
const keysOf = (record: object): fc.Arbitrary<string> => fc.constantFrom(...Object.keys(record), 'other');
/** A field and a value of it: `null` and absence are as frequent as others, since most fields may be missing. */
const fieldOf = (record: object): fc.Arbitrary<[string, unknown]> =>
  fc.oneof(
    fc.tuple(keysOf(record), anything),
    fc.tuple(keysOf(record), fc.constantFrom(undefined, null)),
    fc.tuple(fc.constant('metrics'), fc.dictionary(fc.constantFrom('loss', 'a/b', 'a b', ''), anything)),
    fc.tuple(fc.constant('throughput'), anything),
  );

describe('isCanonicalBatch', () => {
  it('accepts batch events in their usual form', () => {
    expect(sampleRun().filter(isCanonicalBatch)).toHaveLength(60);
    expect(isCanonicalBatch({ ...batch, data: { ...data, etaSeconds: null } })).toBe(true);
    expect(isCanonicalBatch({ ...batch, time: '2026-11-24T10:00:00.123456+00:00' })).toBe(true);
  });

  it.each([
    null,
    7,
    [],
    {},
    { ...batch, data: null },
    { ...batch, extra: 1 },
    { ...batch, data: { ...data, loss: 'NaN' } },
  ])('rejects everything else (%#)', (raw) => {
    expect(isCanonicalBatch(raw)).toBe(false);
  });

  it.each<[1 | 2, object]>([
    [1, data],
    [1, { ...data, etaSeconds: null }],
    [1, { ...data, throughput: 5, metrics: { 'grad/norm': 0.5 } }],
    [2, { step: 0, loss: -1 }],
    [2, { step: 7, loss: 1, metrics: { perplexity: 2 } }],
    [2, { ...data, accuracy: null }],
    [2, { ...data, step: 0 }],
  ])('returns version %s for a batch with %j', (version, data) => {
    expect(canonicalBatchVersion({ ...batch, data })).toBe(version);
  });

  it('leaves custom metrics that are not finite, or have other names, to the schema', () => {
    for (const metrics of [
      { a: 'NaN' },
      { 'a b': 1 },
      { a: null },
      [1],
      'x',
      Object.fromEntries(manyMetrics),
    ])
      expect(canonicalBatchVersion({ ...batch, data: { ...data, metrics } })).toBeUndefined();
  });

  it('accepts nothing that the schema rejects or changes, and returns 1 exactly for batches of version 1', () => {
    const envelope = fc.tuple(keysOf(batch), anything);
    const field = fieldOf(data);
    fc.assert(
      fc.property(
        fc.array(envelope, { maxLength: 2 }),
        fc.array(field, { maxLength: 4 }),
        (changes, fields) => {
          const changed = {
            ...batch,
            data: { ...data, ...Object.fromEntries(fields) },
            ...Object.fromEntries(changes),
          };
          const raw: unknown = JSON.parse(JSON.stringify(changed));
          if (!isCanonicalBatch(raw)) return;
          expect(decode(eventSchema, JSON.stringify(changed))).toEqual({ ok: true, value: raw });
          const isOfVersion1 = decode(version1EventSchema, JSON.stringify(changed)).ok;
          expect(canonicalBatchVersion(raw)).toBe(isOfVersion1 ? 1 : 2);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
