import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { ScheduleName } from '@mnist-monitor/shared';
import { type Batch, batchCount, orderedBatches, shuffledBatches } from '../dataset/batches.ts';
import type { Dataset } from '../dataset/dataset.ts';
import type { EventBody, InspectionEvent } from '../event-data.ts';
import type { Learner, Score, StepOptions } from '../learner/learner.ts';
import { deriveSeed } from '../random.ts';
import { evaluate } from './evaluate.ts';
import { PaceEstimator } from './pace-estimator.ts';
import { advanceBatch, advanceEpoch, epochMeans, type TrainingPosition } from './position.ts';
import type { RunControl } from './run-control.ts';
import { selectSamples } from './samples.ts';
import { learningRateAt } from './schedule.ts';
import { describeResults } from './test-results.ts';

/** Makes the steps of a learner, and looks into its network. */
export interface Inspector {
  step(batch: Batch, options: StepOptions): Promise<Score>;
  /** Yields the events that are due after a step. @param epoch The epoch of the step, from 1. */
  inspect(step: number, epoch: number): AsyncIterable<InspectionEvent>;
}

/** Options of `train`. */
export interface TrainingOptions {
  learner: Learner;
  /** Looks into the network; undefined for a run that sends nothing about it. */
  inspector?: Inspector | undefined;
  dataset: Dataset;
  epochs: number;
  batchSize: number;
  schedule: ScheduleName;
  augment: boolean;
  /** Images per batch of the evaluation. */
  evaluationBatch: number;
  seed: number;
  /** The position from which the run continues; updated in place. */
  position: TrainingPosition;
  /** Pauses or ends the run between two batches of training or evaluation, and sets the learning rate. */
  control: RunControl;
}

/** Size of the largest test set whose batches are kept in memory as float32: 20,000 images take 63 MB. */
const maxKeptTestImages = 20_000;

/**
 * The events of training: `batch` after each step, events about the inside of the network when they are due, and `epoch` and
 * `samples` after each epoch.
 */
export type TrainingEvent = Extract<EventBody, { type: 'batch' | 'epoch' | 'samples' }> | InspectionEvent;

/** Trains the network and yields the events of each step and epoch. Ends early when `control` ends the run. */
export async function* train(options: TrainingOptions): AsyncGenerator<TrainingEvent, void> {
  const { learner, inspector, dataset, epochs, batchSize, seed, augment, schedule, control, position } =
    options;
  const { stopwatch } = control;
  const batchesPerEpoch = batchCount(dataset.train.size, batchSize);
  const steps = epochs * batchesPerEpoch;
  let step = position.epoch * batchesPerEpoch + position.batch;
  const remaining = { steps: steps - step, epochs: epochs - position.epoch };
  const pace = new PaceEstimator(remaining, stopwatch);
  const shouldContinue = (): Promise<boolean> => control.shouldContinue(step);
  /** The batches of a small test set; undefined before the first evaluation. */
  let keptBatches: Batch[] | undefined;

  while (position.epoch < epochs) {
    if (!(await shouldContinue())) return;
    const epoch = position.epoch + 1;
    if (position.batch === 0) position.epochStart = stopwatch.seconds;
    let stepStart = stopwatch.seconds;

    const epochOptions = { seed, epoch, augment, skip: position.batch };
    for (const batch of shuffledBatches(dataset.train, batchSize, epochOptions)) {
      step++;
      const learningRate = learningRateAt(schedule, control.baseLearningRateAt(step), step, steps);
      const score = await (inspector ?? learner).step(batch, {
        step,
        learningRate,
        seed: deriveSeed(seed, step),
      });
      advanceBatch(position, score, batch.size);
      const figures = { ...score, learningRate, ...pace.addStep(batch.size, stopwatch.seconds - stepStart) };
      yield { type: 'batch', data: { epoch, batch: position.batch, step, ...figures } };
      if (inspector) yield* inspector.inspect(step, epoch);

      await yieldToEventLoop();
      if (!(await shouldContinue())) return;
      stepStart = stopwatch.seconds;
    }

    const evaluationStart = stopwatch.seconds;
    const batches = keptBatches ?? orderedBatches(dataset.test, options.evaluationBatch);
    if (dataset.test.size <= maxKeptTestImages) keptBatches ??= [...batches];
    const evaluation = await evaluate(learner, {
      batches: keptBatches ?? batches,
      split: dataset.test,
      shouldContinue,
    });
    if (!evaluation) return;
    pace.addEvaluation(stopwatch.seconds - evaluationStart);
    const seconds = stopwatch.seconds - position.epochStart;
    const test = describeResults(evaluation);
    const train = epochMeans(position);
    advanceEpoch(position);
    yield { type: 'epoch', data: { epoch, step, train, test, seconds } };
    yield { type: 'samples', data: { epoch, items: selectSamples(dataset.test, evaluation) } };
  }
}
