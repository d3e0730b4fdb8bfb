import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decode } from '../../src/protocol/codec.ts';
import { isCanonicalBatch } from '../../src/schemas/canonical-batch.ts';
import { eventSchema } from '../../src/schemas/events.ts';
import { sampleRun } from '../../src/testing/sample-run.ts';

const batch = sampleRun().find(({ type }) => type === 'batch') as object;
const { data } = batch as { data: object };

/** Valid and invalid values of fields of an event. */
const anything = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(null, true, '', 'NaN', 'Infinity', 'batch', 'a run', '-x', {}, [], 1e300, Infinity, -0),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
);
const keysOf = (record: object): fc.Arbitrary<string> => fc.constantFrom(...Object.keys(record), 'other');

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

  it('accepts nothing that the schema rejects or changes', () => {
    const envelope = fc.tuple(keysOf(batch), anything);
    const field = fc.tuple(keysOf(data), anything);
    fc.assert(
      fc.property(
        fc.array(envelope, { maxLength: 2 }),
        fc.array(field, { maxLength: 2 }),
        (changes, fields) => {
          const changed = {
            ...batch,
            data: { ...data, ...Object.fromEntries(fields) },
            ...Object.fromEntries(changes),
          };
          const raw: unknown = JSON.parse(JSON.stringify(changed));
          if (!isCanonicalBatch(raw)) return;
          expect(decode(eventSchema, JSON.stringify(changed))).toEqual({ ok: true, value: raw });
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
