// Audits the page with Lighthouse 12, of a finished run and of one in progress, on a desktop and on a phone (with Lighthouse's
// simulated network and processor). `npx` downloads Lighthouse.
// `npm run bench -- lighthouse [--times 5]` prints JSON: medians of the scores (1 is the best) and of the layout shift.
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { openScriptedPublisher, sampleRun } from '@mnist-monitor/shared/testing';
import { WebSocket } from 'ws';
import { machine } from './machine.js';
import { spread } from './statistics.js';

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '5' },
    chromium: { type: 'string', default: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium' },
  },
});
const eventsPerSecond = 20;
const categories = ['accessibility', 'best-practices', 'performance'];

const folder = mkdtempSync(join(tmpdir(), 'mnist-lighthouse-'));
const main = fileURLToPath(new URL('../packages/gateway/dist/src/main.js', import.meta.url));
const flags = ['--port', '0', '--ingest-port', '0', '--runs', join(folder, 'runs'), '--log-level', 'silent'];
const gateway = fork(main, flags, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
const [{ url, ingestUrl }] = await once(gateway, 'message');

/** Publishes the first events of a run. @returns Its publisher. */
async function publish(runId, events) {
  const commands = ['pause', 'stop', 'setLearningRate'];
  const publisher = await openScriptedPublisher({ url: ingestUrl, WebSocket, runId, commands });
  publisher.send(...events);
  await publisher.waitForAck(events.length);
  return publisher;
}

/** Runs Lighthouse, again where Chromium has lost the start of its trace, which happens in about one of ten audits. */
async function runLighthouse(args, triesLeft = 3) {
  const options = { cwd: folder, env: { ...process.env, CHROME_PATH: values.chromium }, maxBuffer: 2 ** 26 };
  try {
    return await promisify(execFile)('npx', ['--yes', 'lighthouse@12', ...args], options);
  } catch (error) {
    if (triesLeft > 0 && String(error.stderr).includes('NO_NAVSTART'))
      return runLighthouse(args, triesLeft - 1);
    throw new Error(`Lighthouse failed: ${String(error.stderr).split('\n')[0]}`);
  }
}

/** Runs Lighthouse once. @returns Its scores, the layout shift, and the audits of accessibility and best practices that failed. */
async function audit(runId, device) {
  const args = [`${url}/?run=${runId}`, '--output=json', '--quiet', '--chrome-flags=--headless --no-sandbox'];
  const { stdout } = await runLighthouse([...args, ...(device === 'desktop' ? ['--preset=desktop'] : [])]);
  const report = JSON.parse(stdout);
  const failed = categories
    .filter((id) => id !== 'performance')
    .flatMap((id) => report.categories[id].auditRefs)
    .filter(({ id, weight }) => weight > 0 && report.audits[id].score === 0)
    .map(({ id }) => id);
  return {
    scores: categories.map((id) => report.categories[id].score),
    shift: report.audits['cumulative-layout-shift'].numericValue,
    failed,
  };
}

const finished = sampleRun({ runId: 'finished', epochs: 10, batchesPerEpoch: 118 });
const running = sampleRun({ runId: 'running', epochs: 100, batchesPerEpoch: 118, startedAt: new Date() });
(await publish('finished', finished)).close();
let sent = 400;
const publisher = await publish('running', running.slice(0, sent));
const timer = setInterval(() => publisher.send(running[sent++]), 1_000 / eventsPerSecond);

const pages = {};
try {
  for (const device of ['desktop', 'phone'])
    for (const runId of ['finished', 'running']) {
      const audits = [];
      for (let time = 0; time < Number(values.times); time++) audits.push(await audit(runId, device));
      const medians = categories.map((name, index) => [
        name,
        spread(audits.map(({ scores }) => scores[index])).median,
      ]);
      pages[`${device}, ${runId}`] = {
        ...Object.fromEntries(medians),
        layoutShift: spread(audits.map(({ shift }) => shift)).median,
        failed: [...new Set(audits.flatMap(({ failed }) => failed))],
      };
    }
  console.log(
    JSON.stringify({ bench: 'lighthouse', times: Number(values.times), pages, machine: machine() }, null, 2),
  );
} finally {
  clearInterval(timer);
  publisher.close();
  gateway.kill('SIGTERM');
  await once(gateway, 'exit');
  rmSync(folder, { recursive: true });
}
