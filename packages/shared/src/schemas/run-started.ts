import { z } from 'zod';
import { characterCount } from '../protocol/character-count.ts';
import { eventLimits } from '../protocol/event-limits.ts';
import { valueText } from '../protocol/issue-text.ts';
import {
  atMostKeys,
  countSchema,
  digestSchema,
  jsonBytesOf,
  lineSchema,
  metricNameError,
  metricNameSchema,
  nameSchema,
  positiveSchema,
  textSchema,
} from './values.ts';

/**
 * The value of a setting. The description of the string makes zod write `anyOf` into the JSON Schema, and not a list of types,
 * which strict validators reject.
 */
const settingSchema = z.union(
  [z.number(), z.string().describe('Any other value as a text.'), z.boolean(), z.null()],
  { error: ({ input }) => `expected a number, a text, true, false or null, got ${valueText(input)}` },
);

/** The settings of a run. Known keys have a type; a publisher adds its own settings under further keys. */
export const runConfigSchema = z
  .object({
    epochs: positiveSchema.nullish().describe('Number of passes over the training data.'),
    batchSize: positiveSchema.nullish().describe('Number of samples in a step.'),
    learningRate: z.number().nonnegative().nullish().describe('Step size of the optimizer, or its peak.'),
    optimizer: nameSchema.nullish(),
    schedule: nameSchema.nullish().describe('Schedule of the learning rate.'),
    augment: z
      .boolean()
      .nullish()
      .describe('Whether images are shifted, rotated and scaled a little, differently in each epoch.'),
    seed: z.int().nullish().describe('Seed of the random numbers.'),
    trainSize: countSchema.nullish().describe('Number of training samples.'),
    testSize: countSchema.nullish().describe('Number of test samples.'),
    engine: nameSchema.nullish().describe('The requested engine; `device.engine` is the one in use.'),
  })
  .catchall(settingSchema)
  .refine(...atMostKeys(eventLimits.configKeys, 'settings'))
  .refine((config) => jsonBytesOf(config) <= eventLimits.configBytes, {
    error: ({ input }) =>
      `expected at most ${eventLimits.configBytes} bytes of settings as JSON, got ${jsonBytesOf(input)}`,
  })
  .meta({
    maxProperties: eventLimits.configKeys,
    description:
      'Settings of the run: the known ones below, and any others as a number, a text, a boolean or null. At most 200 keys and 16 kB of JSON.',
  });

const gpuSchema = z.object({
  name: nameSchema,
  memoryBytes: countSchema.nullish(),
  driver: nameSchema.nullish(),
  computeCapability: nameSchema.nullish(),
});

/** The machine that trains. */
export const deviceSchema = z
  .object({
    engine: nameSchema
      .nullish()
      .describe('The library that computes, such as `tensorflow` or `PyTorch 2.9`.'),
    kind: nameSchema.describe('Kind of processor: `cpu`, `gpu`, `tpu`, or any other word.'),
    name: nameSchema.describe('Name of the processor or the GPU.'),
    threads: positiveSchema.nullish(),
    reason: lineSchema.nullish().describe('Why this engine is in use and not a preferred one.'),
    kernels: nameSchema
      .nullish()
      .describe('Name of the set of operations in use, for example `oneDNN` or `plain`.'),
    precision: nameSchema
      .nullish()
      .describe('Number format between the layers: `float32`, which is the default, or `bfloat16`.'),
    precisionReason: lineSchema
      .nullish()
      .describe('Why this precision is in use; absent if it was requested by name.'),
    gpu: gpuSchema.nullish().describe('The GPU; with several, the first of `gpus`.'),
    gpus: z
      .array(gpuSchema)
      .max(eventLimits.gpus)
      .nullish()
      .describe('Every GPU in use, where there are several.'),
  })
  .describe('The machine that trains.');

const layerSchema = z.object({
  name: nameSchema,
  type: nameSchema,
  outputShape: z
    .array(positiveSchema.nullable())
    .max(8)
    .describe('Sizes of the output without the batch; null where a size varies.'),
  parameters: countSchema,
});

