import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventOf, MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import type { Browser, Page } from 'playwright-core';
import { findChromium, launchChromium } from './support/browser.ts';
import { type LiveServer, startLiveServer } from './support/live-server.ts';

const pageDir = fileURLToPath(new URL('../page', import.meta.url));
const executable = findChromium();
const runId = '20261124-100000-test';
const events = sampleRun({ runId, epochs: 3, batchesPerEpoch: 20 });
const isBatch = (event: MonitorEvent): event is EventOf<'batch'> => event.type === 'batch';
/** The events up to and with this step. */
const until = (step: number): MonitorEvent[] =>
  events.slice(0, events.findIndex((event) => isBatch(event) && event.data.step === step) + 1);

(executable ? describe : describe.skip)('the page', () => {
  let browser: Browser;
  let server: LiveServer;
  let page: Page;
  /** Whatever the browser complained of: errors, warnings, violations of the policy. */
  let complaints: string[];

  beforeAll(async () => {
    if (!existsSync(`${pageDir}/index.html`))
      throw new Error('expected the built page in packages/dashboard/dist/page: run "npm run build" first');
    browser = await launchChromium(executable as string);
  });
  afterAll(() => browser?.close());

  beforeEach(async () => {
    server = await startLiveServer(pageDir);
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    complaints = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
  });
  afterEach(async () => {
    await page.close();
    await server.close();
  });

  const shows = (selector: string, text: string): Promise<void> =>
    page.locator(selector).filter({ hasText: text }).first().waitFor({ timeout: 10_000 });
  const field = (name: string): string => `[data-field="${name}"]`;
  const caption = '#loss-chart [data-part="caption"]';
  const picture = (): Promise<string> =>
    page.locator('#loss-chart canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  const points = (): Promise<string | null> => page.locator('#loss-chart').getAttribute('data-points');

  it('waits for a run, draws it as it comes, and asks for nothing more over HTTP', async () => {
    await page.goto(server.url);
    await shows(field('title'), 'No run yet');
    // The icon is the browser's own affair, and may come late.
    const requests = (): string[] => server.requests.filter((path) => !path.includes('favicon'));
    const requestsOfLoading = requests().length;
    const before = await picture();

    server.begin(runId);
    server.push(...until(30));
    await shows(caption, '30 points');
    await shows(field('phase'), 'Running');
    await shows(field('epoch'), '2');
    expect(await picture()).not.toBe(before);
    expect(await page.title()).toMatch(/^50\u00a0% · 0\.\d+ — MNIST Training Monitor$/);
    const halfWay = await picture();

    server.push(...events.slice(until(30).length));
    await shows(caption, '60 points');
    await shows(field('phase'), 'Completed');
    await shows('#epoch-rows', 'best');
    expect(await picture()).not.toBe(halfWay);
    expect(await page.locator('#sample-grid canvas').count()).toBe(12);
    expect(await page.locator('#matrix tbody td').count()).toBe(100);

    expect(requests()).toHaveLength(requestsOfLoading);
    expect(complaints).toEqual([]);
  });

  it('comes back from a lost connection without a gap and without a double', async () => {
    server.begin(runId);
    server.push(...until(25));
    await page.goto(server.url);
    await shows(caption, '25 points');

    server.refuse = true;
    server.drop();
    await shows(field('banner'), 'Connection lost');
    server.push(...until(45).slice(until(25).length));
    server.refuse = false;
    await shows(caption, '45 points');
    await shows(field('phase'), 'Running');
    expect(await points()).toBe('45');
    expect(await page.locator('#banner').isVisible()).toBe(false);
    expect(await page.locator(field('stream-received')).textContent()).toBe(`${until(45).length} events`);
    expect(complaints.filter((text) => !text.includes('WebSocket connection'))).toEqual([]);
  });

  it('begins anew with the next run', async () => {
    server.begin(runId);
    server.push(...events);
    await page.goto(server.url);
    await shows(field('phase'), 'Completed');

    const next = sampleRun({ runId: '20261125-080000-next', epochs: 3, batchesPerEpoch: 20 });
    server.begin('20261125-080000-next');
    server.push(...next.slice(0, 9));
    await shows(field('title'), '20261125-080000-next');
    await shows(caption, '7 points');
    expect(await points()).toBe('7');
    expect(await page.locator('#epoch-rows tr').count()).toBe(0);
    expect(await page.locator('#sample-grid li').count()).toBe(0);
    expect(await page.locator('#confusion-body').isVisible()).toBe(false);
    expect(complaints).toEqual([]);
  });

  it('shows a loss that is not a number', async () => {
    server.begin(runId);
    const diverged = until(30).map((event) =>
      isBatch(event) && event.data.step >= 20
        ? { ...event, data: { ...event.data, loss: Number.NaN } }
        : event,
    );
    server.push(...diverged);
    await page.goto(server.url);
    await shows(field('loss'), 'NaN');
    await shows('#loss-chart [data-part="alarm"]', 'not a number (NaN) from batch 20');
    expect(complaints).toEqual([]);
  });

  it('can be read with the keyboard alone', async () => {
    server.begin(runId);
    server.push(...events);
    await page.goto(server.url);
    await shows(field('phase'), 'Completed');

    await page.locator('#loss-chart [data-part="plot"]').focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await shows('#loss-chart [data-part="at"]', 'Batch 59, epoch 3');
    await shows('#accuracy-chart [data-part="at"]', 'Batch 59, epoch 3');
    await page.keyboard.press('Escape');
    await shows('#loss-chart [data-part="at"]', 'Latest');

    await page.locator('#matrix td[tabindex="0"]').focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'End', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft'])
      await page.keyboard.press(key);
    await shows('#matrix-sentence', '2 read as 5: 30 times');
    expect(complaints).toEqual([]);
  });

  it('keeps what the viewer has set', async () => {
    await page.goto(server.url);
    await page.locator('#smoothing').fill('0');
    await page.locator('#loss-chart').getByRole('button', { name: 'Linear' }).click();
    await page.locator('#theme').click();
    const theme = await page.locator('html').getAttribute('data-theme');
    await page.reload();
    await shows('#smoothing-value', 'off');
    expect(
      await page.locator('#loss-chart').getByRole('button', { name: 'Linear' }).getAttribute('aria-pressed'),
    ).toBe('true');
    expect(theme).toMatch(/^(light|dark)$/);
    expect(await page.locator('html').getAttribute('data-theme')).toBe(theme);
    expect(complaints).toEqual([]);
  });

  it('does not scroll sideways on a phone', async () => {
    server.begin(runId);
    server.push(...events);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(server.url);
    await shows(field('phase'), 'Completed');
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(390);
  });
});
