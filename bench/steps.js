// Measures bare training steps on one engine: `node bench/steps.js ENGINE BATCH_SIZE STEPS [--threads N] [--augment] [--precision P]` prints JSON.
import { parseArgs } from 'node:util';
import { bareSteps } from './bare-steps.js';
import { median, warmUpSteps } from './statistics.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string' },
    augment: { type: 'boolean', default: false },
    precision: { type: 'string', default: 'float32' },
  },
});
const [choice, ...numbers] = positionals;
const [batchSize, count] = numbers.map(Number);

const { augment, precision } = values;
const threads = values.threads && Number(values.threads);
const { kernels, steps, dispose } = await bareSteps({ choice, batchSize, threads, augment, precision });
for (let step = 0; step < warmUpSteps(count); step++) await steps.next();
const stepMs = [];
for (let step = 0; step < count; step++) {
  const startedAt = performance.now();
  await steps.next();
  stepMs.push(performance.now() - startedAt);
}
await dispose();
console.log(
  JSON.stringify({
    imagesPerSecond: (count * batchSize * 1_000) / stepMs.reduce((sum, ms) => sum + ms),
    medianStepMs: median(stepMs),
    kernels,
  }),
);
