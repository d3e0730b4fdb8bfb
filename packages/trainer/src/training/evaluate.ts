import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { Batch } from '../dataset/batches.ts';
import type { Split } from '../dataset/dataset.ts';
import type { Learner } from '../learner/learner.ts';
import { type Evaluation, Scorer } from './metrics.ts';

/** Options of `evaluate`. */
export interface EvaluationOptions {
  /** All batches of the split, in the order of its images. */
  batches: Iterable<Batch>;
  split: Split;
  /** Called after each batch; the evaluation ends early when the result is false. */
  shouldContinue: () => Promise<boolean>;
}

/** Scores the network on a whole split, with dropout off; undefined when `shouldContinue` returned false. */
export async function evaluate(
  learner: Learner,
  { batches, split, shouldContinue }: EvaluationOptions,
): Promise<Evaluation | undefined> {
  const scorer = new Scorer(split.labels, split.classCount);
  for (const batch of batches) {
    scorer.add(await learner.predict(batch));
    await yieldToEventLoop();
    if (!(await shouldContinue())) return undefined;
  }
  return scorer.evaluation();
}
