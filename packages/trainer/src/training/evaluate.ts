import { setImmediate as breathe } from 'node:timers/promises';
import { classCount } from '@mnist-monitor/shared';
import { orderedBatches } from '../dataset/batches.ts';
import type { Split } from '../dataset/dataset.ts';
import type { Learner } from '../learner/learner.ts';
import { type Evaluation, score } from './metrics.ts';

/** Scores the network on a whole split, with dropout off. Lets other work in between batches. */
export async function evaluate(learner: Learner, split: Split, batchSize: number): Promise<Evaluation> {
  const logits = new Float32Array(split.size * classCount);
  let row = 0;
  for (const batch of orderedBatches(split, batchSize)) {
    logits.set(await learner.predict(batch), row * classCount);
    row += batch.size;
    await breathe();
  }
  return score(logits, split.labels);
}
