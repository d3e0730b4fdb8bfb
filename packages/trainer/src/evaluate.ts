import { setImmediate as breathe } from 'node:timers/promises';
import { classCount } from '@mnist-monitor/shared';
import * as tf from '@tensorflow/tfjs-core';
import { orderedBatches } from './dataset/batches.ts';
import type { Split } from './dataset/dataset.ts';
import { type Evaluation, score } from './metrics.ts';
import type { Network } from './network.ts';
import { imageTensor } from './tensors.ts';

/** Scores the network on a whole split, with dropout off. Lets other work in between batches. */
export async function evaluate(network: Network, split: Split, batchSize: number): Promise<Evaluation> {
  const logits = new Float32Array(split.size * classCount);
  let row = 0;
  for (const batch of orderedBatches(split, batchSize)) {
    const output = tf.tidy(() => network.predict(imageTensor(batch)));
    logits.set(await output.data<'float32'>(), row * classCount);
    output.dispose();
    row += batch.size;
    await breathe();
  }
  return score(logits, split.labels);
}
