import { z } from 'zod';
import { type EventType, eventTypes } from '../protocol/constants.ts';
import { eventLimits } from '../protocol/event-limits.ts';
import { eventEnvelopeSchema, finishedStatusSchema } from './envelope.ts';
import { figureDataSchema } from './figure.ts';
import { layersDataSchema, probeDataSchema, snapshotDataSchema } from './network-state.ts';
import { epochDataSchema, samplesDataSchema } from './results.ts';
import { runStartedDataSchema } from './run-started.ts';
import {
  countSchema as count,
  fractionSchema as fraction,
  lineSchema as line,
  measuredFractionSchema,
  measuredRateSchema,
  metricsSchema,
  metricValueSchema,
  nameSchema as name,
  positiveSchema as positive,
  scoreSchema as score,
  secondsSchema as seconds,
  textSchema,
} from './values.ts';

export const batchDataSchema = z
  .object({
    step: count.describe(
      'Number of the step within the run; the first is 1, or 0 for publishers that count from 0.',
    ),
    loss: metricValueSchema.describe(
      "Loss per sample, in the run's `lossUnit`; nats of cross-entropy by default.",
    ),
    epoch: positive.nullish().describe('From 1.'),
    batch: positive.nullish().describe('From 1 within the epoch.'),
    accuracy: measuredFractionSchema
      .nullish()
      .describe('Share of the batch that was classified correctly, from 0 to 1.'),
    learningRate: measuredRateSchema.nullish(),
    throughput: measuredRateSchema
      .nullish()
      .describe("Processed per second, counted in the run's `unit`: images, tokens, rows."),
    imagesPerSecond: measuredRateSchema
      .nullish()
      .describe('The name of `throughput` in version 1, for a run whose unit is images.'),
    elapsedSeconds: seconds.nullish().describe('Time since the start of the run, without pauses.'),
    etaSeconds: seconds.nullish().describe('Estimated time to the end of the run; null while it is unknown.'),
    metrics: metricsSchema.nullish(),
  })
  .describe('One training step.');

export const metricsDataSchema = z
  .object({
    step: count,
    epoch: positive.nullish().describe('From 1.'),
    metrics: metricsSchema,
  })
  .describe("The publisher's custom metrics at a step, without a loss.");

const gpuLoad = z.object({
  load: fraction.nullish(),
  memoryUsedBytes: count.nullish(),
  memoryTotalBytes: count.nullish(),
  temperatureCelsius: z.number().nullish(),
  powerWatts: z.number().nullish(),
});

export const systemDataSchema = z
  .object({
    process: z
      .object({ cpu: z.number().nonnegative().nullish(), memoryBytes: count.nullish() })
      .nullish()
      .describe('The trainer: CPU in cores (1.5 means one and a half), memory as resident bytes.'),
    host: z
      .object({
        cpu: fraction.nullish(),
        memoryUsedBytes: count.nullish(),
        memoryTotalBytes: count.nullish(),
      })
      .nullish()
      .describe('The machine: CPU as a fraction of all cores.'),
    gpu: gpuLoad.nullish().describe('The GPU; with several, the first of `gpus`.'),
    gpus: z
      .array(gpuLoad)
      .max(eventLimits.gpus)
      .nullish()
      .describe('Every GPU, in the order of `device.gpus`, where there are several.'),
  })
  .describe('Load and memory of the trainer, its machine and its GPU.');

export const noticeDataSchema = z
  .object({
    level: z.enum(['info', 'warning', 'error']),
    code: name.describe('Stable code with a dot, for example `training.diverged`.'),
    message: line,
    step: count.nullish().describe('Step at which it happened; null if it belongs to none.'),
    value: metricValueSchema
      .nullish()
      .describe('Number that the notice is about, if any, such as the learning rate that was set.'),
    by: textSchema(1, eventLimits.by)
      .nullish()
      .describe(
        'Who gave the command that the notice is about: `page`, `assistant`, or the name of a program.',
      ),
  })
  .describe('A remark: a diverging run, a fallback, a command that was executed.');

export const runFinishedDataSchema = z
  .object({
    status: finishedStatusSchema,
    reason: line,
    test: score
      .nullish()
      .describe('Loss and accuracy on the test set at the end; null if there was no test.'),
    bestEpoch: positive.nullish(),
    metrics: metricsSchema.nullish().describe("The publisher's custom metrics at the end."),
    seconds,
    files: z.array(line).max(100).describe("Paths of the saved files, relative to the run's folder."),
  })
  .describe('A run ends. It may still resume from a checkpoint, with events after this one.');

/** Schema of the `data` of each type of event. */
export const eventDataSchemas = {
  'run.started': runStartedDataSchema,
  batch: batchDataSchema,
  epoch: epochDataSchema,
  samples: samplesDataSchema,
  metrics: metricsDataSchema,
  figure: figureDataSchema,
  layers: layersDataSchema,
  probe: probeDataSchema,
  snapshot: snapshotDataSchema,
  system: systemDataSchema,
  notice: noticeDataSchema,
  'run.finished': runFinishedDataSchema,
} as const satisfies Record<EventType, z.ZodType>;

const eventOf = <T extends EventType>(type: T) =>
  eventEnvelopeSchema.extend({ type: z.literal(type), data: eventDataSchemas[type] });

/** An event, as it is sent and stored. */
export const eventSchema = z.discriminatedUnion('type', [
  eventOf('run.started'),
  eventOf('batch'),
  eventOf('epoch'),
  eventOf('samples'),
  eventOf('metrics'),
  eventOf('figure'),
  eventOf('layers'),
  eventOf('probe'),
  eventOf('snapshot'),
  eventOf('system'),
  eventOf('notice'),
  eventOf('run.finished'),
]);

export const eventTypeSchema = z.enum(eventTypes);
export type MonitorEvent = z.infer<typeof eventSchema>;
export type EventOf<T extends EventType> = Extract<MonitorEvent, { type: T }>;
/** Type and data of an event, before the publisher adds its run, seq and time. */
export type EventBody = { [T in EventType]: { type: T; data: EventOf<T>['data'] } }[EventType];
export type BatchData = z.infer<typeof batchDataSchema>;
export type MetricsData = z.infer<typeof metricsDataSchema>;
export type SystemData = z.infer<typeof systemDataSchema>;
export type NoticeData = z.infer<typeof noticeDataSchema>;
export type RunFinishedData = z.infer<typeof runFinishedDataSchema>;
export type FinishedStatus = z.infer<typeof finishedStatusSchema>;
