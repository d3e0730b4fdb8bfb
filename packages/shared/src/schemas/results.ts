import { z } from 'zod';
import { base64Length, eventLimits } from '../protocol/event-limits.ts';
import { imageBytesOf } from '../protocol/image-size.ts';
import {
  bytesSchema,
  classIndexSchema,
  countSchema,
  fractionSchema,
  measuredFractionSchema,
  metricsSchema,
  positiveSchema,
  scoreSchema,
  secondsSchema,
} from './values.ts';

const { maxClasses, minClasses, matrixClasses } = eventLimits;

/** A fraction for each class; null for a class without a value. */
const perClass = z.array(fractionSchema.nullable()).min(minClasses).max(maxClasses);

const calibrationBinSchema = z.object({
  count: countSchema.describe('Number of test samples whose confidence is in the bin.'),
  confidence: fractionSchema.nullable().describe('Mean confidence of these samples; null if there are none.'),
  accuracy: fractionSchema.nullable().describe('Share of these samples that were classified correctly.'),
});

const testResultsSchema = scoreSchema
  .extend({
    perClass: perClass
      .nullish()
      .describe('Accuracy per true class, which is its recall; null for a class with no test sample.'),
    precision: perClass
      .nullish()
      .describe(
        'Share of the samples predicted as the class that belong to it; null if none was predicted as it.',
      ),
    recall: perClass
      .nullish()
      .describe('Share of the samples of the class that were predicted as it; null if there are none.'),
    confusion: z
      .array(z.array(countSchema).min(minClasses).max(matrixClasses))
      .min(minClasses)
      .max(matrixClasses)
      .nullish()
      .describe(
        'Counts, N × N for at most 100 classes; rows are true classes, columns are predicted classes.',
      ),
    confusionCells: z
      .array(z.array(countSchema).length(3))
      .max(eventLimits.confusionCells)
      .nullish()
      .describe(
        'The cells of the matrix that are not 0, as [true class, predicted class, count]: for more than 100 classes.',
      ),
    calibration: z
      .array(calibrationBinSchema)
      .length(eventLimits.calibrationBins)
      .nullish()
      .describe(
        'Confidence (the largest probability) against accuracy, in 15 bins of equal width from 0 to 1 (Guo et al. 2017).',
      ),
    predictions: bytesSchema(eventLimits.predictionBytes)
      .nullish()
      .describe(
        'Predicted class of every test sample, in the order of the test set, in base64: one byte each, or two (the low byte first) for more than 256 classes.',
      ),
    confidences: bytesSchema(eventLimits.confidenceBytes)
      .nullish()
      .describe(
        'Probability of the predicted class of every test sample, in the order of the test set, in base64: one byte each, 255 for a probability of 1.',
      ),
  })
  .superRefine((test, context) => {
    const lists = {
      perClass: test.perClass,
      precision: test.precision,
      recall: test.recall,
      confusion: test.confusion,
    };
    const given = Object.entries(lists).filter(([, list]) => list != null);
    const [first] = given;
    for (const [name, list] of given)
      if (list!.length !== first![1]!.length)
        context.addIssue({
          code: 'custom',
          path: [name],
          message: `expected as many classes as ${first![0]} has (${first![1]!.length}), got ${list!.length}`,
        });
    const row = test.confusion?.findIndex((counts) => counts.length !== test.confusion!.length) ?? -1;
    if (row >= 0)
      context.addIssue({
        code: 'custom',
        path: ['confusion', row],
        message: `expected ${test.confusion!.length} counts in each row, got ${test.confusion![row]!.length}`,
      });
  })
  .describe('Results on the test set, as far as they are known.');

export const epochDataSchema = z
  .object({
    epoch: positiveSchema.describe('From 1.'),
    step: countSchema.nullish().describe('Last step of the epoch: its x on a chart over steps.'),
    train: scoreSchema.nullish().describe("Means over the epoch's batches, measured during training."),
    test: testResultsSchema.nullish(),
    seconds: secondsSchema.nullish().describe('Duration of the epoch.'),
    metrics: metricsSchema.nullish(),
  })
  .describe('An epoch ends: results on its training batches and on the test set.');

export const samplePredictionSchema = z.object({
  index: countSchema.describe('Index in the test set, from 0.'),
  label: classIndexSchema.describe('The true class.'),
  prediction: classIndexSchema.describe('The class with the largest probability.'),
  probabilities: z
    .array(measuredFractionSchema)
    .min(1)
    .max(eventLimits.probabilities)
    .describe('The probabilities of `classes`, at most the ten largest.'),
  classes: z
    .array(classIndexSchema)
    .min(1)
    .max(eventLimits.probabilities)
    .nullish()
    .describe('The class of each probability; absent where they are those of class 0, 1, 2 and so on.'),
  image: bytesSchema(3 * eventLimits.imageSide ** 2).describe(
    'Bytes [height, width, channels] in base64. With one channel, 0 is the background and 255 the full strength of the drawing; with three, they are red, green and blue, from 0 (dark) to 255 (light).',
  ),
});

const sideSchema = positiveSchema.max(eventLimits.imageSide);

/** The size of images, which are 28 × 28 grey values where it is not given. */
export const imageSizeSchemas = {
  width: sideSchema.nullish().describe('Width of the images in pixels, at most 64; 28 where absent.'),
  height: sideSchema.nullish().describe('Height of the images in pixels, at most 64; 28 where absent.'),
  channels: z
    .union([z.literal(1), z.literal(3)])
    .nullish()
    .describe('1 for grey values, which is the default, or 3 for red, green and blue.'),
};

export const samplesDataSchema = z
  .object({
    epoch: positiveSchema,
    ...imageSizeSchemas,
    items: z.array(samplePredictionSchema).max(eventLimits.items),
  })
  .superRefine((samples, context) => {
    const length = base64Length(imageBytesOf(samples));
    samples.items.forEach((item, index) => {
      if (item.image.length !== length)
        context.addIssue({
          code: 'custom',
          path: ['items', index, 'image'],
          message: `expected ${imageBytesOf(samples)} bytes, which have ${length} characters in base64, got ${item.image.length} characters`,
        });
      if (item.classes != null && item.classes.length !== item.probabilities.length)
        context.addIssue({
          code: 'custom',
          path: ['items', index, 'classes'],
          message: `expected a class for each of ${item.probabilities.length} probabilities, got ${item.classes.length}`,
        });
    });
  })
  .describe('Predictions for some test images, including the worst mistakes.');

export type EpochData = z.infer<typeof epochDataSchema>;
export type TestResults = NonNullable<EpochData['test']>;
export type SamplePrediction = z.infer<typeof samplePredictionSchema>;
export type SamplesData = z.infer<typeof samplesDataSchema>;
