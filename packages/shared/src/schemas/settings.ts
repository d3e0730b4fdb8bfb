import { z } from 'zod';
import { settingBounds, settingChoices } from '../protocol/setting-limits.ts';
import { closedObject } from './closed-object.ts';
import { runNameSchema, tagsSchema } from './run-started.ts';

const integer = ([min, max]: readonly [number, number]) => z.int().min(min).max(max);
const [minRate, maxRate] = settingBounds.learningRate;

/** Step size of the optimizer: constant, or the peak of the schedule. */
export const learningRateSchema = z.number().min(minRate).max(maxRate);

/**
 * Data of the commands `start` and `enqueue`: settings, and the name and tags of the new run. An omitted setting has its
 * value in `recipe` or, if that has none, the value with which the trainer was started.
 */
export const startDataSchema = closedObject('setting', {
  recipe: z
    .enum(settingChoices.recipe)
    .describe('Preset of the next six settings, which override it, and of the network.'),
  epochs: integer(settingBounds.epochs),
  batchSize: integer(settingBounds.batchSize),
  learningRate: learningRateSchema,
  optimizer: z.enum(settingChoices.optimizer),
  schedule: z.enum(settingChoices.schedule),
  augment: z.boolean(),
  engine: z.enum(settingChoices.engine),
  seed: integer(settingBounds.seed),
  trainSize: integer(settingBounds.trainSize),
  testSize: integer(settingBounds.testSize),
  name: runNameSchema,
  tags: tagsSchema,
}).partial();

export type StartData = z.infer<typeof startDataSchema>;
export type RunSettings = Omit<StartData, 'name' | 'tags'>;
