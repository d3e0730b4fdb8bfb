import { z } from 'zod';
import type { EventType } from '../protocol/constants.ts';
import { valueText } from '../protocol/issue-text.ts';
import { numericString, querySchema } from './query-values.ts';
import { metricValueSchema } from './values.ts';

/** The fields of events that are available as curves: the event type, then the path of the number in the event's data. */
export const seriesFields = [
  'batch.loss',
  'batch.accuracy',
  'batch.learningRate',
  'batch.imagesPerSecond',
  'batch.throughput',
  'epoch.train.loss',
  'epoch.train.accuracy',
  'epoch.test.loss',
  'epoch.test.accuracy',
  'epoch.seconds',
  'system.process.cpu',
  'system.process.memoryBytes',
  'system.host.cpu',
  'system.host.memoryUsedBytes',
  'system.gpu.load',
  'system.gpu.memoryUsedBytes',
  'system.gpu.temperatureCelsius',
  'system.gpu.powerWatts',
] as const satisfies `${EventType}.${string}`[];

const fieldError = ({ input }: { input?: unknown }): string =>
  `expected a field of the protocol, or "metrics." and the name of a metric, got ${valueText(input)}`;

/** The field of a custom metric, whichever event carries it: `metrics.` and its name. */
const metricFieldSchema = z
  .string()
  .regex(/^metrics\.[A-Za-z0-9_./-]{1,64}$/, { error: fieldError }) as z.ZodType as z.ZodType<
  `metrics.${string}`,
  string
>;

export const seriesFieldSchema = z.union([z.enum(seriesFields), metricFieldSchema], { error: fieldError });

/** Fields of one request: the charts of a page. Together they have at most `maxSeriesPoints` points. */
const maxSeriesFields = 50;
/** Points of one response: 17 curves of 10,000 points, about 6 MB of JSON. */
const maxSeriesPoints = 170_000;

/** The x axis of a series. */
export const seriesAxisSchema = z.enum(['step', 'seconds', 'seq']);

/** Query parameters of `GET /api/runs/{runId}/series`. In a URL, their values are strings. */
export const seriesQuerySchema = querySchema({
  fields: z
    .string()
    .default('batch.loss,batch.accuracy,epoch.test.loss,epoch.test.accuracy')
    .transform((text) => [...new Set(text.split(','))])
    .pipe(z.array(seriesFieldSchema).min(1).max(maxSeriesFields))
    .describe(
      'Numbers to return, separated by commas, at most 50: a field of the protocol, or `metrics.` and the name of a custom metric.',
    ),
  points: numericString
    .pipe(z.int().min(2).max(10_000))
    .default(1_000)
    .describe(
      'Maximum number of points per field. A longer curve is divided into half as many buckets; the lowest and the highest point of each bucket are kept.',
    ),
  x: seriesAxisSchema.default('step').describe("`step`; `seconds` since the run's first event; or `seq`."),
  from: numericString.pipe(z.number().nonnegative()).optional().describe('Smallest x to return.'),
  to: numericString.pipe(z.number().nonnegative()).optional().describe('Largest x to return.'),
}).refine(({ fields, points }) => fields.length * points <= maxSeriesPoints, {
  path: ['points'],
  error: `expected at most ${maxSeriesPoints} points of all fields together`,
});

/** Response of `GET /api/runs/{runId}/series`. */
export const runSeriesSchema = z.object({
  runId: z.string(),
  lastSeq: z.int().positive().describe('Seq of the last event that was read.'),
  x: seriesAxisSchema,
  series: z
    .array(z.object({ field: seriesFieldSchema, x: z.array(z.number()), y: z.array(metricValueSchema) }))
    .describe(
      'In the requested order; x ascends, and `x[i]` and `y[i]` are a point of the run, never a mean.',
    ),
});

export type SeriesField = z.infer<typeof seriesFieldSchema>;
export type SeriesAxis = z.infer<typeof seriesAxisSchema>;
export type SeriesQuery = z.infer<typeof seriesQuerySchema>;
export type RunSeries = z.infer<typeof runSeriesSchema>;
