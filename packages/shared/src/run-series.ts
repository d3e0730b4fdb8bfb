import { z } from 'zod';
import { type EventType, measure } from './events.ts';
import { numeric } from './numeric.ts';

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

export const seriesField = z.enum(seriesFields);

/** What a series runs over. */
export const seriesAxis = z.enum(['step', 'seconds', 'seq']);

/** Query of `GET /api/runs/{runId}/series`, as strings from the address. */
export const seriesQuery = z.object({
  fields: z
    .string()
    .default('batch.loss,batch.accuracy,epoch.test.loss,epoch.test.accuracy')
    .transform((text) => [...new Set(text.split(','))])
    .pipe(z.array(seriesField).min(1))
    .describe('Separated by commas.'),
  points: numeric
    .pipe(z.int().min(2).max(10_000))
    .default(1_000)
    .describe(
      'At most so many points a field; of a longer run, the lowest and the highest of each of half as many buckets.',
    ),
  x: seriesAxis.default('step').describe("`step`; `seconds` since the run's first event; or `seq`."),
  from: numeric.pipe(z.number().nonnegative()).optional().describe('Only points whose x is not below this …'),
  to: numeric.pipe(z.number().nonnegative()).optional().describe('… and not beyond this.'),
});

/** Answer of `GET /api/runs/{runId}/series`. */
export const runSeries = z.object({
  runId: z.string(),
  lastSeq: z.int().positive().describe('The last event that was looked at.'),
  x: seriesAxis,
  series: z
    .array(z.object({ field: seriesField, x: z.array(z.number()), y: z.array(measure) }))
    .describe(
      'In the order asked for; x ascends, and `x[i]` and `y[i]` are one point of the run, not a mean.',
    ),
});

export type SeriesField = z.infer<typeof seriesField>;
export type SeriesAxis = z.infer<typeof seriesAxis>;
export type SeriesQuery = z.infer<typeof seriesQuery>;
export type RunSeries = z.infer<typeof runSeries>;
