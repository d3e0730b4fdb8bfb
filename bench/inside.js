// Measures what it costs to look inside the network: training with and without inspection alternates every few steps, in two processes
// of which one waits. Also measures the bytes that a viewer receives, the files and the memory. The first turn of each process warms up
// and is not counted. Then measures the page with all views open: delay of events, moves of the timeline, memory, scripts, and the time
// from a drawn digit to its reading by every snapshot.
// `npm run bench -- inside [--parts training,page] [--engines tensorflow,wasm] [--rounds 6] [--seconds 4] [--batch-size 512]
// [--live 15] [--drawings 3]` prints JSON.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measurePage } from './inside-page.js';
import { machine } from './machine.js';
import { mean, median } from './statistics.js';
import { trainerEnvironment } from './trainer-environment.js';

const { values } = parseArgs({
  options: {
    parts: { type: 'string', default: 'training,page' },
    engines: { type: 'string', default: 'tensorflow,wasm' },
    /** Turns of each process that count. */
    rounds: { type: 'string', default: '6' },
    /** Seconds of a turn, as far as whole steps allow. */
    seconds: { type: 'string', default: '4' },
    'batch-size': { type: 'string', default: '512' },
    /** Seconds in which the last steps of the run arrive at the page. */
    live: { type: 'string', default: '15' },
    /** Number of pages in which digits are drawn. */
    drawings: { type: 'string', default: '3' },
    chromium: { type: 'string', default: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium' },
  },
});
const rounds = Number(values.rounds);
const batchSize = Number(values['batch-size']);

async function start(engine, inside) {
  const program = fileURLToPath(new URL('inside-steps.js', import.meta.url));
  const child = fork(program, [engine, inside, String(batchSize)], {
    env: trainerEnvironment,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const next = async () => (await once(child, 'message'))[0];
  await next();
  return {
    /** Makes steps. @returns What they took and sent. */
    turn(steps) {
      child.send(steps);
      return next();
    },
    async stop() {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

/** Returns the number of events, and their mean and largest size in bytes. */
function sizes(events) {
  const bytes = events.map((event) => event.bytes);
  if (bytes.length === 0) return { count: 0 };
  return { count: bytes.length, mean: Math.round(mean(bytes)), max: Math.max(...bytes) };
}

async function measure(engine) {
  const [off, on] = await Promise.all(['off', 'on'].map((inside) => start(engine, inside)));
  try {
    // The first step compiles and allocates; the time of the second one determines the number of steps in a turn.
    const firstStepMs = { off: (await off.turn(1)).ms, on: (await on.turn(1)).ms };
    const steps = Math.max(1, Math.round((Number(values.seconds) * 1_000) / (await off.turn(1)).ms));
    const first = await on.turn(steps);
    await off.turn(steps);
    const turns = { off: [], on: [] };
    for (let round = 0; round < rounds; round++)
      for (const [name, process] of round % 2
        ? [
            ['on', on],
            ['off', off],
          ]
        : [
            ['off', off],
            ['on', on],
          ])
        turns[name].push(await process.turn(steps));
    const total = (name) => turns[name].reduce((sum, { ms }) => sum + ms, 0);
    const sent = turns.on.flatMap((each) => each.sent);
    const inside = sent.filter(({ type }) => ['layers', 'probe', 'snapshot'].includes(type));
    const files = turns.on.at(-1).files;
    return {
      engine,
      stepsPerTurn: steps,
      imagesPerSecond: Object.fromEntries(
        Object.keys(turns).map((name) => [
          name,
          median(turns[name].map(({ ms }) => (steps * batchSize * 1_000) / ms)),
        ]),
      ),
      // `cost` compares median turns; `costOfAllTurns` includes the rare turns in which inspection takes long.
      cost: median(turns.on.map(({ ms }) => ms)) / median(turns.off.map(({ ms }) => ms)) - 1,
      costOfAllTurns: total('on') / total('off') - 1,
      firstStepMs,
      // Without the images of the probe set, which are sent once, in the turn that does not count.
      viewerBytesPerSecond: (inside.reduce((sum, { bytes }) => sum + bytes, 0) * 1_000) / total('on'),
      eventBytes: {
        layers: sizes(inside.filter(({ type }) => type === 'layers')),
        probe: sizes(inside.filter(({ type }) => type === 'probe')),
        images: sizes(first.sent.filter(({ hasImages }) => hasImages)),
        snapshot: sizes(inside.filter(({ type }) => type === 'snapshot')),
      },
      snapshotFiles: { count: files.length, bytes: median(files) },
      memoryMiB: Object.fromEntries(
        Object.entries(turns).map(([name, all]) => [
          name,
          Math.round(median(all.map(({ rss }) => rss)) / 2 ** 20),
        ]),
      ),
    };
  } finally {
    await Promise.all([off.stop(), on.stop()]);
  }
}

const parts = values.parts.split(',');
const live = { seconds: Number(values.live), drawings: Number(values.drawings) };
const settings = { rounds, secondsPerTurn: Number(values.seconds), batchSize, ...live };
const result = { bench: 'inside', ...machine(), settings };
if (parts.includes('training')) {
  result.engines = [];
  for (const engine of values.engines.split(',')) result.engines.push(await measure(engine));
}
if (parts.includes('page')) result.page = await measurePage({ chromium: values.chromium, ...live });
console.log(JSON.stringify(result, null, 2));
