import { setImmediate as breathe } from 'node:timers/promises';
import type { EventBody } from '@mnist-monitor/shared';
import { batchCount, shuffledBatches } from '../dataset/batches.ts';
import type { Dataset } from '../dataset/dataset.ts';
import type { Learner } from '../learner/learner.ts';
import { deriveSeed } from '../random.ts';
import type { Control } from './control.ts';
import { evaluate } from './evaluate.ts';
import { Means } from './means.ts';
import { Progress } from './progress.ts';
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
  /** Epochs that were done before, when a run goes on. */
  epochsDone?: number;
  /** Asked between two steps: it pauses, ends, and sets the learning rate. */
  control: Control;
}

/** What training tells as it goes: one `batch` a step; after each epoch `epoch` and `samples`. */
export type TrainingEvent = Extract<EventBody, { type: 'batch' | 'epoch' | 'samples' }>;

/** Trains the network, telling each step; ends early, after a whole step, when its control says so. */
export async function* train(options: TrainingOptions): AsyncGenerator<TrainingEvent, void> {
  const { learner, dataset, epochs, batchSize, seed, augment, schedule, control, epochsDone = 0 } = options;
  const { stopwatch } = control;
  const batchesPerEpoch = batchCount(dataset.train.size, batchSize);
  const steps = epochs * batchesPerEpoch;
  let step = epochsDone * batchesPerEpoch;
  const progress = new Progress({ steps: steps - step, epochs: epochs - epochsDone }, stopwatch);
  const mayGoOn = (): Promise<boolean> => control.mayGoOn(step);

  for (let epoch = epochsDone + 1; epoch <= epochs; epoch++) {
    if (!(await mayGoOn())) return;
    const epochStart = stopwatch.seconds;
    const means = new Means();
    let stepStart = epochStart;

    for (const batch of shuffledBatches(dataset.train, batchSize, { seed, epoch, augment })) {
      step++;
      const learningRate = learningRateAt(schedule, control.learningRateAt(step), step, steps);
      const score = await learner.step(batch, { step, learningRate, seed: deriveSeed(seed, step) });
      means.add(score, batch.size);
      const pace = progress.step(batch.size, stopwatch.seconds - stepStart);
      const place = { epoch, batch: step - (epoch - 1) * batchesPerEpoch, step };
      yield { type: 'batch', data: { ...place, ...score, learningRate, ...pace } };

      await breathe();
      if (!(await mayGoOn())) return;
      stepStart = stopwatch.seconds;
    }

    const evaluationStart = stopwatch.seconds;
    const evaluation = await evaluate(learner, dataset.test, { batchSize: options.evaluationBatch, mayGoOn });
    if (!evaluation) return;
    progress.evaluation(stopwatch.seconds - evaluationStart);
    const seconds = stopwatch.seconds - epochStart;
    const { loss, accuracy, perClass, confusion } = evaluation;
    const test = { loss, accuracy, perClass, confusion };
    yield { type: 'epoch', data: { epoch, step, train: means.value, test, seconds } };
    yield { type: 'samples', data: { epoch, items: pickSamples(dataset.test, evaluation) } };
  }
}