const modelSchema = z
  .object({
    layers: z.array(layerSchema).max(eventLimits.layers).describe('May be empty.'),
    parameters: countSchema.nullish().describe('Number of trainable parameters.'),
  })
  .describe('The network or other model.');

/** The test images of a data set, which a publisher uploads once as a file. */
export const testImagesSchema = z
  .object({
    digest: digestSchema,
    count: positiveSchema.describe('Number of images.'),
    width: positiveSchema.max(eventLimits.imageSide),
    height: positiveSchema.max(eventLimits.imageSide),
    channels: z.union([z.literal(1), z.literal(3)]).describe('1 for grey values, 3 for red, green and blue.'),
  })
  .describe(
    'The test images as one file of bytes: the images, [count, height, width, channels], each as in the event `samples`, followed by the true class of each image, as one byte, or as two (the low byte first) for more than 256 classes.',
  );

const classesSchema = z
  .array(nameSchema.meta({ maxLength: eventLimits.className }))
  .min(eventLimits.minClasses)
  .max(eventLimits.maxClasses)
  .superRefine((names, context) => {
    // Version 1 allowed names of 200 characters for its ten classes.
    if (names.length === 10) return;
    names.forEach((input, index) => {
      if (characterCount(input) <= eventLimits.className) return;
      const issue = { code: 'too_big', origin: 'string', maximum: eventLimits.className } as const;
      context.addIssue({ ...issue, inclusive: true, input, path: [index] });
    });
  });

const datasetSchema = z
  .object({
    name: nameSchema,
    classes: classesSchema
      .nullish()
      .describe(
        'Names of the 2 to 1,000 classes, each of at most 64 characters; null for a run without classes.',
      ),
    testImages: testImagesSchema.nullish(),
  })
  .describe('The data.');

const totalsSchema = z
  .object({
    epochs: positiveSchema.nullish(),
    batchesPerEpoch: positiveSchema.nullish(),
    steps: positiveSchema.nullish().describe('Steps of the whole run.'),
  })
  .describe('How long the run will be, as far as it is known.');

/** The definition of a metric, by which viewers label, group and compare it. */
export const metricDefinitionSchema = z.object({
  direction: z.enum(['maximize', 'minimize']).nullish().describe('Which values are better.'),
  unit: textSchema(0, eventLimits.unit).nullish().describe('Unit, such as `ms` or `tokens`.'),
  group: textSchema(0, eventLimits.metricGroup).nullish().describe('Title that its chart is grouped under.'),
});

/** Short texts by which users find and group runs. */
export const tagsSchema = z
  .array(textSchema(1, eventLimits.tag))
  .max(eventLimits.tags)
  .describe('At most 20 texts of at most 40 characters, to find and group runs by.');

/** The name of a run. */
export const runNameSchema = textSchema(1, eventLimits.runName).describe(
  'Name of the run for people; the id identifies it.',
);

export const runStartedDataSchema = z
  .object({
    name: runNameSchema.nullish(),
    tags: tagsSchema.nullish(),
    config: runConfigSchema,
    device: deviceSchema.nullish(),
    model: modelSchema.nullish(),
    dataset: datasetSchema.nullish(),
    totals: totalsSchema.nullish(),
    unit: textSchema(1, eventLimits.unit)
      .nullish()
      .describe('What a step processes, in the plural: `images` (the default), `tokens`, `rows`.'),
    lossUnit: textSchema(1, eventLimits.unit)
      .nullish()
      .describe('Unit of every loss: `nats` per sample (the default), `bits`, `squared error`.'),
    metrics: z
      .record(metricNameSchema, metricDefinitionSchema, { error: metricNameError })
      .refine(...atMostKeys(eventLimits.metrics, 'metrics'))
      .nullish()
      .meta({
        description:
          "Definitions of the publisher's custom metrics, by name: at most 100. Metrics without a definition may be sent too.",
      }),
  })
  .describe('A run starts: its settings, its device, its network and its data.');

export type RunStartedData = z.infer<typeof runStartedDataSchema>;
export type RunConfig = z.infer<typeof runConfigSchema>;
export type MetricDefinition = z.infer<typeof metricDefinitionSchema>;
