// Bare training steps on one engine: `node bench/steps.js ENGINE BATCH_SIZE STEPS [--threads N] [--augment]` prints JSON.
import { parseArgs } from 'node:util';
import { shuffledBatches } from '../packages/trainer/dist/src/dataset/batches.js';
import { loadDataset } from '../packages/trainer/dist/src/dataset/load.js';
import { selectEngine } from '../packages/trainer/dist/src/engines/select.js';
import { warmUpSteps } from './statistics.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { threads: { type: 'string' }, augment: { type: 'boolean', default: false } },
});
const [choice, ...numbers] = positionals;
const [batchSize, steps] = numbers.map(Number);
const warmUp = warmUpSteps(steps);

const { engine } = await selectEngine({ choice, threads: values.threads && Number(values.threads) });
const { train } = await loadDataset(undefined);
const learner = await engine.createLearner({ optimizer: 'sgd', seed: 1 });
let step = 0;
let startedAt = 0;
for (const batch of shuffledBatches(train, batchSize, { seed: 1, epoch: 1, augment: values.augment })) {
  if (step === warmUp) startedAt = performance.now();
  if (step === warmUp + steps) break;
  step++;
  await learner.step(batch, { step, learningRate: 0.01, seed: step });
}
const seconds = (performance.now() - startedAt) / 1_000;
await learner.dispose();
console.log(JSON.stringify({ imagesPerSecond: (steps * batchSize) / seconds, kernels: engine.kernels.name }));
