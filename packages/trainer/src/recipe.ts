import type { OptimizerName, RecipeName, recipeSettings, ScheduleName } from '@mnist-monitor/shared';
import type { NetworkName } from './network/architecture.ts';

/** What `--recipe` chooses: the network, and settings that each have a flag of their own too. */
export interface Recipe extends Record<(typeof recipeSettings)[number], unknown> {
  network: NetworkName;
  epochs: number;
  batchSize: number;
  optimizer: OptimizerName;
  schedule: ScheduleName;
  /** The constant rate, or the peak of the schedule. */
  learningRate: number;
  /** Whether images are shifted, rotated and scaled a little, differently in each epoch. */
  augment: boolean;
}

/** The recipes that `--recipe` can choose. */
export const recipes: Record<RecipeName, Recipe> = {
  /** One learning rate for the whole run, as in the original project. */
  default: {
    network: 'original',
    epochs: 10,
    batchSize: 512,
    optimizer: 'sgd',
    schedule: 'constant',
    learningRate: 0.01,
    augment: false,
  },
  /** The most accurate recipe measured for ten epochs: docs/decisions/2026-11-26-best-recipe.md. */
  best: {
    network: 'original',
    epochs: 10,
    batchSize: 512,
    optimizer: 'adamw',
    schedule: 'one-cycle',
    learningRate: 0.006,
    augment: true,
  },
  /** More than 99 % within seconds: docs/decisions/2026-11-30-sprint-recipe.md. */
  sprint: {
    network: 'sprint',
    epochs: 2,
    batchSize: 256,
    optimizer: 'adamw',
    schedule: 'one-cycle',
    learningRate: 0.01,
    augment: false,
  },
};
