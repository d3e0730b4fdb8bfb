import type { OptimizerName, recipeSettings, ScheduleName } from '@mnist-monitor/shared';

/** The settings that `--recipe` chooses together; each has a flag of its own too. */
export interface Recipe extends Record<(typeof recipeSettings)[number], unknown> {
  optimizer: OptimizerName;
  schedule: ScheduleName;
  /** The constant rate, or the peak of the schedule. */
  learningRate: number;
  /** Whether images are shifted, rotated and scaled a little, differently in each epoch. */
  augment: boolean;
}

/** The recipes that `--recipe` can choose. */
export const recipes = {
  /** One learning rate for the whole run, as in the original project. */
  default: { optimizer: 'sgd', schedule: 'constant', learningRate: 0.01, augment: false },
  /** The most accurate recipe measured for ten epochs: docs/decisions/2026-11-26-best-recipe.md. */
  best: { optimizer: 'adamw', schedule: 'one-cycle', learningRate: 0.006, augment: true },
} as const satisfies Record<string, Recipe>;
