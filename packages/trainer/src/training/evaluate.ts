import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { classCount } from '@mnist-monitor/shared';
import type { Batch } from '../dataset/batches.ts';
import type { Learner } from '../learner/learner.ts';
import { type Evaluation, score } from './metrics.ts';

export interface EvaluationOptions {
  /** All of the test split, in its own order. */
  batches: readonly Batch[];
  /** [images] */
  labels: Uint8Array;
  /** Asked between batches; false ends the evaluation. */
  mayGoOn: () => Promise<boolean>;
}

/** Scores the network on a whole split, with dropout off; undefined when it was ended before. */
export async function evaluate(
  learner: Learner,
  { batches, labels, mayGoOn }: EvaluationOptions,
): Promise<Evaluation | undefined> {
  const logits = new Float32Array(labels.length * classCount);
  let row = 0;
  for (const batch of batches) {
    logits.set(await learner.predict(batch), row * classCount);
    row += batch.size;
    await yieldToEventLoop();
    if (!(await mayGoOn())) return undefined;
  }
  return score(logits, labels);
}
