import type { RunSettings } from '@mnist-monitor/shared/browser';

/** The name of a setting that the command `start` has. */
export type SettingName = keyof RunSettings;

/** The labels of the settings, in the order of forms and lists. */
export const settingLabels: Record<SettingName, string> = {
  epochs: 'Epochs',
  batchSize: 'Batch size',
  learningRate: 'Learning rate',
  recipe: 'Recipe',
  optimizer: 'Optimizer',
  schedule: 'Schedule',
  augment: 'Augment images',
  engine: 'Engine',
  seed: 'Seed',
  trainSize: 'Training images',
  testSize: 'Test images',
};

/** Returns the label of a setting; its own name where another program has chosen it. */
export const settingLabel = (name: string): string =>
  Object.hasOwn(settingLabels, name) ? settingLabels[name as SettingName] : name;
