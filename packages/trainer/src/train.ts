import { setImmediate as breathe } from 'node:timers/promises';
import type { Batch as BatchData, EventBody } from '@mnist-monitor/shared';
import * as tf from '@tensorflow/tfjs-core';
import { batchCount, shuffledBatches } from './dataset/batches.ts';
import type { Dataset } from './dataset/dataset.ts';
import { evaluate } from './evaluate.ts';
import { Means } from './means.ts';
import type { Network } from './network.ts';
import type { Optimizer } from './optimizer.ts';
import { Progress } from './progress.ts';
import { deriveSeed } from './random.ts';
import { pickSamples } from './samples.ts';
import { imageTensor, labelTensor } from './tensors.ts';

export interface TrainingOptions {
  network: Network;
  optimizer: Optimizer;
  dataset: Dataset;
  epochs: number;
  batchSize: number;
  evaluationBatch: number;
  seed: number;
  /** Ends the training between two steps. */
  signal: AbortSignal;
}

/** What training tells as it goes: one `batch` a step; after each epoch `epoch` and `samples`. */
export type TrainingEvent = Extract<EventBody, { type: 'batch' | 'epoch' | 'samples' }>;

/** Trains the network, telling each step; ends early, after a whole step, when the signal aborts. */
export async function* train(options: TrainingOptions): AsyncGenerator<TrainingEvent, void> {
  const { network, optimizer, dataset, epochs, batchSize, seed, signal } = options;
  const batchesPerEpoch = batchCount(dataset.train.size, batchSize);
  const progress = new Progress({ steps: epochs * batchesPerEpoch, epochs });
  let step = 0;

  for (let epoch = 1; epoch <= epochs; epoch++) {
    const epochStart = progress.elapsedSeconds;
    const means = new Means();
    let batchNumber = 0;

    for (const batch of shuffledBatches(dataset.train, batchSize, { seed, epoch })) {
      const stepStart = progress.elapsedSeconds;
      const { gradients, score } = tf.tidy(() =>
        network.step(imageTensor(batch), labelTensor(batch), deriveSeed(seed, step)),
      );
      optimizer.apply(gradients);
      const [loss, accuracy] = await score.data<'float32'>();
      score.dispose();

      means.add({ loss, accuracy }, batch.size);
      step++;
      batchNumber++;
      const pace = progress.step(batch.size, progress.elapsedSeconds - stepStart);
      const place = { epoch, batch: batchNumber, step };
      const data: BatchData = { ...place, loss, accuracy, learningRate: optimizer.learningRate, ...pace };
      yield { type: 'batch', data };

      await breathe();
      if (signal.aborted) return;
    }

    const evaluationStart = progress.elapsedSeconds;
    const { probabilities, predictions, ...test } = await evaluate(
      network,
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
