import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { encode, eventSchema, validate, version1EventSchema } from '../../src/index.ts';
import { sampleRun } from '../../src/testing/index.ts';

type Json = unknown;

/** The bounds of a schema of numbers or texts, as JSON Schema names them. */
interface Bounds {
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
}

/** Generates JSON that a schema of version 1 accepts, with values at the bounds among it. */
function valuesOf(schema: z.ZodType): fc.Arbitrary<Json> {
  if (schema instanceof z.ZodNullable)
    return fc.oneof(fc.constant(null), valuesOf(schema.unwrap() as z.ZodType));
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault)
    return fc.oneof(fc.constant(undefined), valuesOf(schema.unwrap() as z.ZodType));
  if (schema instanceof z.ZodPipe) return valuesOf(schema.in as z.ZodType);
  if (schema instanceof z.ZodUnion) return fc.oneof(...(schema.options as z.ZodType[]).map(valuesOf));
  if (schema instanceof z.ZodLiteral) return fc.constant(schema.value);
  if (schema instanceof z.ZodEnum) return fc.constantFrom(...schema.options);
  if (schema instanceof z.ZodBoolean) return fc.boolean();
  if (schema instanceof z.ZodObject)
    return fc.record(
      Object.fromEntries(
        Object.entries(schema.shape).map(([key, part]) => [key, valuesOf(part as z.ZodType)]),
      ),
    );
  const bounds = z.toJSONSchema(schema, { io: 'input' }) as Bounds;
  if (schema instanceof z.ZodArray) {
    const { minItems: minLength = 0, maxItems: maxLength = 5 } = bounds;
    const length = { minLength, maxLength: Math.min(maxLength, Math.max(minLength, 3)) };
    const item = valuesOf(schema.element as z.ZodType);
    return fc.oneof(
      fc.array(item, length),
      item.map((one) => Array(maxLength).fill(one)),
    );
  }
  if (schema instanceof z.ZodNumber) {
    const isInteger = schema.format === 'safeint';
    const min = bounds.minimum ?? (bounds.exclusiveMinimum === undefined ? -1e300 : isInteger ? 1 : 1e-300);
    const max = bounds.maximum ?? 1e300;
    if (!isInteger) return fc.oneof(fc.constantFrom(min, max), fc.double({ min, max, noNaN: true }));
    const [from, to] = [Math.max(min, Number.MIN_SAFE_INTEGER), Math.min(max, Number.MAX_SAFE_INTEGER)];
    return fc.oneof(fc.constantFrom(from, to), fc.integer({ min: from, max: to }));
  }
  if (schema instanceof z.ZodBase64) return fc.constant('A'.repeat(bounds.maxLength ?? 4));
  if (schema instanceof z.ZodISODateTime) return fc.constant('2026-11-24T10:00:00.000Z');
  if (schema instanceof z.ZodString) {
    if ('pattern' in bounds) return fc.constantFrom('a', `R-_.${'9'.repeat(60)}`);
    const { minLength = 0, maxLength = 10 } = bounds;
    return fc.oneof(
      fc.string({ minLength, maxLength: Math.min(maxLength, 20) }),
      fc.constantFrom('x'.repeat(maxLength), '\u0001'.repeat(minLength)),
    );
  }
  throw new TypeError(`expected a schema of a known kind, got ${schema.constructor.name}`);
}

describe('each event of version 1 is an event of the current version', () => {
  test.each(version1EventSchema.options.map((option) => [option.shape.type.value, option] as const))(
    'for generated %s events, with values at the bounds (P-38)',
    (_type, schema) => {
      fc.assert(
        fc.property(valuesOf(schema), (generated) => {
          const raw = JSON.parse(JSON.stringify(generated));
          expect(validate(version1EventSchema, raw)).toMatchObject({ ok: true });
          expect(validate(eventSchema, raw)).toMatchObject({ ok: true });
        }),
        { numRuns: 100 },
      );
    },
    60_000,
  );

  test('for a recorded run, without a change (P-38)', () => {
    for (const event of sampleRun())
      expect(validate(eventSchema, JSON.parse(encode(event)))).toEqual({ ok: true, value: event });
  });
});
