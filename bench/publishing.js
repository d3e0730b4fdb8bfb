// Measures the cost of publishing: training without a gateway alternates with training with a gateway and ten viewers.
// `npm run bench -- publishing [--rounds 6] [--steps 20] [--viewers 10]` prints JSON.
import { parseArgs } from 'node:util';
import { connectLive } from '@mnist-monitor/shared';
import { WebSocket } from 'ws';
import { machine } from './machine.js';
import { startServices } from './processes.js';
import { median } from './statistics.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '6' },
    steps: { type: 'string', default: '20' },
    viewers: { type: 'string', default: '10' },
    engine: { type: 'string', default: 'tensorflow' },
  },
});
const [rounds, steps, viewerCount] = [values.rounds, values.steps, values.viewers].map(Number);
const batchSize = 512;
/** Steps in which caches and allocators still warm up. */
const warmUp = 3;

const services = await startServices();

/** Trains a run of `steps` steps after the warm-up. @returns Images per second of these steps. */
async function train(runId, gateway) {
  const sizes = ['--train-size', String((steps + warmUp) * batchSize), '--test-size', '500', '--epochs', '1'];
  const events = await services.train(runId, '--engine', values.engine, '--gateway', gateway, ...sizes);
  const batches = events.filter(({ type }) => type === 'batch');
  const elapsed = batches.at(-1).data.elapsedSeconds - batches[warmUp - 1].data.elapsedSeconds;
  return (steps * batchSize) / elapsed;
}

let received = 0;
const viewers = Array.from({ length: viewerCount }, () =>
  connectLive({
    url: services.liveUrl,
    WebSocket,
    onEvent: () => {
      received++;
    },
  }),
);

const alone = [];
const watched = [];
try {
  for (let round = 0; round < rounds; round++) {
    const alternatives = [
      async () => alone.push(await train(`alone-${round}`, 'ws://127.0.0.1:1/ingest')),
      async () => watched.push(await train(`watched-${round}`, services.ingestUrl)),
    ];
    for (const alternative of round % 2 ? alternatives.reverse() : alternatives) await alternative();
  }
} finally {
  for (const viewer of viewers) viewer.close();
  await services.stop();
}

console.log(
  JSON.stringify(
    {
      bench: 'publishing',
      ...machine(),
      settings: { rounds, steps, batchSize, viewers: viewerCount, engine: values.engine },
      imagesPerSecond: { alone, watched },
      median: { alone: median(alone), watched: median(watched) },
      ratio: median(watched.map((rate, round) => rate / alone[round])),
      eventsReceivedPerViewer: received / viewerCount,
    },
    null,
    2,
  ),
);
