// What `bench/dashboard.js` and `bench/inside-page.js` measure of a page in Chromium.
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { quantile } from './statistics.js';

/** Returns the median of numbers, the value below which 95 % of them are, and the largest. */
export const summary = (numbers) => ({
  median: quantile(numbers, 0.5),
  p95: quantile(numbers, 0.95),
  max: quantile(numbers, 1),
});

/** Returns the number of scripts that a page has loaded, and their bytes before and after gzip. */
export async function loadedScripts(page) {
  const addresses = await page.evaluate(
    `performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.endsWith('.js'))`,
  );
  const scripts = await Promise.all(
    addresses.map(async (address) => Buffer.from(await (await fetch(address)).arrayBuffer())),
  );
  return {
    files: scripts.length,
    bytes: scripts.reduce((sum, body) => sum + body.length, 0),
    gzipBytes: scripts.reduce((sum, body) => sum + gzipSync(body).length, 0),
  };
}

/**
 * Returns the milliseconds from the time of each batch to the end of the frame whose chart has its point.
 * @param sentAt The times of the batches, by their number.
 * @param before Number of points before the first of them.
 */
export function delaysOf({ paints, origin }, sentAt, before) {
  const delays = [];
  let drawn = before;
  for (const paint of paints) {
    for (let point = drawn + 1; point <= paint.points; point++)
      delays.push(origin + paint.at - sentAt.get(point));
    drawn = Math.max(drawn, paint.points);
  }
  return delays;
}

/**
 * Measures the milliseconds from each of 200 moves of the timeline to the end of the frame that shows it, and the processor time of
 * the page's main thread for a move, which other programs do not lengthen.
 * @param last The last step of the run.
 */
export async function timelineMoves(page, last) {
  await page.until(`document.getElementById('timeline-position') !== null`);
  await page.send('Performance.enable', { timeDomain: 'threadTicks' });
  const before = await busySeconds(page);
  const times = await page.evaluate(`(async () => {
    const slider = document.getElementById('timeline-position');
    const times = [];
    for (let move = 0; move < 200; move++) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      const begin = performance.now();
      slider.value = String(1 + (move * 7919) % (${last} - 1));
      slider.dispatchEvent(new Event('input'));
      // The page has requested its frame before this one: the task after both follows the frame's layout and paint.
      await new Promise((resolve) => requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = resolve;
        port2.postMessage(null);
      }));
      times.push(performance.now() - begin);
    }
    return times;
  })()`);
  const processorMs = ((await busySeconds(page)) - before) * (1_000 / times.length);
  await page.send('Performance.disable');
  return { moves: times.length, processorMs, ...summary(times) };
}

async function busySeconds(page) {
  const { metrics } = await page.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration').value;
}

/** Returns the bytes of the page's JavaScript heap after a garbage collection, and of the largest process that runs a page. */
export async function memoryOf(browser, page) {
  await page.send('HeapProfiler.collectGarbage');
  await wait(1_000);
  await page.send('Performance.enable');
  const { metrics } = await page.send('Performance.getMetrics');
  const heapBytes = metrics.find(({ name }) => name === 'JSHeapUsedSize').value;
  const resident = (await browser.renderers()).map(residentBytes).filter((bytes) => bytes > 0);
  return { heapBytes, residentBytes: Math.max(...resident) };
}

function residentBytes(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1_024;
  } catch {
    return Number.NaN; // Not on Linux, or the process has exited.
  }
}
