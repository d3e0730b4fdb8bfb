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

/** @returns Images per second from the end of the warm-up to the end of the run. */
async function wholeEpoch(runId) {
  const once = ['--engine', engine, '--gateway', services.ingestUrl, '--epochs', '1'];
  const events = await services.train(runId, ...once);
  const batches = events.filter(({ type }) => type === 'batch');
  const started = events.find(({ type }) => type === 'run.started');
  const images = started.data.config.trainSize - warmUp * batchSize;
  return (images * 1_000) / (Date.parse(events.at(-1).time) - Date.parse(batches[warmUp - 1].time));
}

const bare = [];
const whole = [];
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    const alternatives = [
      async () => bare.push(runProgram('steps.js', engine, String(batchSize), steps).imagesPerSecond),
      async () => whole.push(await wholeEpoch(`epoch-${round}`)),
    ];
    for (const alternative of round % 2 ? alternatives.reverse() : alternatives) await alternative();
  }
} finally {
  await services.stop();
}

console.log(
  JSON.stringify(
    {
      bench: 'epoch',
      ...machine(),
      settings: { engine, rounds: Number(values.rounds), steps: Number(steps), batchSize },
      imagesPerSecond: { bare, whole },
      median: { bare: median(bare), whole: median(whole) },
      ratio: median(whole.map((rate, round) => rate / bare[round])),
    },
    null,
    2,
  ),
);
