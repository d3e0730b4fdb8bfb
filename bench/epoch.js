// What an epoch costs beside its steps: a whole one, with data, evaluation, saving and publishing to a gateway, against
// bare steps. A machine that is shared changes its speed within seconds, so the two go on in turn, some steps each: the
// trainer is stopped where it is while another process makes bare steps.
// `npm run bench -- epoch [--rounds 3] [--slice 8]` prints JSON.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { machine } from './machine.js';
import { startServices } from './processes.js';
import { median } from './statistics.js';

const { values } = parseArgs({
  options: {
    /** Whole epochs. */
    rounds: { type: 'string', default: '3' },
    /** Steps that the one makes before it is the other's turn. */
    slice: { type: 'string', default: '8' },
    engine: { type: 'string', default: 'tensorflow' },
  },
});
const { engine } = values;
const slice = Number(values.slice);
const batchSize = 512;

const services = await startServices();
const stepper = fork(fileURLToPath(new URL('stepper.js', import.meta.url)), [engine, String(batchSize)]);
const answer = async () => (await once(stepper, 'message'))[0];

/** The first step of a turn finds the caches as the other left them; it counts on neither side. */
async function bareSlice() {
  stepper.send(slice);
  return (await answer()).slice(1);
}

async function round(runId) {
  const bare = [];
  const stoppedIn = new Set();
  const flags = ['--engine', engine, '--gateway', services.ingestUrl, '--epochs', '1'];
  const trainer = services.startTrainer(runId, ...flags);
  const stepCount = 60_000 / batchSize;

  async function takeTurns({ runId: from, type, data }) {
    if (from !== runId || type !== 'batch' || data.step % slice || data.step + slice > stepCount) return;
    stoppedIn.add(data.step + 1);
    trainer.child.kill('SIGSTOP');
    bare.push(...(await bareSlice()));
    trainer.child.kill('SIGCONT');
  }

  // Not the live client, which checks what comes: the trainer would wait for its processor meanwhile.
  const viewer = new WebSocket(`${services.liveUrl}?types=batch`);
  viewer.on('message', (text) => takeTurns(JSON.parse(text)));
  const events = await trainer.events();
  viewer.close();
  const times = events.filter(({ type }) => type === 'batch').map(({ time }) => Date.parse(time));
  const steps = times.flatMap((time, at) =>
    // The last batch is a small one.
    at < slice || at >= Math.floor(stepCount) || stoppedIn.has(at + 1) ? [] : [time - times[at - 1]],
  );
  const [bareStepMs, stepMs] = [median(bare), median(steps)];
  const restMs = Date.parse(events.at(-1).time) - times.at(-1);
  return { bareStepMs, stepMs, restMs, counted: { bare: bare.length, whole: steps.length }, stepCount };
}

const share = ({ bareStepMs, stepMs, restMs, stepCount }) =>
  (stepCount * bareStepMs) / (stepCount * stepMs + restMs);

const rounds = [];
try {
  await answer();
  await bareSlice(); // Warms up.
  for (let at = 0; at < Number(values.rounds); at++) {
    const measured = await round(`epoch-${at}`);
    rounds.push({ ...measured, ratio: share(measured) });
  }
} finally {
  stepper.disconnect();
  await services.stop();
}

console.log(
  JSON.stringify(
    {
      bench: 'epoch',
      ...machine(),
      settings: { engine, rounds: rounds.length, slice, batchSize },
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
