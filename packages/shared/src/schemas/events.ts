import { z } from 'zod';
import { bytesPerImage, classCount, type EventType, eventTypes } from '../protocol/constants.ts';
import { type MeasureRange, measureText, valueText } from '../protocol/issue-text.ts';
import { isRunId, latestRun, runIdPattern } from '../protocol/run-id.ts';

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
const measuredFraction = measure({ minimum: 0, maximum: 1 });
/** A measured rate or speed. */
const measuredRate = measure({ minimum: 0 });
const count = z.int().nonnegative();
const positive = z.int().positive();
/** Time since the start of the run, or a duration. */
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
 * Id of a run, which is also the name of its folder. The trainer's ids (`yyyymmdd-hhmmss-xxxx`) sort by start time; other
 * publishers choose their own.
 */
export const runIdSchema = z
  .string()
  // Not `.regex`, which would report two issues for one text; the pattern is part of the JSON Schema below.
  .refine(
    isRunId,
    'expected 1 to 64 of A-Z, a-z, 0-9, ".", "_", "-", starting with a letter or digit, and not "latest"',
  )
  .meta({
    pattern: runIdPattern.source,
    not: { const: latestRun },
    description:
      'Id of a run: 1 to 64 of `A-Z a-z 0-9 . _ -`, starting with a letter or digit, and not `latest`.',
  });

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
        .describe('Whether images are shifted, rotated and scaled a little, differently in each epoch.'),
      seed: z.int(),
      trainSize: positive,
      testSize: positive,
      engine: name.describe('The requested engine; `device.engine` is the one in use.'),
    }),
    device: z.object({
      engine: name,
      kind: z.enum(['cpu', 'gpu']),
      name: name.describe('Name of the processor or the GPU.'),
      threads: positive.nullable(),
      reason: line.describe('Why this engine is in use and not a preferred one.'),
      kernels: name.describe('Name of the set of operations in use, for example `oneDNN` or `plain`.'),
      precision: name
        .optional()
        .describe('Number format between the layers: `float32`, which is the default, or `bfloat16`.'),
      precisionReason: line
        .optional()
        .describe('Why this precision is in use; absent if it was requested by name.'),
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
  .describe('A run starts: its settings, its device and its network.');

export const batchDataSchema = z
  .object({
    epoch: positive.describe('From 1.'),
    batch: positive.describe('From 1 within the epoch.'),
    step: positive.describe('From 1 within the run.'),
    loss: metricValueSchema.describe('Cross-entropy in nats per sample.'),
    accuracy: measuredFraction,
    learningRate: measuredRate,
    imagesPerSecond: measuredRate,
    elapsedSeconds: seconds,
    etaSeconds: seconds.nullable(),
  })
  .describe('One training step.');

const score = z.object({ loss: metricValueSchema, accuracy: measuredFraction });

export const epochDataSchema = z
  .object({
    epoch: positive,
    step: positive.describe('Last step of the epoch: its x on a chart over steps.'),
    train: score.describe("Means over the epoch's batches, measured during training."),
    test: score.extend({
      perClass: z
        .array(fraction.nullable())
        .length(classCount)
        .describe('Accuracy per true class; null for a class with no test image.'),
      confusion: z
        .array(z.array(count).length(classCount))
        .length(classCount)
        .describe('Counts; rows are true classes, columns are predicted classes.'),
    }),
    seconds,
  })
  .describe('An epoch ends: results on its training batches and on all test images.');

export const samplePredictionSchema = z.object({
  index: count.describe('Index in the test set, from 0.'),
  label,
  prediction: label,
  probabilities: z.array(measuredFraction).length(classCount),
  image: z
    .base64()
    .length(Math.ceil(bytesPerImage / 3) * 4)
    .describe('784 bytes in base64: 0 is background, 255 is full ink.'),
});

export const samplesDataSchema = z
  .object({ epoch: positive, items: z.array(samplePredictionSchema).max(100) })
  .describe('Predictions for some test images, including the worst mistakes.');

export const systemDataSchema = z
  .object({
    process: z
      .object({ cpu: z.number().nonnegative(), memoryBytes: count })
      .describe('The trainer: CPU in cores (1.5 means one and a half), memory as resident bytes.'),
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
  .describe('Load and memory of the trainer, its machine and its GPU.');

export const noticeDataSchema = z
  .object({
    level: z.enum(['info', 'warning', 'error']),
    code: name.describe('Stable code with a dot, for example `training.diverged`.'),
    message: line,
    step: count.nullable().describe('Step at which it happened; null if it belongs to none.'),
    value: metricValueSchema
      .optional()
      .describe('Number that the notice is about, if any, such as the learning rate that was set.'),
  })
  .describe('A remark: a diverging run, a fallback, a command that was executed.');

export const finishedStatusSchema = z.enum(['completed', 'stopped', 'failed', 'interrupted']);

export const runFinishedDataSchema = z
  .object({
    status: finishedStatusSchema,
    reason: line,
    test: score
      .nullable()
      .describe('Loss and accuracy on the test set at the end; null if no epoch was completed.'),
    bestEpoch: positive.nullable(),
    seconds,
    files: z.array(line).max(100).describe("Paths of the saved files, relative to the run's folder."),
  })
  .describe('A run ends. It may still resume from a checkpoint, with events after this one.');

const timeError = ({ input }: { input?: unknown }): string =>
  `expected a time in UTC such as "2026-11-24T10:00:00.123Z", got ${valueText(input)}`;

/** A time in UTC, which ends with `Z` or, as Python writes it, with `+00:00`. */
const utcTime = z.iso
  .datetime({ offset: true, abort: true, error: timeError })
  .regex(/(?:Z|\+00:00)$/, { error: timeError })
  .meta({ format: 'date-time', description: 'In UTC: ends with `Z` or `+00:00`.' });

/** Fields of every event besides `type` and `data`. */
export const eventEnvelopeSchema = z.object({
  v: z.literal(1),
  runId: runIdSchema,
  seq: positive.describe('Number assigned by the publisher: starts at 1, without gaps within a run.'),
  time: utcTime,
});

/** Schema of the `data` of each type of event. */
export const eventDataSchemas = {
  'run.started': runStartedDataSchema,
  batch: batchDataSchema,
  epoch: epochDataSchema,
  samples: samplesDataSchema,
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
  eventOf('system'),
  eventOf('notice'),
  eventOf('run.finished'),
]);

export const eventTypeSchema = z.enum(eventTypes);
export type MonitorEvent = z.infer<typeof eventSchema>;
export type EventOf<T extends EventType> = Extract<MonitorEvent, { type: T }>;
/** Type and data of an event, before the publisher adds its run, seq and time. */
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
