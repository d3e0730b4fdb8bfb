// Compares the SQLite store and the Redis store on the same events, alternating: appends that wait for the disk, pages, and the space used.
// Requires redis-server. `npm run bench -- store [--events 20000] [--rounds 3]` prints JSON.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { openRedis } from '../packages/gateway/dist/src/redis/open.js';
import { openSqliteStore } from '../packages/gateway/dist/src/store/sqlite-store.js';
import { machine } from './machine.js';
import { inFolder, startRedis } from './processes.js';
import { median } from './statistics.js';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '3' },
  },
});
const [count, rounds] = [Number(values.events), Number(values.rounds)];
/** Number of events that are appended one by one. */
const singleCount = 200;
const { data, time, v } = sampleRun({ epochs: 1, batchesPerEpoch: 2 }).find(({ type }) => type === 'batch');
const events = Array.from({ length: count }, (_, index) => {
  const seq = index + 1;
  return { seq, type: 'batch', json: JSON.stringify({ v, runId: 'bench', seq, time, type: 'batch', data }) };
});

/** Measures the seconds that work takes. */
async function timed(work) {
  const begunAt = performance.now();
  await work();
  return (performance.now() - begunAt) / 1_000;
}

async function measure({ store, bytes }) {
  const singleSeconds = await timed(async () => {
    for (const event of events.slice(0, singleCount)) await store.append('bench', [event]);
  });
  const before = await bytes();
  const hundredsSeconds = await timed(async () => {
    for (let from = singleCount; from < count; from += 100)
      await store.append('bench', events.slice(from, from + 100));
  });
  const after = await bytes();
  let read = 0;
  const reading = await timed(async () => {
    for (let after = 0, more = true; more; ) {
      const page = await store.page('bench', { after, limit: 1_000 });
      read += page.events.length;
      ({ through: after, more } = page);
    }
  });
  if (read !== count) throw new Error(`expected ${count} events, read ${read}`);
  return {
    appendMs: (singleSeconds / singleCount) * 1_000,
    appendedPerSecondInHundreds: (count - singleCount) / hundredsSeconds,
    readPerSecond: count / reading,
    bytesPerEvent: (after - before) / (count - singleCount),
  };
}

const competitors = {
  sqlite: () =>
    inFolder(async (folder) => {
      const store = await openSqliteStore(folder);
      const bytes = () =>
        ['', '-wal'].reduce((sum, suffix) => sum + statSync(join(folder, `monitor.db${suffix}`)).size, 0);
      const result = await measure({ store, bytes });
      await store.close();
      return result;
    }),
  redis: () =>
    inFolder(async (folder, started) => {
      const redis = await startRedis(folder);
      started.push(redis);
      const { store, bus } = await openRedis(redis.url, console);
      const result = await measure({ store, bytes: redis.memoryBytes });
      await bus.close();
      await store.close();
      return result;
    }),
};

const runs = { sqlite: [], redis: [] };
for (let round = 0; round < rounds; round++)
  for (const [name, run] of Object.entries(competitors)) runs[name].push(await run());

const medians = (measured) =>
  Object.fromEntries(
    Object.keys(measured[0]).map((name) => [name, median(measured.map((each) => each[name]))]),
  );
console.log(
  JSON.stringify(
    {
      bench: 'store',
      ...machine(),
      settings: { events: count, rounds },
      sqlite: medians(runs.sqlite),
      redis: medians(runs.redis),
      runs,
    },
    null,
    2,
  ),
);
