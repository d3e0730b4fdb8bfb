import { expect, test } from '@jest/globals';
import { recipeSettings, settingChoices, settingsOfRecipes } from '../../src/index.ts';

test('each recipe has a value for every setting that depends on the recipe, and for no other', () => {
  expect(Object.keys(settingsOfRecipes)).toEqual(settingChoices.recipe);
  for (const settings of Object.values(settingsOfRecipes))
    expect(Object.keys(settings).sort()).toEqual([...recipeSettings].sort());
});

test('the recipes are those that the decisions about them describe', () => {
  const { default: usual, best, sprint } = settingsOfRecipes;
  expect(usual).toMatchObject({ optimizer: 'sgd', schedule: 'constant', learningRate: 0.01, augment: false });
  expect(best).toMatchObject({
    optimizer: 'adamw',
    schedule: 'one-cycle',
    learningRate: 0.006,
    augment: true,
  });
  expect(sprint).toMatchObject({
    optimizer: 'adamw',
    schedule: 'one-cycle',
    learningRate: 0.01,
    augment: false,
  });
  expect([usual, best, sprint].map(({ epochs, batchSize }) => [epochs, batchSize])).toEqual([
    [10, 512],
    [10, 512],
    [2, 256],
  ]);
});
