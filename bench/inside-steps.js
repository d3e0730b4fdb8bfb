// Trains on demand, for `bench/inside.js`: `node bench/inside-steps.js ENGINE on|off BATCH_SIZE` answers each number n with what n steps
// took and sent. The time between two numbers does not count for the inspector's share of the time.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publishedFilePath } from '@mnist-monitor/shared';
import { batchCount } from '../packages/trainer/dist/src/dataset/batches.js';
import { loadDataset } from '../packages/trainer/dist/src/dataset/load.js';
import { selectEngine } from '../packages/trainer/dist/src/engines/select.js';
import { NetworkInspector } from '../packages/trainer/dist/src/inspection/network-inspector.js';
import { architecture } from '../packages/trainer/dist/src/network/architecture.js';
import { EventLog } from '../packages/trainer/dist/src/storage/event-log.js';
import { RunFolder } from '../packages/trainer/dist/src/storage/run-folder.js';
import { startPosition } from '../packages/trainer/dist/src/training/position.js';
import { train } from '../packages/trainer/dist/src/training/train.js';

const [choice, inside, size] = process.argv.slice(2);
const batchSize = Number(size);
const seed = 42;
const epochs = 10;
const { engine } = await selectEngine({ choice });
const dataset = await loadDataset(undefined);
const learner = await engine.createLearner({ optimizer: 'sgd', seed, precision: 'float32' });
const runs = mkdtempSync(join(tmpdir(), 'mnist-bench-'));
const folder = RunFolder.create(runs, inside);
const log = new EventLog({ runId: inside, folder });

/** Sizes of the snapshots so far, in bytes. */
const files = [];
/** Seconds of the earlier turns, and the start of this one. */
let [earlier, turnStart] = [0, performance.now()];
const seconds = () => earlier + (performance.now() - turnStart) / 1_000;
const inspector =
  inside === 'on'
    ? new NetworkInspector({
        learner,
        test: dataset.test,
        seed,
        probeSize: engine.probeSize,
        evaluationBatch: engine.evaluationBatch,
        relus: architecture.filter(({ type }) => type === 'relu').map(({ name }) => name),
        epochs,
        batchesPerEpoch: batchCount(dataset.train.size, batchSize),
        emitted: { step: 0, probeImages: 0 },
        writeSnapshot(digest, bytes) {
          files.push(bytes.length);
          folder.write(publishedFilePath('snapshots', digest), bytes);
        },
        seconds,
      })
    : undefined;
const control = {
  stopwatch: {
    get seconds() {
      return seconds();
    },
  },
  shouldContinue: async () => true,
  baseLearningRateAt: () => 0.01,
};
const events = train({
  ...{ learner, inspector, dataset, epochs, batchSize, seed, control },
  ...{
    schedule: 'constant',
    augment: false,
    evaluationBatch: engine.evaluationBatch,
    position: startPosition(),
  },
});

/** Makes steps, with each event written to the log as in a run. */
async function turn(steps) {
  turnStart = performance.now();
  const sent = [];
  for (let made = 0; made < steps; ) {
    const { value } = await events.next();
    const text = JSON.stringify(log.append(value));
    if (value.type === 'batch') made++;
    else sent.push({ type: value.type, hasImages: value.data.images !== undefined, bytes: text.length });
  }
  const ms = performance.now() - turnStart;
  earlier += ms / 1_000;
  return { ms, sent, files, rss: process.memoryUsage.rss() };
}

process.on('message', async (steps) => process.send(await turn(steps)));
process.on('disconnect', () => {
  log.close();
  rmSync(runs, { recursive: true });
  process.exit();
});
process.send({ engine: engine.name });
