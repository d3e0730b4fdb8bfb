// Runs bare training steps on demand, for a program that starts this one with a message channel:
// `node bench/stepper.js ENGINE BATCH_SIZE PRECISION` answers each number n with the milliseconds of each of n steps.
import { bareSteps } from './bare-steps.js';

const [choice, batchSize, precision] = process.argv.slice(2);
const { steps } = await bareSteps({ choice, batchSize: Number(batchSize), precision });
process.on('message', async (count) => {
  const stepMs = [];
  for (let step = 0; step < count; step++) {
    const startedAt = performance.now();
    await steps.next();
    stepMs.push(performance.now() - startedAt);
  }
  process.send(stepMs);
});
process.on('disconnect', () => process.exit());
process.send('ready');
