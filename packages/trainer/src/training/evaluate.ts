import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { classCount } from '@mnist-monitor/shared';
import type { Batch } from '../dataset/batches.ts';
import type { Learner } from '../learner/learner.ts';
import { type Evaluation, scoreLogits } from './metrics.ts';

/** Options of `evaluate`. */
export interface EvaluationOptions {
  /** All batches of the split, in the order of `labels`. */
  batches: readonly Batch[];
  /** Classes of the split's images, [images]. */
  labels: Uint8Array;
  /** Called after each batch; the evaluation ends early when the result is false. */
  shouldContinue: () => Promise<boolean>;
}

/** Scores the network on a whole split, with dropout off; undefined when `shouldContinue` returned false. */
export async function evaluate(
  learner: Learner,
  { batches, labels, shouldContinue }: EvaluationOptions,
): Promise<Evaluation | undefined> {
  const logits = new Float32Array(labels.length * classCount);
  let row = 0;
  for (const batch of batches) {
    logits.set(await learner.predict(batch), row * classCount);
    row += batch.size;
    await yieldToEventLoop();
    if (!(await shouldContinue())) return undefined;
  }
  return scoreLogits(logits, labels);
}
