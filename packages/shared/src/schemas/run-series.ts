import { z } from 'zod';
import type { EventType } from '../protocol/constants.ts';
import { numericString, querySchema } from './query-values.ts';
import { metricValueSchema } from './values.ts';

/** The fields of events that are available as curves: the event type, then the path of the number in the event's data. */
export const seriesFields = [
  'batch.loss',
  'batch.accuracy',
  'batch.learningRate',
  'batch.imagesPerSecond',
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

export const seriesFieldSchema = z.enum(seriesFields);

/** The x axis of a series. */
export const seriesAxisSchema = z.enum(['step', 'seconds', 'seq']);

/** Query parameters of `GET /api/runs/{runId}/series`, as the strings of an address. */
export const seriesQuerySchema = querySchema({
  fields: z
    .string()
    .default('batch.loss,batch.accuracy,epoch.test.loss,epoch.test.accuracy')
    .transform((text) => [...new Set(text.split(','))])
    .pipe(z.array(seriesFieldSchema).min(1))
    .describe('Numbers to return, separated by commas.'),
  points: numericString
    .pipe(z.int().min(2).max(10_000))
    .default(1_000)
    .describe(
      'Maximum number of points per field. A longer curve is divided into half as many buckets; the lowest and the highest point of each bucket are kept.',
    ),
  x: seriesAxisSchema.default('step').describe("`step`; `seconds` since the run's first event; or `seq`."),
  from: numericString.pipe(z.number().nonnegative()).optional().describe('Smallest x to return.'),
  to: numericString.pipe(z.number().nonnegative()).optional().describe('Largest x to return.'),
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
