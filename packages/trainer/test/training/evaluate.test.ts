import { describe, expect, test } from '@jest/globals';
import { orderedBatches } from '../../src/dataset/batches.ts';
import { evaluate } from '../../src/training/evaluate.ts';
import { dataset, ScriptedLearner } from '../support/scripted-learner.ts';

describe('evaluate', () => {
  const split = dataset.test;
  const batches = [...orderedBatches(split, 2)];
  const yes = async () => true;

  test('scores every image of the split', async () => {
    const learner = new ScriptedLearner([2, 2, 1, 0, 2]);
    const evaluation = await evaluate(learner, { batches, split, shouldContinue: yes });
    expect(evaluation?.accuracy).toBe(0.7);
    expect(evaluation?.predictions).toHaveLength(split.size);
  });

  test('lets other work run after each batch', async () => {
    let turns = 0;
    let timer: NodeJS.Immediate;
    const count = (): void => {
      turns++;
      timer = setImmediate(count);
    };
    timer = setImmediate(count);
    await evaluate(new ScriptedLearner(Array(5).fill(2)), { batches, split, shouldContinue: yes });
    clearImmediate(timer);
    expect(turns).toBeGreaterThanOrEqual(batches.length - 1);
  });

  test('ends without a score after the batch in which it is ended', async () => {
    let asked = 0;
    const learner = new ScriptedLearner([2, 2]);
    const shouldContinue = async () => ++asked < 2;
    expect(await evaluate(learner, { batches, split, shouldContinue })).toBeUndefined();
    expect(asked).toBe(2);
  });
});
