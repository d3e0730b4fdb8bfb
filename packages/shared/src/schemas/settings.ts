import { z } from 'zod';
import { settingBounds, settingChoices } from '../protocol/setting-limits.ts';

const whole = ([min, max]: readonly [number, number]) => z.int().min(min).max(max);
const [minRate, maxRate] = settingBounds.learningRate;

/** Size of each step downhill: a constant one, or the peak of the schedule. */
export const learningRateSchema = z.number().min(minRate).max(maxRate);

/** Data of the command `start`; what is left out is as the trainer was told when it was started. */
export const runSettingsSchema = z
  .object({
    epochs: whole(settingBounds.epochs),
    batchSize: whole(settingBounds.batchSize),
    recipe: z.enum(settingChoices.recipe).describe('What the four below are unless set.'),
    learningRate: learningRateSchema,
    optimizer: z.enum(settingChoices.optimizer),
    schedule: z.enum(settingChoices.schedule),
    augment: z.boolean(),
    engine: z.enum(settingChoices.engine),
    seed: whole(settingBounds.seed),
    trainSize: whole(settingBounds.trainSize),
    testSize: whole(settingBounds.testSize),
  })
  .partial();

export type RunSettings = z.infer<typeof runSettingsSchema>;
