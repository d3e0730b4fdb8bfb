// What an epoch costs beside its steps: a whole one, with data, evaluation, saving and publishing to a gateway,
// against bare steps, in turn. `npm run bench -- epoch [--rounds 4] [--steps 60]` prints JSON.
import { parseArgs } from 'node:util';
import { machine } from './machine.js';
import { runProgram, startServices } from './processes.js';
import { median } from './statistics.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '4' },
    /** Of the bare ones. */
    steps: { type: 'string', default: '60' },
    engine: { type: 'string', default: 'tensorflow' },
  },
});
const { engine, steps } = values;
const batchSize = 512;
/** Steps of the epoch in which caches and allocators still warm up. */
const warmUp = 5;

const services = await startServices();

/** @returns Milliseconds of the median step of a whole epoch, and of all that comes behind the last one. */
async function wholeEpoch(runId) {
  const once = ['--engine', engine, '--gateway', services.ingestUrl, '--epochs', '1'];
  const events = await services.train(runId, ...once);
  const batches = events.filter(({ type }) => type === 'batch').map(({ time }) => Date.parse(time));
  const stepMs = batches.slice(warmUp, -1).map((time, at) => time - batches[warmUp + at - 1]);
  const { trainSize } = events.find(({ type }) => type === 'run.started').data.config;
  return {
    stepCount: trainSize / batchSize,
    stepMs: median(stepMs),
    restMs: Date.parse(events.at(-1).time) - batches.at(-1),
  };
}

const bareStepMs = [];
const whole = [];
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    const alternatives = [
      async () => bareStepMs.push(runProgram('steps.js', engine, String(batchSize), steps).medianStepMs),
      async () => whole.push(await wholeEpoch(`epoch-${round}`)),
    ];
    for (const alternative of round % 2 ? alternatives.reverse() : alternatives) await alternative();
  }
} finally {
  await services.stop();
}

// Of medians over all rounds: a machine that is shared slows down for minutes, longer than either side takes.
const bare = median(bareStepMs);
const step = median(whole.map(({ stepMs }) => stepMs));
const rest = median(whole.map(({ restMs }) => restMs));
const { stepCount } = whole[0];
console.log(
  JSON.stringify(
    {
      bench: 'epoch',
      ...machine(),
      settings: { engine, rounds: Number(values.rounds), steps: Number(steps), batchSize },
      bareStepMs,
      whole,
      median: { bareStepMs: bare, stepMs: step, restMs: rest },
      imagesPerSecond: {
        bare: (batchSize * 1_000) / bare,
        whole: (stepCount * batchSize * 1_000) / (stepCount * step + rest),
      },
      ratio: (stepCount * bare) / (stepCount * step + rest),
    },
    null,
    2,
  ),
);
