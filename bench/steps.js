// Bare training steps on one engine: `node bench/steps.js ENGINE BATCH_SIZE STEPS [--threads N] [--augment]` prints JSON.
import { parseArgs } from 'node:util';
import { shuffledBatches } from '../packages/trainer/dist/src/dataset/batches.js';
import { loadDataset } from '../packages/trainer/dist/src/dataset/load.js';
import { selectEngine } from '../packages/trainer/dist/src/engines/select.js';
import { median, warmUpSteps } from './statistics.js';

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
/** When each step that counts began, and when the last one ended. */
const times = [];
for (const batch of shuffledBatches(train, batchSize, { seed: 1, epoch: 1, augment: values.augment })) {
  if (step >= warmUp) times.push(performance.now());
  if (step === warmUp + steps) break;
  step++;
  await learner.step(batch, { step, learningRate: 0.01, seed: step });
}
await learner.dispose();
const stepMs = times.slice(1).map((time, at) => time - times[at]);
console.log(
  JSON.stringify({
    imagesPerSecond: (steps * batchSize * 1_000) / (times.at(-1) - times[0]),
    medianStepMs: median(stepMs),
    kernels: engine.kernels.name,
  }),
);
