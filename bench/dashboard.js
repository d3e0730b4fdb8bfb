// Measures the dashboard in headless Chromium: bytes of JavaScript, time to the first chart of a long run, work per frame and
// delay at a high rate of events, time from a move of the timeline to its drawn frame, memory after a million events.
// `npm run bench -- dashboard [--points 100000] [--loads 5] [--rate 500] [--seconds 10] [--events 1000000]` prints JSON.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openScriptedPublisher, sampleRun } from '@mnist-monitor/shared/testing';
import { WebSocket } from 'ws';
import { Chromium } from './chromium.js';
import { recordFrames } from './frame-recorder.js';
import { machine } from './machine.js';
import { delaysOf, loadedScripts, memoryOf, summary, timelineMoves } from './page-measures.js';
import { spread } from './statistics.js';

const { values } = parseArgs({
  options: {
    points: { type: 'string', default: '100000' },
    loads: { type: 'string', default: '5' },
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '10' },
    events: { type: 'string', default: '1000000' },
    chromium: { type: 'string', default: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium' },
  },
});
const [points, loads, rate, seconds, events] = [
  values.points,
  values.loads,
  values.rate,
  values.seconds,
  values.events,
].map(Number);

const runs = mkdtempSync(join(tmpdir(), 'mnist-bench-'));
const main = fileURLToPath(new URL('../packages/gateway/dist/src/main.js', import.meta.url));
const flags = ['--port', '0', '--ingest-port', '0', '--runs', runs, '--log-level', 'silent'];
const gateway = fork(main, flags, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
const [{ url, ingestUrl }] = await once(gateway, 'message');
const browser = await Chromium.start(values.chromium);

const publish = (runId) => openScriptedPublisher({ url: ingestUrl, WebSocket, runId });

/** Publishes a run of `batches` batches and leaves it unfinished. @returns Its publisher. */
async function publishHistory(runId, batches) {
  const publisher = await publish(runId);
  const epochs = 10;
  const [started] = sampleRun({ runId, epochs, batchesPerEpoch: Math.ceil(batches / epochs) });
  publisher.send({ ...started, time: new Date().toISOString() });
  const chunk = 5_000;
  for (let from = 0; from < batches; from += chunk) {
    const to = Math.min(batches, from + chunk);
    for (let step = from + 1; step <= to; step++) publisher.send(batchEvent(runId, step + 1, step));
    await publisher.waitForAck(to + 1);
  }
  return publisher;
}

/** Returns a batch event with the current time. */
const batchEvent = (runId, seq, step) => ({
  v: 1,
  runId,
  seq,
  time: new Date().toISOString(),
  type: 'batch',
  data: {
    epoch: 1,
    batch: step,
    step,
    loss: (2.3 / (1 + step / 500)) * (1 + 0.3 * Math.sin(step * 1.7) * Math.cos(step * 0.37)),
    accuracy: Math.min(1, 0.1 + 0.9 * (step / (step + 300))),
    learningRate: 0.01,
    imagesPerSecond: 800 + 40 * Math.sin(step),
    elapsedSeconds: step * 0.02,
    etaSeconds: 60,
  },
});

const openPage = (query = '') => browser.open(`${url}/${query}`, recordFrames);
const showsPoints = (count) => `window.frameRecords?.points >= ${count}`;

/** Measures the scripts that a first visit loads, in bytes before and after gzip. */
async function measureScripts() {
  const page = await openPage();
  await page.until(`document.querySelector('[data-field="health-state"]')?.textContent === 'Live'`);
  const scripts = await loadedScripts(page);
  await page.close();
  return scripts;
}

/** Measures the milliseconds from opening the page to the first chart of the run, and to the chart with all of its points. */
async function measureLoad(runId) {
  const page = await openPage(`?run=${runId}`);
  await page.until(showsPoints(points));
  const { paints } = await page.evaluate('window.frameRecords');
  await page.close();
  return { first: paints[0].at, all: paints.find((paint) => paint.points >= points).at };
}

/** Measures the frames of the page, and the delay of events to it, while a run publishes `rate` events a second. */
async function measureFrames(runId, publisher) {
  const page = await openPage(`?run=${runId}`);
  await page.until(showsPoints(points));
  await wait(1_000);
  await page.evaluate('window.frameRecords.reset()');
  const sentAt = new Map();
  const begin = performance.now();
  for (let sent = 0; sent < rate * seconds; ) {
    const due = Math.min(rate * seconds, Math.floor(((performance.now() - begin) / 1_000) * rate));
    for (; sent < due; sent++) {
      const step = points + sent + 1;
      const event = batchEvent(runId, step + 1, step);
      sentAt.set(step, Date.parse(event.time));
      publisher.send(event);
    }
    await wait(1);
  }
  await wait(500);
  const records = await page.evaluate('window.frameRecords');
  await page.close();
  const delays = delaysOf(records, sentAt, points);
  const busy = records.frames.filter(({ script }) => script > 0.2);
  return {
    frames: busy.length,
    scriptMs: summary(busy.map(({ script }) => script)),
    workMs: summary(busy.map(({ work }) => work)),
    intervalMs: summary(busy.map(({ interval }) => interval)),
    eventsDrawn: delays.length,
    delayMs: summary(delays),
  };
}

/** Measures moves of the timeline. */
async function measureTimeline(runId) {
  const page = await openPage(`?run=${runId}`);
  await page.until(showsPoints(points));
  const moves = await timelineMoves(page, points);
  await page.close();
  return moves;
}

/** Measures the memory of the page after all events of one run. */
async function measureMemory(runId) {
  const publisher = await publishHistory(runId, events);
  // A page opened during publishing could skip batches; one opened afterwards receives all of them.
  const page = await openPage(`?run=${runId}`);
  await page.until(`window.frameRecords.received >= ${events}`, 600_000);
  const memory = await memoryOf(browser, page);
  publisher.close();
  await page.close();
  return { events, ...memory };
}

const result = {
  bench: 'dashboard',
  ...machine(),
  settings: { points, loads, rate, seconds, events },
  chromium: await browser.version(),
};
try {
  result.scripts = await measureScripts();
  const publisher = await publishHistory('long', points);
  const times = [];
  for (let load = 0; load < loads; load++) times.push(await measureLoad('long'));
  result.load = {
    firstChartMs: spread(times.map(({ first }) => first)),
    allPointsMs: spread(times.map(({ all }) => all)),
  };
  result.timelineMs = await measureTimeline('long');
  if (seconds > 0) result.live = await measureFrames('long', publisher);
  publisher.close();
  if (events > 0) result.memory = await measureMemory('endless');
} finally {
  await browser.close();
  gateway.kill('SIGTERM');
  await once(gateway, 'exit');
  rmSync(runs, { recursive: true });
}
console.log(JSON.stringify(result, null, 2));
