import { setImmediate as breathe } from 'node:timers/promises';
import { classCount } from '@mnist-monitor/shared';
import { orderedBatches } from '../dataset/batches.ts';
import type { Split } from '../dataset/dataset.ts';
import type { Learner } from '../learner/learner.ts';
import { type Evaluation, score } from './metrics.ts';

export interface EvaluationOptions {
  batchSize: number;
  /** Asked between batches; false ends the evaluation. */
  mayGoOn: () => Promise<boolean>;
}

/** Scores the network on a whole split, with dropout off; undefined when it was ended before. */
export async function evaluate(
  learner: Learner,
  split: Split,
  { batchSize, mayGoOn }: EvaluationOptions,
): Promise<Evaluation | undefined> {
  const logits = new Float32Array(split.size * classCount);
  let row = 0;
  for (const batch of orderedBatches(split, batchSize)) {
    logits.set(await learner.predict(batch), row * classCount);
    row += batch.size;
    await breathe();
    if (!(await mayGoOn())) return undefined;
  }
  return score(logits, split.labels);
}
