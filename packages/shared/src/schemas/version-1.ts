import { z } from 'zod';
import { bytesPerImage } from '../protocol/constants.ts';
import { eventEnvelopeSchema, finishedStatusSchema } from './envelope.ts';
import {
  countSchema as count,
  fractionSchema as fraction,
  metricValueSchema,
  positiveSchema as positive,
  secondsSchema as seconds,
} from './values.ts';

// The events of version 1 of the protocol. This file never changes: it decides which events a publisher of version 1 may
// send, and which runs a viewer of version 1 can read.

// Lengths are in UTF-16 units: as version 1 counted them.
const line = z.string().max(2_000);
const name = z.string().min(1).max(200);

/** Number of classes of every dataset of version 1. */
const classCount = 10;

const label = z
  .int()
  .min(0)
  .max(classCount - 1);

const runStartedData = z.object({
  config: z.object({
    epochs: positive,
    batchSize: positive,
    learningRate: z.number().positive(),
    optimizer: name,
    schedule: name,
    augment: z.boolean().default(false),
    seed: z.int(),
    trainSize: positive,
    testSize: positive,
    engine: name,
  }),
  device: z.object({
    engine: name,
    kind: z.enum(['cpu', 'gpu']),
    name,
    threads: positive.nullable(),
    reason: line,
    kernels: name,
    precision: name.optional(),
    precisionReason: line.optional(),
    gpu: z
      .object({
        name,
        memoryBytes: count.nullable(),
        driver: name.nullable(),
        computeCapability: name.nullable(),
      })
      .nullable(),
  }),
  model: z.object({
    layers: z
      .array(z.object({ name, type: name, outputShape: z.array(positive).min(1).max(4), parameters: count }))
      .min(1)
      .max(200),
    parameters: count,
  }),
  dataset: z.object({ name, classes: z.array(name).length(classCount) }),
  totals: z.object({ batchesPerEpoch: positive, steps: positive }),
});

const batchData = z.object({
  epoch: positive,
  batch: positive,
  step: positive,
  loss: metricValueSchema,
  accuracy: metricValueSchema,
  learningRate: metricValueSchema,
  imagesPerSecond: metricValueSchema,
  elapsedSeconds: seconds,
  etaSeconds: seconds.nullable(),
});

const score = z.object({ loss: metricValueSchema, accuracy: metricValueSchema });

const epochData = z.object({
  epoch: positive,
  step: positive,
  train: score,
  test: score.extend({
    perClass: z.array(fraction.nullable()).length(classCount),
    confusion: z.array(z.array(count).length(classCount)).length(classCount),
  }),
  seconds,
});

const samplesData = z.object({
  epoch: positive,
  items: z
    .array(
      z.object({
        index: count,
        label,
        prediction: label,
        probabilities: z.array(metricValueSchema).length(classCount),
        image: z.base64().length(Math.ceil(bytesPerImage / 3) * 4),
      }),
    )
    .max(100),
});

const systemData = z.object({
  process: z.object({ cpu: z.number().nonnegative(), memoryBytes: count }),
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
});

const noticeData = z.object({
  level: z.enum(['info', 'warning', 'error']),
  code: name,
  message: line,
  step: count.nullable(),
  value: metricValueSchema.optional(),
});

const runFinishedData = z.object({
  status: finishedStatusSchema,
  reason: line,
  test: score.nullable(),
  bestEpoch: positive.nullable(),
  seconds,
  files: z.array(line).max(100),
});

const eventSchemaOf = <T extends string, D extends z.ZodType>(type: T, data: D) =>
  eventEnvelopeSchema.extend({ type: z.literal(type), data });

/** An event of version 1 of the protocol. Each is also an event of the current version. */
export const version1EventSchema = z.discriminatedUnion('type', [
  eventSchemaOf('run.started', runStartedData),
  eventSchemaOf('batch', batchData),
  eventSchemaOf('epoch', epochData),
  eventSchemaOf('samples', samplesData),
  eventSchemaOf('system', systemData),
  eventSchemaOf('notice', noticeData),
  eventSchemaOf('run.finished', runFinishedData),
]);

export type Version1Event = z.infer<typeof version1EventSchema>;
/** An event of version 1 with this type. */
export type Version1EventOf<T extends Version1Event['type']> = Extract<Version1Event, { type: T }>;
/** Type and data of an event of version 1, before the publisher adds its run, seq and time. */
export type Version1EventBody = {
  [T in Version1Event['type']]: { type: T; data: Version1EventOf<T>['data'] };
}[Version1Event['type']];
