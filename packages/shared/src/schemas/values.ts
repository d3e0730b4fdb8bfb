import { z } from 'zod';
import { characterCount } from '../protocol/character-count.ts';
import { base64Bytes, base64Length, eventLimits } from '../protocol/event-limits.ts';
import { type MeasureRange, measureText, valueText } from '../protocol/issue-text.ts';
import { metricNamePattern } from '../protocol/metric-name.ts';

type NonFinite = 'NaN' | 'Infinity' | '-Infinity';
const nonFinite = z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number);

/**
 * Creates the schema of a measured number. NaN and the infinities are sent as strings: JSON has no such numbers, and the
 * values of a diverging run have to be displayed too. The return type is needed, because the compiler cannot infer the
 * type of the enum.
 */
function measure(range: MeasureRange): z.ZodType<number, number | NonFinite> {
  const error = ({ input }: { input?: unknown }) => `expected ${measureText(range)}, got ${valueText(input)}`;
  return z.union([z.number().meta({ ...range }), nonFinite], { error });
}

/** A measured number of any size. */
export const metricValueSchema = measure({});
/** A measured fraction. */
export const measuredFractionSchema = measure({ minimum: 0, maximum: 1 });
/** A measured rate or speed. */
export const measuredRateSchema = measure({ minimum: 0 });
/** An integer from 0. */
export const countSchema = z.int().nonnegative();
/** An integer from 1. */
export const positiveSchema = z.int().positive();
/** Time since the start of the run, or a duration. */
export const secondsSchema = z.number().nonnegative();
/** A fraction from 0 to 1. */
export const fractionSchema = z.number().min(0).max(1);
/**
 * Creates the schema of a text with a number of characters. Unlike zod's `min` and `max`, which count UTF-16 units, it counts
 * characters as its JSON Schema does.
 * @param base The schema of the text before its characters are counted.
 */
export const textSchema = (minLength: number, maxLength: number, base = z.string()): z.ZodString =>
  base
    .check(({ value: input, issues }) => {
      // A character has one or two UTF-16 units.
      if (input.length >= 2 * minLength && input.length <= maxLength) return;
      const length = characterCount(input);
      const issue = { origin: 'string', inclusive: true, input } as const;
      if (length < minLength) issues.push({ code: 'too_small', minimum: minLength, ...issue });
      if (length > maxLength) issues.push({ code: 'too_big', maximum: maxLength, ...issue });
    })
    .meta({ ...(minLength > 0 && { minLength }), maxLength });

/** A text for people, such as a message or a description: at most 2,000 characters, which may contain line breaks. */
export const lineSchema = textSchema(0, 2_000);
/** A name of 1 to 200 characters. */
export const nameSchema = textSchema(1, 200);
/** The index of a class in `dataset.classes`. */
export const classIndexSchema = z
  .int()
  .min(0)
  .max(eventLimits.maxClasses - 1);

/** Creates the schema of bytes in base64. @param maxBytes Largest number of bytes before the encoding. */
export const bytesSchema = (maxBytes: number) =>
  z.base64().max(base64Length(maxBytes), {
    error: ({ input }) => `expected at most ${maxBytes} bytes in base64, got ${base64Bytes(input as string)}`,
  });

/** SHA-256 of a file as 64 hexadecimal digits. */
export const digestSchema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 digest: 64 of 0-9 and a-f')
  .describe('SHA-256 of the file, as 64 hexadecimal digits.');

const metricNameText = 'expected a name of 1 to 64 of A-Z, a-z, 0-9, "_", ".", "/", "-"';

/** The name of a custom metric. */
export const metricNameSchema = z.string().regex(metricNamePattern, metricNameText);

/** Describes what is expected of the names of a record of metrics. */
export const metricNameError = ({ code }: { code?: string | undefined }): string | undefined =>
  code === 'invalid_key' ? metricNameText : undefined;

/** Returns the arguments of `refine` for a record with at most `limit` keys, which the error calls `what`. */
export const atMostKeys = (limit: number, what: string) =>
  [
    (record: object): boolean => Object.keys(record).length <= limit,
    {
      error: ({ input }: { input?: unknown }): string =>
        `expected at most ${limit} ${what}, got ${Object.keys(input as object).length}`,
    },
  ] as const;

/** A publisher's custom metrics: a measure for each name. */
export const metricsSchema = z
  .record(metricNameSchema, metricValueSchema, { error: metricNameError })
  .refine(...atMostKeys(eventLimits.metrics, 'metrics'))
  .meta({
    maxProperties: eventLimits.metrics,
    description: `The publisher's custom metrics: a measure for each name, at most ${eventLimits.metrics}. Names have 1 to 64 of \`A-Z a-z 0-9 _ . / -\`.`,
  });

/** Returns the size of a value as JSON in UTF-8. */
export const jsonBytesOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length;

/** Loss and accuracy, of which either may be unknown. */
export const scoreSchema = z.object({
  loss: metricValueSchema.nullish().describe("Mean loss per sample, in the run's `lossUnit`."),
  accuracy: measuredFractionSchema.nullish().describe('Share of the samples that were classified correctly.'),
});
