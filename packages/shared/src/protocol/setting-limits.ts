/** Smallest and largest value of each number that configures a run, as a flag or in the command `start`. */
export const settingBounds = {
  epochs: [1, 10_000],
  batchSize: [1, 60_000],
  learningRate: [1e-8, 100],
  seed: [0, 2 ** 31 - 1],
  trainSize: [1, 10_000_000],
  testSize: [1, 10_000_000],
} as const;

/** Number formats of the values between the layers of a network, and of their gradients. */
export const precisions = ['float32', 'bfloat16'] as const;

/** The accepted words of each setting that is one of several words, as a flag or in the command `start`. */
export const settingChoices = {
  recipe: ['default', 'best', 'sprint'],
  optimizer: ['sgd', 'adam', 'adamw'],
  schedule: ['constant', 'one-cycle'],
  engine: ['auto', 'tensorflow', 'webgpu', 'wasm'],
  precision: [...precisions, 'auto'],
  inside: ['on', 'off'],
} as const;

export type RecipeName = (typeof settingChoices.recipe)[number];
export type OptimizerName = (typeof settingChoices.optimizer)[number];
export type ScheduleName = (typeof settingChoices.schedule)[number];
/** An engine, or `auto` for the first one that works. */
export type EngineChoice = (typeof settingChoices.engine)[number];
export type Precision = (typeof precisions)[number];
export type PrecisionChoice = Precision | 'auto';
export type EngineName = Exclude<EngineChoice, 'auto'>;

/** Settings whose defaults depend on the recipe. */
export const recipeSettings = [
  'epochs',
  'batchSize',
  'learningRate',
  'optimizer',
  'schedule',
  'augment',
] as const;
