import type { OptimizerName, RecipeName, recipeSettings, ScheduleName } from './setting-limits.ts';

/** The settings that a recipe chooses. */
export interface RecipeSettings extends Record<(typeof recipeSettings)[number], unknown> {
  epochs: number;
  batchSize: number;
  optimizer: OptimizerName;
  schedule: ScheduleName;
  /** The constant rate, or the peak of the schedule. */
  learningRate: number;
  /** Whether images are shifted, rotated and scaled a little, differently in each epoch. */
  augment: boolean;
}

/** The settings of each recipe. */
export const settingsOfRecipes: Record<RecipeName, RecipeSettings> = {
  /** One learning rate for the whole run, as in the original project. */
  default: {
    epochs: 10,
    batchSize: 512,
    optimizer: 'sgd',
    schedule: 'constant',
    learningRate: 0.01,
    augment: false,
  },
  /** The most accurate recipe measured for ten epochs: docs/decisions/2026-11-26-best-recipe.md. */
  best: {
    epochs: 10,
    batchSize: 512,
    optimizer: 'adamw',
    schedule: 'one-cycle',
    learningRate: 0.006,
    augment: true,
  },
  /** More than 99 % within seconds: docs/decisions/2026-11-30-sprint-recipe.md. */
  sprint: {
    epochs: 2,
    batchSize: 256,
    optimizer: 'adamw',
    schedule: 'one-cycle',
    learningRate: 0.01,
    augment: false,
  },
};
