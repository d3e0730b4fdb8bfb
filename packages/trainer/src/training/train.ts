import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { EventBody } from '@mnist-monitor/shared';
import { type Batch, batchCount, orderedBatches, shuffledBatches } from '../dataset/batches.ts';
import type { Dataset } from '../dataset/dataset.ts';
import type { Learner } from '../learner/learner.ts';
import { deriveSeed } from '../random.ts';
import { evaluate } from './evaluate.ts';
import { PaceEstimator } from './pace.ts';
import { addStep, endEpoch, meansOf, type TrainingPosition } from './position.ts';
import type { RunControl } from './run-control.ts';
import { pickSamples } from './samples.ts';
import { learningRateAt, type ScheduleName } from './schedule.ts';

export interface TrainingOptions {
  learner: Learner;
  dataset: Dataset;
  epochs: number;
  batchSize: number;
  schedule: ScheduleName;
  augment: boolean;
  evaluationBatch: number;
  seed: number;
  /** Where the run stands, and from where it goes on; kept up to date. */
  place: TrainingPosition;
  /** Asked between two steps: it pauses, ends, and sets the learning rate. */
  control: RunControl;
}

/** What training tells as it goes: one `batch` a step; after each epoch `epoch` and `samples`. */
export type TrainingEvent = Extract<EventBody, { type: 'batch' | 'epoch' | 'samples' }>;

/** Trains the network, telling each step; ends early, after a whole step, when its control says so. */
export async function* train(options: TrainingOptions): AsyncGenerator<TrainingEvent, void> {
  const { learner, dataset, epochs, batchSize, seed, augment, schedule, control, place } = options;
  const { stopwatch } = control;
  const batchesPerEpoch = batchCount(dataset.train.size, batchSize);
  const steps = epochs * batchesPerEpoch;
  let step = place.epoch * batchesPerEpoch + place.batch;
  const progress = new PaceEstimator({ steps: steps - step, epochs: epochs - place.epoch }, stopwatch);
  const mayGoOn = (): Promise<boolean> => control.mayGoOn(step);
  let testBatches: Batch[] | undefined;

  while (place.epoch < epochs) {
    if (!(await mayGoOn())) return;
    const epoch = place.epoch + 1;
    if (place.batch === 0) place.epochStart = stopwatch.seconds;
    let stepStart = stopwatch.seconds;

    const order = { seed, epoch, augment, skip: place.batch };
    for (const batch of shuffledBatches(dataset.train, batchSize, order)) {
      step++;
      const learningRate = learningRateAt(schedule, control.learningRateAt(step), step, steps);
      const score = await learner.step(batch, { step, learningRate, seed: deriveSeed(seed, step) });
      addStep(place, score, batch.size);
      const pace = progress.step(batch.size, stopwatch.seconds - stepStart);
      yield { type: 'batch', data: { epoch, batch: place.batch, step, ...score, learningRate, ...pace } };

      await yieldToEventLoop();
      if (!(await mayGoOn())) return;
      stepStart = stopwatch.seconds;
    }

    const evaluationStart = stopwatch.seconds;
    testBatches ??= [...orderedBatches(dataset.test, options.evaluationBatch)];
    const evaluation = await evaluate(learner, {
      batches: testBatches,
      labels: dataset.test.labels,
      mayGoOn,
    });
    if (!evaluation) return;
    progress.evaluation(stopwatch.seconds - evaluationStart);
    const seconds = stopwatch.seconds - place.epochStart;
    const { loss, accuracy, perClass, confusion } = evaluation;
    const test = { loss, accuracy, perClass, confusion };
    const train = meansOf(place);
    endEpoch(place);
    yield { type: 'epoch', data: { epoch, step, train, test, seconds } };
    yield { type: 'samples', data: { epoch, items: pickSamples(dataset.test, evaluation) } };
  }
}
