// Measures what reading costs the gateway's event loop, in a store of 500 runs of which one is long.
// `npm run bench -- reading [--runs 500] [--events 100000] [--rounds 5]` prints JSON.
import { mkdtempSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { encode } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { pino } from 'pino';
import { buildGateway } from '../packages/gateway/dist/src/app.js';
import { openSqliteStore } from '../packages/gateway/dist/src/store/sqlite-store.js';
import { machine } from './machine.js';
import { median } from './statistics.js';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '500' },
    events: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
  },
});
const [runCount, eventCount, rounds] = [values.runs, values.events, values.rounds].map(Number);

const stored = (event) => ({ seq: event.seq, type: event.type, json: encode(event) });
const folder = mkdtempSync(join(tmpdir(), 'monitor-bench-'));
const store = await openSqliteStore(folder);
for (let index = 1; index < runCount; index++)
  await store.append(
    `run-${index}`,
    sampleRun({ runId: `run-${index}`, epochs: 10, batchesPerEpoch: 12 }).map(stored),
  );
const batches = Math.ceil(eventCount / (1 + 1 / 7) / 20);
const longRun = sampleRun({ runId: 'long', epochs: 20, batchesPerEpoch: batches }).map(stored);
for (let from = 0; from < longRun.length; from += 1_000)
  await store.append('long', longRun.slice(from, from + 1_000));
await store.close();

/** Sends requests from another thread, so that this one runs only the gateway's own work. */
const client = new Worker(
  `const { parentPort } = require('node:worker_threads');
   parentPort.on('message', async (url) => {
     const answer = await fetch(url);
     let bytes = 0;
     for await (const part of answer.body) bytes += part.length;
     parentPort.postMessage({ status: answer.status, bytes });
   });`,
  { eval: true },
);
async function ask(url) {
  client.postMessage(url);
  const { status, bytes } = await new Promise((resolve) => client.once('message', resolve));
  if (status !== 200) throw new Error(`expected 200 at ${url}, got ${status}`);
  return bytes;
}

const schedstat = openSync('/proc/thread-self/schedstat', 'r');
const buffer = Buffer.alloc(100);
/** Returns the milliseconds that this thread has spent on a processor, without other programs. */
const onCpuMs = () =>
  Number(buffer.toString('latin1', 0, readSync(schedstat, buffer, 0, 100, 0)).split(' ')[0]) / 1e6;

/** Measures the processor time that work takes on this thread: in total, and in the longest turn of the event loop. */
async function measure(work) {
  /** A turn that takes less than this had no work to do. */
  const idleMs = 0.2;
  let [last, cpuMs, longestTurnMs, busy] = [onCpuMs(), 0, 0, true];
  const turn = () => {
    const now = onCpuMs();
    if (now - last > idleMs) cpuMs += now - last;
    longestTurnMs = Math.max(longestTurnMs, now - last);
    last = now;
    if (busy) setImmediate(turn);
  };
  setImmediate(turn);
  const begin = performance.now();
  const bytes = await work();
  busy = false;
  return { ms: performance.now() - begin, cpuMs, longestTurnMs, bytes };
}

const config = { host: '127.0.0.1', ingestHost: '127.0.0.1', runs: folder };
const log = pino({ level: 'silent' });
const measured = {};
for (let round = 0; round < rounds; round++) {
  // A new gateway for each round, so that the first request finds nothing in memory.
  const roundStore = await openSqliteStore(folder);
  const gateway = await buildGateway({ config, store: roundStore, log });
  const address = await gateway.publicApp.listen({ host: '127.0.0.1', port: 0 });
  const get = (path) => () => ask(`${address}${path}`);
  const fields =
    'batch.loss,batch.accuracy,batch.learningRate,batch.imagesPerSecond,epoch.test.loss,epoch.test.accuracy,system.host.cpu';
  const requests = {
    listFirst: get('/api/runs'),
    list: get('/api/runs'),
    summary: get('/api/runs/long'),
    page: get('/api/runs/long/events?limit=2000&after=50000'),
    series: get('/api/runs/long/series'),
    seriesOfSevenFields: get(`/api/runs/long/series?fields=${fields}&points=10000`),
    csv: get('/api/runs/long/export.csv'),
    jsonl: get('/api/runs/long/export.jsonl'),
  };
  for (const [name, work] of Object.entries(requests)) {
    measured[name] ??= [];
    measured[name].push(await measure(work));
  }
  await gateway.close();
}

const removal = await openSqliteStore(folder);
const file = join(folder, 'monitor.db');
const before = statSync(file).size;
const freed = longRun.reduce((sum, { json }) => sum + json.length, 0);
measured.remove = [
  // Without `cpuMs`: most of the time is pauses, in which the measurement itself keeps the processor busy.
  await measure(async () => {
    await removal.remove('long');
    // Events are removed in the background; the file shrinks when all are removed.
    while (statSync(file).size > before - freed) await new Promise((resolve) => setTimeout(resolve, 50));
    return before - statSync(file).size;
  }).then(({ cpuMs, ...result }) => result),
];
await removal.close();
await client.terminate();
rmSync(folder, { recursive: true });

const medianOf = (results, key) => Number(median(results.map((result) => result[key] ?? 0)).toFixed(2));
console.log(
  JSON.stringify(
    {
      bench: 'reading',
      ...machine(),
      settings: { runs: runCount, events: longRun.length, rounds },
      medians: Object.fromEntries(
        Object.entries(measured).map(([name, results]) => [
          name,
          Object.fromEntries(Object.keys(results[0]).map((key) => [key, medianOf(results, key)])),
        ]),
      ),
    },
    null,
    2,
  ),
);
