import { setImmediate as breathe } from 'node:timers/promises';
import type { EventBody } from '@mnist-monitor/shared';
import { batchCount, shuffledBatches } from '../dataset/batches.ts';
import type { Dataset } from '../dataset/dataset.ts';
import type { Learner } from '../learner/learner.ts';
import { deriveSeed } from '../random.ts';
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
  learningRate: number;
  schedule: ScheduleName;
  augment: boolean;
  evaluationBatch: number;
  seed: number;
  /** Where to go on: epochs done, and the time that they took. */
  from?: { epoch: number; elapsedSeconds: number } | undefined;
  /** Ends the training between two steps. */
  signal: AbortSignal;
}

/** What training tells as it goes: one `batch` a step; after each epoch `epoch` and `samples`. */
export type TrainingEvent = Extract<EventBody, { type: 'batch' | 'epoch' | 'samples' }>;

/** Trains the network, telling each step; ends early, after a whole step, when the signal aborts. */
export async function* train(options: TrainingOptions): AsyncGenerator<TrainingEvent, void> {
  const { learner, dataset, epochs, batchSize, seed, augment, signal } = options;
  const batchesPerEpoch = batchCount(dataset.train.size, batchSize);
  const steps = epochs * batchesPerEpoch;
  const { epoch: done, elapsedSeconds } = options.from ?? { epoch: 0, elapsedSeconds: 0 };
  let step = done * batchesPerEpoch;
  const progress = new Progress({ steps: steps - step, epochs: epochs - done }, { elapsedSeconds });

  for (let epoch = done + 1; epoch <= epochs; epoch++) {
    const epochStart = progress.elapsedSeconds;
    const means = new Means();
    let stepStart = epochStart;

    for (const batch of shuffledBatches(dataset.train, batchSize, { seed, epoch, augment })) {
      step++;
      const learningRate = learningRateAt(options.schedule, options.learningRate, step, steps);
      const score = await learner.step(batch, { step, learningRate, seed: deriveSeed(seed, step) });
      means.add(score, batch.size);
      const pace = progress.step(batch.size, progress.elapsedSeconds - stepStart);
      const place = { epoch, batch: step - (epoch - 1) * batchesPerEpoch, step };
      yield { type: 'batch', data: { ...place, ...score, learningRate, ...pace } };

      await breathe();
      if (signal.aborted) return;
      stepStart = progress.elapsedSeconds;
    }

    const evaluationStart = progress.elapsedSeconds;
    const { probabilities, predictions, ...test } = await evaluate(
      learner,
      dataset.test,
      options.evaluationBatch,
    );
    progress.evaluation(progress.elapsedSeconds - evaluationStart);
    const seconds = progress.elapsedSeconds - epochStart;
    yield { type: 'epoch', data: { epoch, step, train: means.value, test, seconds } };

    const items = pickSamples(dataset.test, { probabilities, predictions, ...test });
    yield { type: 'samples', data: { epoch, items } };
    if (signal.aborted) return;
  }
}
