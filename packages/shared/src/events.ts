import { z } from 'zod';
import { runIdPattern } from './run-id.ts';

/** Number of classes of every dataset the monitor trains on (MNIST, Fashion-MNIST: ten). */
export const classCount = 10;
/** Bytes of one image: 28 × 28 grey values, row by row. */
export const imageBytes = 784;

type NonFinite = 'NaN' | 'Infinity' | '-Infinity';
const nonFinite = z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number);

/**
 * A measured number. Not a number and the infinities travel as strings: a diverging run is an event to show. The type
 * is said here: that of the enum, as the compiler writes it into a declaration file, is none that it reads again.
 */
export const measure: z.ZodType<number, number | NonFinite> = z.union([z.number(), nonFinite]);
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
export const runId = z
  .string()
  .regex(runIdPattern, '1 to 64 of A-Z, a-z, 0-9, ".", "_", "-", a letter or digit first, and not "latest"');

const gpu = z.object({
  name,
  memoryBytes: count.nullable(),
  driver: name.nullable(),
  computeCapability: name.nullable(),
});

export const runStartedData = z
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

export const batchData = z
  .object({
    epoch: positive.describe('From 1.'),
    batch: positive.describe('From 1 within the epoch.'),
    step: positive.describe('From 1 within the run.'),
    loss: measure.describe('Cross-entropy in nats per sample.'),
    accuracy: measure,
    learningRate: measure,
    imagesPerSecond: measure,
    elapsedSeconds: seconds,
    etaSeconds: seconds.nullable(),
  })
  .describe('One training step.');

const score = z.object({ loss: measure, accuracy: measure });

export const epochData = z
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

export const sample = z.object({
  index: count.describe('Position in the test set.'),
  label,
  prediction: label,
  probabilities: z.array(measure).length(classCount),
  image: z
    .base64()
    .length(Math.ceil(imageBytes / 3) * 4)
    .describe('784 bytes in base64: 0 is background, 255 is full ink.'),
});

export const samplesData = z
  .object({ epoch: positive, items: z.array(sample).max(100) })
  .describe('What the network says of some test images, the worst mistakes among them.');

export const systemData = z
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

export const noticeData = z
  .object({
    level: z.enum(['info', 'warning', 'error']),
    code: name.describe('Stable and dotted, for example `training.diverged`.'),
    message: line,
    step: count.nullable().describe('The step at which it happened; null when it belongs to no step.'),
    value: measure
      .optional()
      .describe('The number that it is about, where there is one: the learning rate that was set.'),
  })
  .describe('Something worth saying: a diverging run, a fallback, a command that was done.');

export const finishedStatus = z.enum(['completed', 'stopped', 'failed', 'interrupted']);

export const runFinishedData = z
  .object({
    status: finishedStatus,
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
export const eventEnvelope = z.object({
  v: z.literal(1),
  runId,
  seq: positive.describe('Given by the publisher: starts at 1, without gaps within a run.'),
  time: z.iso.datetime(),
});

/** Every kind of event, by its type, with the schema of its `data`. */
export const eventData = {
  'run.started': runStartedData,
  batch: batchData,
  epoch: epochData,
  samples: samplesData,
  system: systemData,
  notice: noticeData,
  'run.finished': runFinishedData,
} as const;

const of = <T extends EventType>(type: T) =>
  eventEnvelope.extend({ type: z.literal(type), data: eventData[type] });

/** One event as it travels and as it is stored. */
export const event = z.discriminatedUnion('type', [
  of('run.started'),
  of('batch'),
  of('epoch'),
  of('samples'),
  of('system'),
  of('notice'),
  of('run.finished'),
]);

export const eventTypes = Object.keys(eventData) as EventType[];
export const eventType = z.enum(eventTypes as [EventType, ...EventType[]]);
/** Types as they stand in an address: separated by commas. */
export const eventTypeList = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(eventType).min(1));

export type EventType = keyof typeof eventData;
export type MonitorEvent = z.infer<typeof event>;
export type EventOf<T extends EventType> = Extract<MonitorEvent, { type: T }>;
/** An event before the publisher has given it its run, number and time. */
export type EventBody = { [T in EventType]: { type: T; data: EventOf<T>['data'] } }[EventType];
export type RunStarted = z.infer<typeof runStartedData>;
export type Batch = z.infer<typeof batchData>;
export type Epoch = z.infer<typeof epochData>;
export type Sample = z.infer<typeof sample>;
export type Samples = z.infer<typeof samplesData>;
export type System = z.infer<typeof systemData>;
export type Notice = z.infer<typeof noticeData>;
export type RunFinished = z.infer<typeof runFinishedData>;
export type FinishedStatus = z.infer<typeof finishedStatus>;
