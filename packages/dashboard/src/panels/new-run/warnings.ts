import {
  type OptimizerName,
  type ScheduleName,
  type StartData,
  settingsOfRecipes,
} from '@mnist-monitor/shared/browser';
import { formatCount, formatLearningRate, formatPercent } from '../../state/format.ts';
import type { SettingName } from '../../state/setting-labels.ts';
import type { FormStarts } from './settings-form.ts';

/** Factor between a setting and that of the recipes from which it is odd. */
const oddFactor = 10;
/** Number of training images below which the result depends on which images they are. */
const fewImages = 500;
/** Number of test images below which each changes the accuracy by more than a tenth of a percent. */
const fewTests = 1_000;

/**
 * Returns a warning about each odd value of a start, by the name of the field. A start with an odd value is possible.
 * @param usualTrainSize Number of training images of a start that does not set it; undefined when it is not known.
 */
export function warningsAbout(start: StartData, usualTrainSize?: number): Map<SettingName, string> {
  const { recipe = 'default', learningRate, batchSize, epochs, testSize } = start;
  const { trainSize = usualTrainSize } = start;
  const usual = settingsOfRecipes[recipe];
  const warnings = new Map<SettingName, string>();
  const rate = usualRate(start.optimizer ?? usual.optimizer, start.schedule ?? usual.schedule);
  if (learningRate !== undefined && learningRate >= rate * oddFactor)
    warnings.set(
      'learningRate',
      `${timesText(learningRate / rate)} the usual ${formatLearningRate(rate)}: the loss may diverge.`,
    );
  if (learningRate !== undefined && learningRate <= rate / oddFactor)
    warnings.set(
      'learningRate',
      `The usual ${formatLearningRate(rate)} is ${timesText(rate / learningRate)} larger: learning may be slow.`,
    );
  if (epochs !== undefined && epochs >= usual.epochs * oddFactor)
    warnings.set('epochs', `${timesText(epochs / usual.epochs)} the usual ${usual.epochs}.`);
  if (batchSize !== undefined && batchSize <= usual.batchSize / (2 * oddFactor))
    warnings.set(
      'batchSize',
      `Small batches take longer for an epoch: ${formatCount(usual.batchSize)} is usual.`,
    );
  if (batchSize !== undefined && batchSize >= usual.batchSize * oddFactor)
    warnings.set(
      'batchSize',
      `${timesText(batchSize / usual.batchSize)} the usual ${formatCount(usual.batchSize)}: an epoch has few steps.`,
    );
  if (batchSize !== undefined && trainSize !== undefined && batchSize > trainSize)
    warnings.set(
      'batchSize',
      `More than the ${formatCount(trainSize)} training images: an epoch is a single step.`,
    );
  if (trainSize !== undefined && trainSize < fewImages)
    warnings.set('trainSize', 'Few images: the result depends on which ones they are.');
  if (testSize !== undefined && testSize < fewTests)
    warnings.set('testSize', `A single image is ${formatPercent(1 / testSize)} of the test accuracy.`);
  return warnings;
}

/** Returns the warnings about the starts of a form: where several have one about a field, that about the largest value. */
export function warningsAboutAll(
  { starts, varied }: FormStarts,
  usualTrainSize?: number,
): Map<SettingName, string> {
  const value = (start: StartData): number => (varied && start[varied]) ?? 0;
  const byValue = starts.toSorted((one, other) => value(one) - value(other));
  return new Map(byValue.flatMap((start) => [...warningsAbout(start, usualTrainSize)]));
}

const timesText = (factor: number): string => `${formatCount(Math.round(factor))} times`;

/** The learning rate with which Adam was published (Kingma and Ba, 2015), and the usual one of AdamW. */
const adamRate = 0.001;

/** Returns the usual learning rate of an optimizer, or its usual peak with the schedule one-cycle. */
function usualRate(optimizer: OptimizerName, schedule: ScheduleName): number {
  const { default: sgd, best: oneCycle } = settingsOfRecipes;
  if (optimizer === 'sgd') return sgd.learningRate;
  return schedule === 'one-cycle' ? oneCycle.learningRate : adamRate;
}
