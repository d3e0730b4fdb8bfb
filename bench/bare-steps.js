import { shuffledBatches } from '../packages/trainer/dist/src/dataset/batches.js';
import { loadDataset } from '../packages/trainer/dist/src/dataset/load.js';
import { selectEngine } from '../packages/trainer/dist/src/engines/select.js';

/** Prepares an engine to run bare training steps, without evaluation or saving: each `next()` of `steps` runs one. */
export async function bareSteps({ choice, batchSize, threads, augment = false, precision = 'float32' }) {
  const { engine } = await selectEngine({ choice, threads });
  const { train } = await loadDataset(undefined);
  const { kernels } = await engine.selectPrecision(precision);
  const learner = await engine.createLearner({ optimizer: 'sgd', seed: 1, precision });
  async function* steps() {
    let step = 0;
    for (let epoch = 1; ; epoch++)
      for (const batch of shuffledBatches(train, batchSize, { seed: 1, epoch, augment })) {
        step++;
        await learner.step(batch, { step, learningRate: 0.01, seed: step });
        yield step;
      }
  }
  return { kernels, steps: steps(), dispose: () => learner.dispose() };
}
