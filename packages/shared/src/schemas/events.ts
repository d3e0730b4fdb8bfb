import { z } from 'zod';
import { bytesPerImage, classCount, type EventType, eventTypes } from '../protocol/constants.ts';
import { runIdPattern } from '../protocol/run-id.ts';

type NonFinite = 'NaN' | 'Infinity' | '-Infinity';
const nonFinite = z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number);

/**
 * A measured number. Not a number and the infinities travel as strings: a diverging run is an event to show. The type
 * is said here: that of the enum, as the compiler writes it into a declaration file, is none that it reads again.
 */
export const metricValueSchema: z.ZodType<number, number | NonFinite> = z.union([z.number(), nonFinite]);
const count = z.int().nonnegative();
const positive = z.int().positive();
/** Seconds since the run began, or a duration. */
const seconds = z.number().nonnegative();
/** A fraction from 0 to 1. */
const fraction = z.number().min(0).max(1);
const label = z
  .int()
  .min(0)
  .max(classCount - 1);
const line = z.string().max(2_000);
const name = z.string().min(1).max(200);

/**
 * Identifies a run: readable, sortable by start time, safe as a folder name.
 * The trainer's own are `yyyymmdd-hhmmss-xxxx`; other publishers may choose theirs.
 */
export const runIdSchema = z
  .string()
  .regex(runIdPattern, '1 to 64 of A-Z, a-z, 0-9, ".", "_", "-", a letter or digit first, and not "latest"');

const gpu = z.object({
  name,
  memoryBytes: count.nullable(),
  driver: name.nullable(),
  computeCapability: name.nullable(),
});

export const runStartedDataSchema = z
  .object({
    config: z.object({
      epochs: positive,
      batchSize: positive,
      learningRate: z.number().positive(),
      optimizer: name,
      schedule: name,
      augment: z
        .boolean()
        .default(false)
        .describe('Whether images were moved a little, another way each epoch.'),
      seed: z.int(),
      trainSize: positive,
      testSize: positive,
      engine: name.describe('The engine asked for; `device.engine` is the one in use.'),
    }),
    device: z.object({
      engine: name,
      kind: z.enum(['cpu', 'gpu']),
      name: name.describe("The processor's or the GPU's name."),
      threads: positive.nullable(),
      reason: line.describe('Why this engine and not one before it in the order of preference.'),
      kernels: name.describe('Which set of operations is in use, for example `oneDNN` or `plain`.'),
      gpu: gpu.nullable(),
    }),
    model: z.object({
      layers: z
        .array(
          z.object({ name, type: name, outputShape: z.array(positive).min(1).max(4), parameters: count }),
        )
        .min(1)
        .max(200),
      parameters: count,
    }),
    dataset: z.object({ name, classes: z.array(name).length(classCount) }),
    totals: z.object({ batchesPerEpoch: positive, steps: positive }),
  })
  .describe('A run begins: what it was told, what it runs on, and the network.');

export const batchDataSchema = z
  .object({
    epoch: positive.describe('From 1.'),
    batch: positive.describe('From 1 within the epoch.'),
    step: positive.describe('From 1 within the run.'),
    loss: metricValueSchema.describe('Cross-entropy in nats per sample.'),
    accuracy: metricValueSchema,
    learningRate: metricValueSchema,
    imagesPerSecond: metricValueSchema,
    elapsedSeconds: seconds,
    etaSeconds: seconds.nullable(),
  })
  .describe('One training step.');

const score = z.object({ loss: metricValueSchema, accuracy: metricValueSchema });

export const epochDataSchema = z
  .object({
    epoch: positive,
    step: positive.describe('The last step of the epoch: where its points stand on a chart over steps.'),
    train: score.describe("Means over the epoch's batches, as the network was while it learned."),
    test: score.extend({
      perClass: z
        .array(fraction.nullable())
        .length(classCount)
        .describe('Accuracy per true class; null for a class with no test image.'),
      confusion: z
        .array(z.array(count).length(classCount))
        .length(classCount)
        .describe('Counts; rows are true classes, columns predicted ones.'),
    }),
    seconds,
  })
  .describe('An epoch is over: how well the network does on all test images.');

