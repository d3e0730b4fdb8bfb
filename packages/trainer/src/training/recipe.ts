import type { recipeSettings } from '@mnist-monitor/shared';
import type { OptimizerName } from '../learner/optimizer.ts';
import type { ScheduleName } from './schedule.ts';

/** What makes a way of training; each part can be set by a flag of its own. */
export interface Recipe extends Record<(typeof recipeSettings)[number], unknown> {
  optimizer: OptimizerName;
  schedule: ScheduleName;
  /** The constant rate, or the peak of the schedule. */
  learningRate: number;
  /** Whether images are shifted, turned and scaled a little, anew each epoch. */
  augment: boolean;
}

export const recipes = {
  /** As the original: one learning rate from beginning to end. */
  default: { optimizer: 'sgd', schedule: 'constant', learningRate: 0.01, augment: false },
  /** The most accurate recipe measured for ten epochs: docs/decisions/2026-11-26-best-recipe.md. */
  best: { optimizer: 'adamw', schedule: 'one-cycle', learningRate: 0.006, augment: true },
} as const satisfies Record<string, Recipe>;
