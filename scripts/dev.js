// `npm run dev`: serves the page with hot reload, and a gateway that receives a made-up run again and again. Nothing is
// trained, and the stored runs are removed at the end.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { newRunId } from '@mnist-monitor/shared';
import { openScriptedPublisher, sampleRun } from '@mnist-monitor/shared/testing';
import { createServer } from 'vite';
import { WebSocket } from 'ws';

const pathOf = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const runSize = { epochs: 6, batchesPerEpoch: 60 };
const batchMs = 150;
/** Number of batches sent without a pause at the start of a run, so that the page shows curves at once. */
const initialBatches = 150;
const pauseBetweenRunsMs = 5_000;

/** Publishes one run and executes the page's commands. Resolves when the run has ended. */
async function publishRun(url) {
  let isPaused = false;
  let isStopped = false;
  let seq = 0;
  let step = 0;
  const runId = newRunId(new Date());
  const send = (type, data) =>
    publisher.send({ v: 1, runId, seq: ++seq, time: new Date().toISOString(), type, data });
  const notice = (code, message, value) =>
    send('notice', { level: 'info', code, message, step, ...(value === undefined ? {} : { value }) });
  const handlers = {
    pause: () => {
      isPaused = true;
      notice('run.paused', `paused after step ${step}`);
    },
    resume: () => {
      isPaused = false;
      notice('run.resumed', 'training continues');
    },
    stop: () => {
      isStopped = true;
    },
    setLearningRate: ({ learningRate }) =>
      notice('learning_rate.set', `learning rate ${learningRate} from the next step on`, learningRate),
  };
  const publisher = await openScriptedPublisher({
    url,
    WebSocket,
    runId,
    commands: Object.keys(handlers),
    onCommand: ({ command, data }) => {
      handlers[command](data);
      return { ok: true };
    },
  });
  for (const { type, data } of sampleRun(runSize)) {
    if (isStopped && type !== 'run.finished') continue;
    send(type, isStopped ? { ...data, status: 'stopped', reason: 'stopped from the page' } : data);
    if (type !== 'batch') continue;
    step = data.step;
    if (step > initialBatches) await wait(batchMs);
    while (isPaused && !isStopped) await wait(batchMs);
  }
  await publisher.waitForAck(seq);
  publisher.close();
}

const runs = mkdtempSync(join(tmpdir(), 'monitor-dev-'));
process.on('exit', () => rmSync(runs, { recursive: true, force: true }));
const gateway = fork(pathOf('packages/gateway/dist/src/main.js'), [
  ...['--runs', runs, '--port', '0', '--ingest-port', '0', '--log-level', 'warn'],
]);
gateway.on('exit', (code) => process.exit(code ?? 1));
const [{ url, ingestUrl }] = await once(gateway, 'message');

const shared = pathOf('packages/shared/src');
const page = await createServer({
  configFile: pathOf('packages/dashboard/vite.config.js'),
  root: pathOf('packages/dashboard'),
  // Imports of the shared package resolve to its sources, so that a change there reloads the page too.
  resolve: {
    alias: [
      { find: /^@mnist-monitor\/shared$/, replacement: `${shared}/index.ts` },
      { find: /^@mnist-monitor\/shared\/([\w-]+)$/, replacement: `${shared}/$1.ts` },
    ],
  },
  server: {
    port: 5173,
    proxy: { '^/(live|api|docs|[a-z]+\\.json|metrics|healthz|readyz)\\b': { target: url, ws: true } },
  },
});
await page.listen();
page.printUrls();
console.log(`  ➜  Gateway: ${url}\n  ➜  Ready in ${(performance.now() / 1_000).toFixed(1)} s`);
for (;;) {
  await publishRun(ingestUrl);
  await wait(pauseBetweenRunsMs);
}
