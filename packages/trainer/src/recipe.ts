import { type RecipeName, type RecipeSettings, settingsOfRecipes } from '@mnist-monitor/shared';
import type { NetworkName } from './network/architecture.ts';

/** A choice of `--recipe`: the network, and settings that each have a flag of their own too. */
export interface Recipe extends RecipeSettings {
  network: NetworkName;
}

/** The recipes that `--recipe` can choose. */
export const recipes: Record<RecipeName, Recipe> = {
  default: { network: 'original', ...settingsOfRecipes.default },
  best: { network: 'original', ...settingsOfRecipes.best },
  sprint: { network: 'sprint', ...settingsOfRecipes.sprint },
};