export const samplePredictionSchema = z.object({
  index: count.describe('Position in the test set.'),
  label,
  prediction: label,
  probabilities: z.array(metricValueSchema).length(classCount),
  image: z
    .base64()
    .length(Math.ceil(bytesPerImage / 3) * 4)
    .describe('784 bytes in base64: 0 is background, 255 is full ink.'),
});

export const samplesDataSchema = z
  .object({ epoch: positive, items: z.array(samplePredictionSchema).max(100) })
  .describe('What the network says of some test images, the worst mistakes among them.');

export const systemDataSchema = z
  .object({
    process: z
      .object({ cpu: z.number().nonnegative(), memoryBytes: count })
      .describe('The trainer: CPU in cores (1.5 is one and a half), memory as resident bytes.'),
    host: z.object({ cpu: fraction, memoryUsedBytes: count, memoryTotalBytes: count }),
    gpu: z
      .object({
        load: fraction.nullable(),
        memoryUsedBytes: count.nullable(),
        memoryTotalBytes: count.nullable(),
        temperatureCelsius: z.number().nullable(),
        powerWatts: z.number().nullable(),
      })
      .nullable(),
  })
  .describe('How busy the trainer, its machine and its GPU are.');

export const noticeDataSchema = z
  .object({
    level: z.enum(['info', 'warning', 'error']),
    code: name.describe('Stable and dotted, for example `training.diverged`.'),
    message: line,
    step: count.nullable().describe('The step at which it happened; null when it belongs to no step.'),
    value: metricValueSchema
      .optional()
      .describe('The number that it is about, where there is one: the learning rate that was set.'),
  })
  .describe('Something worth saying: a diverging run, a fallback, a command that was done.');

export const finishedStatusSchema = z.enum(['completed', 'stopped', 'failed', 'interrupted']);

export const runFinishedDataSchema = z
  .object({
    status: finishedStatusSchema,
    reason: line,
    test: score
      .nullable()
      .describe('Loss and accuracy on the test set at the end; null when no epoch was completed.'),
    bestEpoch: positive.nullable(),
    seconds,
    files: z.array(line).max(100).describe("Saved files, relative to the run's folder."),
  })
  .describe('A run is over. It may still go on from a checkpoint, with events after this one.');

/** What every event has, whatever its type. */
export const eventEnvelopeSchema = z.object({
  v: z.literal(1),
  runId: runIdSchema,
  seq: positive.describe('Given by the publisher: starts at 1, without gaps within a run.'),
  time: z.iso.datetime(),
});

/** Every kind of event, by its type, with the schema of its `data`. */
export const eventDataSchemas = {
  'run.started': runStartedDataSchema,
  batch: batchDataSchema,
  epoch: epochDataSchema,
  samples: samplesDataSchema,
  system: systemDataSchema,
  notice: noticeDataSchema,
  'run.finished': runFinishedDataSchema,
} as const satisfies Record<EventType, z.ZodType>;

const of = <T extends EventType>(type: T) =>
  eventEnvelopeSchema.extend({ type: z.literal(type), data: eventDataSchemas[type] });

/** One event as it travels and as it is stored. */
export const eventSchema = z.discriminatedUnion('type', [
  of('run.started'),
  of('batch'),
  of('epoch'),
  of('samples'),
  of('system'),
  of('notice'),
  of('run.finished'),
]);

export const eventTypeSchema = z.enum(eventTypes);
export type MonitorEvent = z.infer<typeof eventSchema>;
export type EventOf<T extends EventType> = Extract<MonitorEvent, { type: T }>;
/** An event before the publisher has given it its run, number and time. */
export type EventBody = { [T in EventType]: { type: T; data: EventOf<T>['data'] } }[EventType];
export type RunStartedData = z.infer<typeof runStartedDataSchema>;
export type BatchData = z.infer<typeof batchDataSchema>;
export type EpochData = z.infer<typeof epochDataSchema>;
export type SamplePrediction = z.infer<typeof samplePredictionSchema>;
export type SamplesData = z.infer<typeof samplesDataSchema>;
export type SystemData = z.infer<typeof systemDataSchema>;
export type NoticeData = z.infer<typeof noticeDataSchema>;
export type RunFinishedData = z.infer<typeof runFinishedDataSchema>;
export type FinishedStatus = z.infer<typeof finishedStatusSchema>;
