import { z } from 'zod';
import { settingBounds, settingChoices } from '../protocol/setting-limits.ts';

const integer = ([min, max]: readonly [number, number]) => z.int().min(min).max(max);
const [minRate, maxRate] = settingBounds.learningRate;

/** Step size of the optimizer: constant, or the peak of the schedule. */
export const learningRateSchema = z.number().min(minRate).max(maxRate);

/** Data of the command `start`; omitted settings are those that the trainer was started with. */
export const runSettingsSchema = z
  .object({
    epochs: integer(settingBounds.epochs),
    batchSize: integer(settingBounds.batchSize),
    recipe: z.enum(settingChoices.recipe).describe('Values of the next four settings unless they are set.'),
    learningRate: learningRateSchema,
    optimizer: z.enum(settingChoices.optimizer),
    schedule: z.enum(settingChoices.schedule),
    augment: z.boolean(),
    engine: z.enum(settingChoices.engine),
    seed: integer(settingBounds.seed),
    trainSize: integer(settingBounds.trainSize),
    testSize: integer(settingBounds.testSize),
  })
  .partial();

export type RunSettings = z.infer<typeof runSettingsSchema>;
