import { z } from 'zod';
import { base64Length, eventLimits } from '../protocol/event-limits.ts';
import { imageBytesOf } from '../protocol/image-size.ts';
import { imageSizeSchemas } from './results.ts';
import {
  bytesSchema,
  classIndexSchema,
  countSchema,
  digestSchema,
  fractionSchema,
  metricValueSchema,
  nameSchema,
  positiveSchema,
} from './values.ts';

const { tensors, histogramBins, items, maxClasses, probeImages } = eventLimits;

const perTensor = z.array(metricValueSchema.nullable()).max(tensors);

const histogramSchema = z.object({
  edges: z
    .array(metricValueSchema)
    .length(histogramBins + 1)
    .describe('Edges of the 32 bins, ascending: bin i is from edge i to edge i + 1.'),
  counts: z.array(countSchema).length(histogramBins).describe('Number of weights in each bin.'),
});

export const layersDataSchema = z
  .object({
    step: countSchema,
    tensors: z
      .array(nameSchema)
      .max(tensors)
      .describe('Names of the parameter tensors, such as `conv1.weight`; the lists below have their order.'),
    weightNorm: perTensor.nullish().describe('Euclidean norm of each tensor.'),
    gradientNorm: perTensor.nullish().describe("Euclidean norm of each tensor's gradient at this step."),
    updateRatio: perTensor
      .nullish()
      .describe("Norm of the step's change of each tensor, divided by the norm of the tensor: ‖Δw‖ / ‖w‖."),
    activations: z
      .array(nameSchema)
      .max(tensors)
      .nullish()
      .describe('Names of the activations that `dead` is about, such as `relu1`.'),
    dead: z
      .array(fractionSchema.nullable())
      .max(tensors)
      .nullish()
      .describe('Share of the units of each activation that were 0 for the whole probe set.'),
    histograms: z
      .array(histogramSchema)
      .max(tensors)
      .nullish()
      .describe('Histogram of the weights of each tensor, once an epoch.'),
  })
  .superRefine((layers, context) => {
    const { weightNorm, gradientNorm, updateRatio, histograms, activations, dead } = layers;
    const expectLength = (
      lists: Record<string, readonly unknown[] | null | undefined>,
      length: number,
    ): void => {
      for (const [name, list] of Object.entries(lists))
        if (list != null && list.length !== length)
          context.addIssue({
            code: 'custom',
            path: [name],
            message: `expected a value for each of ${length} names, got ${list.length}`,
          });
    };
    expectLength({ weightNorm, gradientNorm, updateRatio, histograms }, layers.tensors.length);
    expectLength({ dead }, activations?.length ?? 0);
  })
  .describe(
    'Norms of the weights, gradients and updates of each parameter tensor, and units that are always 0.',
  );

const probeLogitsSchema = z.object({
  classes: z.int().min(1).max(maxClasses).describe('Number of logits of each image.'),
  scale: z.number().positive().describe('Logit of the value 1.'),
  values: bytesSchema(eventLimits.probeLogitBytes).describe(
    'Signed bytes [images, classes] in base64: a logit is its byte multiplied by `scale`.',
  ),
});

const probeImagesSchema = z
  .object({
    first: countSchema.describe('Position of the first of these images in the probe set, from 0.'),
    ...imageSizeSchemas,
    indices: z.array(countSchema).min(1).max(items).describe('Indices in the test set, from 0.'),
    labels: z.array(classIndexSchema).min(1).max(items).describe('The true classes.'),
    pixels: bytesSchema(eventLimits.probeImageBytes).describe(
      'Bytes [images, height, width, channels] in base64.',
    ),
  })
  .superRefine((images, context) => {
    const count = images.indices.length;
    if (images.labels.length !== count)
      context.addIssue({
        code: 'custom',
        path: ['labels'],
        message: `expected ${count} labels, one for each index, got ${images.labels.length}`,
      });
    const length = base64Length(count * imageBytesOf(images));
    if (images.pixels.length !== length)
      context.addIssue({
        code: 'custom',
        path: ['pixels'],
        message: `expected ${count} images of ${imageBytesOf(images)} bytes, ${length} characters in base64, got ${images.pixels.length}`,
      });
  })
  .describe(
    'Part of the images of the probe set, at most 100: sent once, before the first logits that cover them.',
  );

export const probeDataSchema = z
  .object({
    step: countSchema,
    size: z.int().min(1).max(probeImages).describe('Number of images in the probe set, fixed for the run.'),
    logits: probeLogitsSchema.nullish().describe('The logits of every image of the probe set at this step.'),
    images: probeImagesSchema.nullish(),
  })
  .superRefine(({ size, logits, images }, context) => {
    if (logits == null && images == null)
      context.addIssue({
        code: 'custom',
        path: [],
        message: 'expected logits, images, or both, got neither',
      });
    if (logits != null && logits.values.length !== base64Length(size * logits.classes))
      context.addIssue({
        code: 'custom',
        path: ['logits', 'values'],
        message: `expected ${size} × ${logits.classes} bytes, ${base64Length(size * logits.classes)} characters in base64, got ${logits.values.length}`,
      });
    if (images != null && images.first + images.indices.length > size)
      context.addIssue({
        code: 'custom',
        path: ['images', 'indices'],
        message: `expected at most ${size} images in the probe set, got ${images.first + images.indices.length}`,
      });
  })
  .describe(
    'Outputs of the network for some fixed test images: their logits, and once the images themselves.',
  );

export const snapshotDataSchema = z
  .object({
    step: countSchema.describe('Last step before the weights were copied.'),
    epoch: positiveSchema.nullish().describe('The epoch that ended with this step, if one did.'),
    digest: digestSchema,
    bytes: positiveSchema.max(eventLimits.snapshotBytes).describe('Size of the file.'),
    accuracy: fractionSchema.nullish().describe('Accuracy of these rounded weights on the test set.'),
  })
  .describe(
    'The weights were stored as a safetensors file: each tensor NAME as I8, and NAME.scale as F32 of the same rank, by which it is multiplied (broadcast).',
  );

export type LayersData = z.infer<typeof layersDataSchema>;
export type ProbeData = z.infer<typeof probeDataSchema>;
export type SnapshotData = z.infer<typeof snapshotDataSchema>;
