// Measures what an epoch costs besides its steps: an epoch with data, evaluation, saving and publishing to a gateway, compared
// with bare steps. A shared machine changes its speed within seconds, so the two alternate every few steps: the trainer is stopped
// while another process runs bare steps. The first epoch warms up and is not counted.
// `npm run bench -- epoch [--rounds 3] [--slice 8] [--precision bfloat16]` prints JSON.
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
    /** Number of steps in each turn, of the trainer or of bare steps. */
    slice: { type: 'string', default: '8' },
    engine: { type: 'string', default: 'tensorflow' },
    precision: { type: 'string', default: 'float32' },
  },
});
const { engine, precision } = values;
const slice = Number(values.slice);
const batchSize = 512;
/** Steps of an epoch, where the smaller last batch counts as a fraction of a step. */
const fractionalSteps = 60_000 / batchSize;

const services = await startServices();
const stepper = fork(
  fileURLToPath(new URL('stepper.js', import.meta.url)),
  [engine, String(batchSize), precision],
  {
    env: trainerEnvironment,
  },
);
const answer = async () => (await once(stepper, 'message'))[0];

/** Returns the mean milliseconds of a bare step, without the first of a turn, for which the other process has filled the caches. */
async function bareTurn() {
  stepper.send(slice);
  return mean((await answer()).slice(1));
}

/** Trains, alternating with bare steps. */
async function trainInTurns(epochs) {
  /** Milliseconds of a bare step in each turn, by epoch. */
  const bare = Array.from({ length: epochs + 1 }, () => []);
  /** The steps after which the trainer was stopped. */
  const stopped = new Set();
  const flags = ['--engine', engine, '--precision', precision, '--epochs', String(epochs)];
  const trainer = services.startTrainer('epoch', ...flags, '--gateway', services.ingestUrl);

  async function takeTurns({ type, data }) {
    const { batch, epoch } = data ?? {};
    if (type !== 'batch' || batch % slice || batch + slice > fractionalSteps) return;
    stopped.add(data.step);
    trainer.child.kill('SIGSTOP');
    bare[epoch].push(await bareTurn());
    trainer.child.kill('SIGCONT');
  }

  // A bare socket, because the validation in the live client would take processor time from the trainer.
  const viewer = new WebSocket(`${services.liveUrl}?types=batch`);
  viewer.on('message', (text) => takeTurns(JSON.parse(text)));
  const events = await trainer.events();
  viewer.close();
  const batches = events
    .filter(({ type }) => type === 'batch')
    .map(({ time, data }) => ({ ...data, time: Date.parse(time) }));
  return Array.from({ length: epochs - 1 }, (_, index) =>
    measure(index + 2, { bare, batches, stopped, events }),
  );
}

/** Returns the median times of a bare step and of the trainer's steps, and the time between an epoch's last step and the next epoch. */
function measure(epoch, { bare, batches, stopped, events }) {
  const epochBatches = batches.filter((each) => each.epoch === epoch);
  const turns = epochBatches
    .filter(({ step }) => stopped.has(step))
    .map(({ batch }) => epochBatches.slice(batch, batch + slice))
    .map((turn) => (turn.at(-1).time - turn[0].time) / (turn.length - 1));
  const [bareStepMs, stepMs] = [median(bare[epoch]), median(turns)];
  const last = epochBatches.at(-1);
  const next = batches[last.step];
  const restMs = next ? next.time - last.time - stepMs : Date.parse(events.at(-1).time) - last.time;
  const ratio = (fractionalSteps * bareStepMs) / (fractionalSteps * stepMs + restMs);
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
      settings: { engine, precision, rounds: rounds.length, slice, batchSize, fractionalSteps },
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
