import { z } from 'zod';
import type { EventType } from '../protocol/constants.ts';
import { metricValueSchema } from './events.ts';
import { numericString } from './query-values.ts';

/** Numbers that can be drawn over a run: the type of event, then the way to the number in its data. */
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

/** What a series runs over. */
export const seriesAxisSchema = z.enum(['step', 'seconds', 'seq']);

/** Query of `GET /api/runs/{runId}/series`, as strings from the address. */
export const seriesQuerySchema = z.object({
  fields: z
    .string()
    .default('batch.loss,batch.accuracy,epoch.test.loss,epoch.test.accuracy')
    .transform((text) => [...new Set(text.split(','))])
    .pipe(z.array(seriesFieldSchema).min(1))
    .describe('Separated by commas.'),
  points: numericString
    .pipe(z.int().min(2).max(10_000))
    .default(1_000)
    .describe(
      'At most so many points a field; of a longer run, the lowest and the highest of each of half as many buckets.',
    ),
  x: seriesAxisSchema.default('step').describe("`step`; `seconds` since the run's first event; or `seq`."),
  from: numericString
    .pipe(z.number().nonnegative())
    .optional()
    .describe('Only points whose x is not below this …'),
  to: numericString.pipe(z.number().nonnegative()).optional().describe('… and not beyond this.'),
});

/** Answer of `GET /api/runs/{runId}/series`. */
export const runSeriesSchema = z.object({
  runId: z.string(),
  lastSeq: z.int().positive().describe('The last event that was looked at.'),
  x: seriesAxisSchema,
  series: z
    .array(z.object({ field: seriesFieldSchema, x: z.array(z.number()), y: z.array(metricValueSchema) }))
    .describe(
      'In the order asked for; x ascends, and `x[i]` and `y[i]` are one point of the run, not a mean.',
    ),
});

export type SeriesField = z.infer<typeof seriesFieldSchema>;
export type SeriesAxis = z.infer<typeof seriesAxisSchema>;
export type SeriesQuery = z.infer<typeof seriesQuerySchema>;
export type RunSeries = z.infer<typeof runSeriesSchema>;
