// What publishing costs: training without a gateway against training with a gateway and ten viewers, in turn.
// `npm run bench -- publishing [--rounds 6] [--steps 20] [--viewers 10]` prints JSON.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connectLive } from '@mnist-monitor/shared';
import { WebSocket } from 'ws';
import { machine } from './machine.js';
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

const runs = mkdtempSync(join(tmpdir(), 'mnist-bench-'));
const start = (name, args, stdio) => {
  const main = fileURLToPath(new URL(`../packages/${name}/dist/src/main.js`, import.meta.url));
  return spawn(process.execPath, [main, '--runs', runs, ...args], { stdio });
};

/** Trains so many steps. @returns Images per second behind the warm-up, of the steps and of the wall clock. */
async function train(runId, gateway) {
  const sizes = ['--train-size', String((steps + warmUp) * batchSize), '--test-size', '500', '--epochs', '1'];
  const args = ['--run-id', runId, '--engine', values.engine, '--gateway', gateway, ...sizes];
  const child = start('trainer', args, ['ignore', 'ignore', 'inherit']);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`the trainer ended with exit code ${code}`);
  const batches = readFileSync(join(runs, runId, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type === 'batch');
  const elapsed = batches.at(-1).data.elapsedSeconds - batches[warmUp - 1].data.elapsedSeconds;
  return (steps * batchSize) / elapsed;
}

const gateway = start(
  'gateway',
  ['--port', '0', '--ingest-port', '0', '--log-level', 'silent'],
  ['ignore', 'ignore', 'inherit', 'ipc'],
);
const [{ url, ingestUrl }] = await once(gateway, 'message');
let received = 0;
const viewers = Array.from({ length: viewerCount }, () =>
  connectLive({
    url: `${url.replace('http', 'ws')}/live`,
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
      async () => watched.push(await train(`watched-${round}`, ingestUrl)),
    ];
    for (const alternative of round % 2 ? alternatives.reverse() : alternatives) await alternative();
  }
} finally {
  for (const viewer of viewers) viewer.close();
  gateway.kill('SIGTERM');
  await once(gateway, 'exit');
  rmSync(runs, { recursive: true });
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
