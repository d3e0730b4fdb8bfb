// Measures the page with every view of the inside of the network open, for `bench/inside.js`: a run of 10 epochs, of which the last
// steps arrive live.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openScriptedPublisher } from '@mnist-monitor/shared/testing';
import { WebSocket } from 'ws';
import { Chromium } from './chromium.js';
import { recordFrames } from './frame-recorder.js';
import { insideRun } from './inside-run.js';
import { delaysOf, loadedScripts, memoryOf, summary, timelineMoves } from './page-measures.js';
import { quantile, spread } from './statistics.js';

const runId = 'inside';
/** Steps a second that arrive live: several times as many as training on two cores makes. */
const stepsPerSecond = 20;
const screen = { width: 1440, height: 900, deviceScaleFactor: 1, mobile: false };
/** High enough for the curves, the results, the probe images and the examined image: all of them are drawn while the run goes on. */
const highScreen = { ...screen, height: 3_800 };

/**
 * Measures the page.
 * @param options.chromium Path of the browser.
 * @param options.seconds Time in which the last steps arrive.
 * @param options.drawings Number of new pages in which a digit is drawn.
 */
export async function measurePage({ chromium, seconds, drawings }) {
  const runs = mkdtempSync(join(tmpdir(), 'mnist-bench-'));
  const main = fileURLToPath(new URL('../packages/gateway/dist/src/main.js', import.meta.url));
  const flags = ['--port', '0', '--ingest-port', '0', '--runs', runs, '--log-level', 'silent'];
  const gateway = fork(main, flags, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [{ url, ingestUrl }] = await once(gateway, 'message');
  const browser = await Chromium.start(chromium);
  const open = async (query) => {
    const page = await browser.open(`${url}/${query}`, recordFrames);
    await page.send('Emulation.setDeviceMetricsOverride', screen);
    // Without a buffer: the developer tools would keep 45 MB of responses in the page's process.
    await page.send('Network.enable', { maxTotalBufferSize: 0, maxResourceBufferSize: 0 });
    await page.send('Network.setCacheDisabled', { cacheDisabled: true });
    return page;
  };
  try {
    const firstVisit = await scriptsOfFirstVisit(open);
    const publisher = await openScriptedPublisher({ url: ingestUrl, WebSocket, runId });
    const run = new LiveRun(publisher, insideRun(runs, runId));
    await run.publishUntil(run.steps - seconds * stepsPerSecond);
    const page = await open(`?run=${runId}`);
    await openAllViews(page);
    await page.send('Emulation.setDeviceMetricsOverride', highScreen);
    const live = await followLive(page, run);
    await page.send('Emulation.setDeviceMetricsOverride', screen);
    const allOpen = await loadedScripts(page);
    const timelineMs = await timelineMoves(page, run.steps);
    const memory = await memoryOf(browser, page);
    await page.close();
    const histories = [];
    for (let drawing = 0; drawing < drawings; drawing++)
      histories.push(await drawDigits(open, run.snapshots));
    publisher.close();
    return {
      chromium: await browser.version(),
      scripts: { firstVisit, allOpen },
      live,
      timelineMs,
      memory,
      snapshots: run.snapshots,
      // Weights that the page does not have yet are downloaded and decoded first; a second drawing finds them.
      drawnToHistoryMs: {
        first: spread(histories.map(([first]) => first)),
        second: spread(histories.map(([, second]) => second)),
      },
    };
  } finally {
    await browser.close();
    gateway.kill('SIGTERM');
    await once(gateway, 'exit');
    rmSync(runs, { recursive: true });
  }
}

/** Sends the events of a run, each with the time at which it is sent. */
class LiveRun {
  #publisher;
  #events;
  #sent = 0;
  /** The times of the batches in milliseconds since 1970, by their step. */
  sentAt = new Map();

  constructor(publisher, events) {
    this.#publisher = publisher;
    this.#events = events;
    this.steps = events.filter(({ type }) => type === 'batch').length;
    this.snapshots = events.filter(({ type }) => type === 'snapshot').length;
  }

  /** Number of batches that have been sent. */
  get step() {
    return this.sentAt.size;
  }

  /** Sends all events up to the batch of a step; all that are left for a step after the last one. */
  sendUntil(step) {
    while (this.#sent < this.#events.length) {
      const { type, data } = this.#events[this.#sent];
      if (type === 'batch' && data.step > step) return;
      const now = Date.now();
      this.#sent++;
      this.#publisher.send({ v: 1, runId, seq: this.#sent, time: new Date(now).toISOString(), type, data });
      if (type === 'batch') this.sentAt.set(data.step, now);
    }
  }

  async publishUntil(step) {
    this.sendUntil(step);
    await this.#publisher.waitForAck(this.#sent);
  }
}

/** Returns the scripts that the page loads before there is a run. */
async function scriptsOfFirstVisit(open) {
  const page = await open('');
  await page.until(`document.querySelector('[data-field="health-state"]')?.textContent === 'Live'`);
  const scripts = await loadedScripts(page);
  await page.close();
  return scripts;
}

/** Draws a digit, which opens the views of one image, and opens everything that can be opened. */
async function openAllViews(page) {
  await page.until(
    `document.querySelector('#probe, #layers, #misread, #examine') && document.querySelector('#draw-open')`,
  );
  await openDrawing(page);
  await draw(page, 0.5);
  await page.until(`document.querySelector('.examine-history') !== null`);
  await page.evaluate(`for (const details of document.querySelectorAll('main details')) details.open = true`);
  await page.until(
    `document.querySelector('.examine-occlusion') && document.querySelector('.examine-maps') && document.querySelector('[data-field="examine-history"]').textContent !== ''`,
  );
  await page.evaluate('scrollTo(0, 0)');
  await wait(2_000);
}

/** Measures frames and delays while the rest of the run arrives. */
async function followLive(page, run) {
  const before = run.step;
  await page.until(`window.frameRecords.points >= ${before}`);
  await page.evaluate('window.frameRecords.reset()');
  const begin = performance.now();
  while (run.step < run.steps) {
    run.sendUntil(
      Math.min(run.steps, before + Math.floor(((performance.now() - begin) / 1_000) * stepsPerSecond)),
    );
    await wait(1);
  }
  await page.until(`window.frameRecords.points >= ${run.steps}`);
  const records = await page.evaluate('window.frameRecords');
  await run.publishUntil(Number.POSITIVE_INFINITY);
  await page.until(`document.querySelector('[data-field="phase"]').textContent.trim() === 'Completed'`);
  // The last snapshots are still being read.
  await page.until(`document.querySelectorAll('.examine-history .column').length === ${run.snapshots}`);
  const busy = records.frames.filter(({ script }) => script > 0.2);
  const delays = delaysOf(records, run.sentAt, before);
  return {
    steps: delays.length,
    // From the time of a batch to the pixel of its point.
    delayMs: summary(delays),
    within50Ms: delays.filter((delay) => delay <= 50).length / delays.length,
    workMs: summary(busy.map(({ work }) => work)),
    framesOver50Ms: busy.filter(({ work }) => work > 50).length,
    workP99Ms: quantile(
      busy.map(({ work }) => work),
      0.99,
    ),
  };
}

/** Measures the milliseconds from the end of a drawing to its reading by every snapshot, twice in a new page. */
async function drawDigits(open, snapshots) {
  const page = await open(`?run=${runId}`);
  await page.until(`document.querySelector('#examine') && document.querySelector('#draw-open')`);
  await openDrawing(page);
  const times = [];
  for (const x of [0.4, 0.6]) {
    const history = page.evaluate(`new Promise((resolve) => {
      addEventListener('pointerup', () => {
        const begin = performance.now();
        const look = () => requestAnimationFrame(() => {
          const isWhole = document.querySelectorAll('.examine-history .column').length === ${snapshots}
            && document.querySelector('[data-field="examine-history"]').textContent !== '';
          if (isWhole) resolve(performance.now() - begin);
          else look();
        });
        look();
      }, { once: true, capture: true });
    })`);
    await draw(page, x);
    times.push(await history);
    await page.evaluate(`[...document.querySelectorAll('.pad-buttons button')].at(-1).click()`);
    await page.until(`document.querySelector('.examine-history') === null`);
  }
  await page.close();
  return times;
}

async function openDrawing(page) {
  await page.evaluate(`document.getElementById('draw-open').click()`);
  await page.until(`/Weights of/.test(document.querySelector('[data-field="draw-note"]')?.textContent)`);
}

/** Draws a vertical stroke. @param x Its position, as a share of the width of the pad. */
async function draw(page, x) {
  const { left, top, side } = await page.evaluate(`(() => {
    const pad = document.querySelector('.pad');
    pad.scrollIntoView({ block: 'center' });
    const { left, top, width } = pad.getBoundingClientRect();
    return { left, top, side: width };
  })()`);
  const mouse = (type, y) =>
    page.send('Input.dispatchMouseEvent', {
      ...{ type, x: left + side * x, y: top + side * y, button: 'left', buttons: 1, clickCount: 1 },
    });
  await mouse('mousePressed', 0.2);
  for (const y of [0.35, 0.5, 0.65, 0.8]) await mouse('mouseMoved', y);
  await mouse('mouseReleased', 0.8);
}
