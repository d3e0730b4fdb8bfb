// What an epoch costs beside its steps: a whole one, with data, evaluation, saving and publishing to a gateway, against
// bare steps. A machine that is shared changes its speed within seconds, so the two go on in turn, some steps each: the
// trainer is stopped where it is while another process makes bare steps. The first epoch warms up, and is not counted.
// `npm run bench -- epoch [--rounds 3] [--slice 8]` prints JSON.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { machine } from './machine.js';
import { startServices } from './processes.js';
import { mean, median } from './statistics.js';
import { trainerEnvironment } from './trainer-environment.js';

const { values } = parseArgs({
  options: {
    /** Epochs to count. */
    rounds: { type: 'string', default: '3' },
    /** Steps that the one makes before it is the other's turn. */
    slice: { type: 'string', default: '8' },
    engine: { type: 'string', default: 'tensorflow' },
  },
});
const { engine } = values;
const slice = Number(values.slice);
const batchSize = 512;
const stepCount = 60_000 / batchSize;

const services = await startServices();
const stepper = fork(fileURLToPath(new URL('stepper.js', import.meta.url)), [engine, String(batchSize)], {
  env: trainerEnvironment,
});
const answer = async () => (await once(stepper, 'message'))[0];

/** The mean milliseconds of a turn's steps. The first finds the caches as the other left them, and does not count. */
async function bareTurn() {
  stepper.send(slice);
  return mean((await answer()).slice(1));
}

/** Trains, the first epoch to warm up, and takes turns with bare steps. */
async function trainInTurns(epochs) {
  /** By epoch. */
  const bare = Array.from({ length: epochs + 1 }, () => []);
  const stopped = new Set();
  const flags = ['--engine', engine, '--gateway', services.ingestUrl, '--epochs', String(epochs)];
  const trainer = services.startTrainer('epoch', ...flags);

  async function takeTurns({ type, data }) {
    const { batch, epoch } = data ?? {};
    if (type !== 'batch' || batch % slice || batch + slice > stepCount) return;
    stopped.add(data.step);
    trainer.child.kill('SIGSTOP');
    bare[epoch].push(await bareTurn());
    trainer.child.kill('SIGCONT');
  }

  // Not the live client, which checks what comes: the trainer would wait for its processor meanwhile.
  const viewer = new WebSocket(`${services.liveUrl}?types=batch`);
  viewer.on('message', (text) => takeTurns(JSON.parse(text)));
  const events = await trainer.events();
  viewer.close();
  const batches = events
    .filter(({ type }) => type === 'batch')
    .map(({ time, data }) => ({ ...data, time: Date.parse(time) }));
  return Array.from({ length: epochs - 1 }, (_, at) => measure(at + 2, { bare, batches, stopped, events }));
}

/** What an epoch's steps took, and what came after its last one until the next epoch's first, less that step itself. */
function measure(epoch, { bare, batches, stopped, events }) {
  const own = batches.filter((each) => each.epoch === epoch);
  const turns = own
    .filter(({ step }) => stopped.has(step))
    .map(({ batch }) => own.slice(batch, batch + slice))
    .map((turn) => (turn.at(-1).time - turn[0].time) / (turn.length - 1));
  const [bareStepMs, stepMs] = [median(bare[epoch]), median(turns)];
  const last = own.at(-1);
  const next = batches[last.step];
  const restMs = next ? next.time - last.time - stepMs : Date.parse(events.at(-1).time) - last.time;
  const ratio = (stepCount * bareStepMs) / (stepCount * stepMs + restMs);
  return { bareStepMs, stepMs, restMs, turns: turns.length, ratio };
}

let rounds;
try {
  await answer();
  await bareTurn(); // Warms up.
  rounds = await trainInTurns(Number(values.rounds) + 1);
} finally {
  stepper.disconnect();
  await services.stop();
}

console.log(
  JSON.stringify(
    {
      bench: 'epoch',
      ...machine(),
      settings: { engine, rounds: rounds.length, slice, batchSize, stepCount },
      rounds,
      imagesPerSecond: {
        bare: (batchSize * 1_000) / median(rounds.map(({ bareStepMs }) => bareStepMs)),
      },
      ratio: median(rounds.map(({ ratio }) => ratio)),
    },
    null,
    2,
  ),
);
