import { z } from 'zod';

/** From and to of each number that a run can be told, by a flag or by the command `start`. */
export const settingBounds = {
  epochs: [1, 10_000],
  batchSize: [1, 60_000],
  learningRate: [1e-8, 100],
  seed: [0, 2 ** 31 - 1],
  trainSize: [1, 10_000_000],
  testSize: [1, 10_000_000],
} as const;

/** What there is to choose from, by a flag or by the command `start`. */
export const settingChoices = {
  recipe: ['default', 'best'],
  optimizer: ['sgd', 'adam', 'adamw'],
  schedule: ['constant', 'one-cycle'],
  engine: ['auto', 'tensorflow', 'webgpu', 'wasm'],
} as const;

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

/** What a recipe decides, unless it is set as well. */
export const recipeSettings = [
  'learningRate',
  'optimizer',
  'schedule',
  'augment',
] as const satisfies (keyof RunSettings)[];
