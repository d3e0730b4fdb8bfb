import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import type { Page } from 'playwright-core';
import { violationsInBothThemes } from './support/axe.ts';
import { findChromium } from './support/browser.ts';
import { bareRun, epochsOnlyRun, metricsRun, regressionRun, threeClassRun } from './support/kinds-of-runs.ts';
import { useMonitor } from './support/monitor.ts';
import { overflowWidth } from './support/page-content.ts';
import { canvasImage, counts, drag, field, runOf, shows } from './support/page-elements.ts';
import { hostileName, tenEpochRun } from './support/ten-epochs.ts';

const chromiumPath = findChromium();
const sizeLimit = 2_000_000;

(chromiumPath ? describe : describe.skip)('a page that was saved as one file', () => {
  const monitor = useMonitor(chromiumPath);
  /** The requests of the page from the disk, apart from the file itself. */
  const requests: string[] = [];

  /** Saves the page of a run, and resolves with the path of the file. */
  const save = async (runId: string, events: readonly MonitorEvent[], query = ''): Promise<string> => {
    await monitor.publish({ runId, events });
    const page = await monitor.visit(`?run=${runId}${query}`);
    await page.locator('#export summary').click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#save-page').click()]);
    await shows(
      page,
      '#export-note',
      /^Saved as .*\.html, [\d.]+\s[kM]B\. It opens in any browser, also offline\.$/,
    );
    expect(download.suggestedFilename()).toBe(`${runId}.html`);
    const path = join(monitor.runs, `${runId}.html`);
    await download.saveAs(path);
    return path;
  };
  /** Opens a saved file from the disk, in a browser without a network. */
  const open = async (path: string, options = {}): Promise<Page> => {
    requests.length = 0;
    const page = await monitor.visit('', { at: pathToFileURL(path).href, offline: true, ...options });
    page.on('request', (request) => requests.push(request.url()));
    await page.locator('#hero').waitFor();
    return page;
  };
  const draw = async (page: Page) => {
    await page.locator('#draw-open').click();
    await page.locator('.pad').scrollIntoViewIfNeeded();
    const box = await page.locator('.pad').boundingBox();
    if (!box) throw new Error('expected the pad to be seen');
    const x = box.x + box.width / 2;
    await page.mouse.move(x, box.y + box.height * 0.2);
    await page.mouse.down();
    await page.mouse.move(x, box.y + box.height * 0.8, { steps: 5 });
    await page.mouse.up();
  };

  it('holds ten epochs of MNIST in 2 MB, without a request, and its names stay text (S-21)', async () => {
    const runId = '20261201-100000-ten';
    const path = await save(runId, tenEpochRun(runId, monitor.runs));
    expect(statSync(path).size).toBeLessThanOrEqual(sizeLimit);
    const page = await open(path);
    await shows(page, field('health-state'), /^Saved \d+ [A-Z][a-z]+ \d{4}, \d\d:\d\d$/);
    await shows(page, field('phase'), 'Completed');
    await shows(page, field('title'), hostileName);
    expect(await page.title()).not.toBe('owned');
    await counts(page, '#hero script, #hero img, .hero-tags b', 0);
    await shows(page, '.training', '<img src=x>');
    // The charts have the values of the whole run, the matrix and the samples those of each epoch.
    await shows(page, '#loss-chart', /of 1,180 points/);
    await counts(page, '.matrix tbody tr', 10);
    await counts(page, '#misread-grid canvas', 12);
    await shows(page, field('misread-note'), / at any epoch so far$/);
    const latest = await page.locator('.matrix').textContent();
    await page.locator('#timeline-position').fill('240');
    await shows(page, '#timeline-text', /240 of 1,180/);
    await page.waitForFunction((before) => document.querySelector('.matrix')?.textContent !== before, latest);
    await page.locator('#timeline-now').click();
    // Buttons for what only a gateway has are left out.
    for (const id of [
      '#export',
      '#view-pause',
      '#pause-run',
      '#new-run-open',
      '#runs-open',
      '#probe-npy',
      '#layers-csv',
    ])
      expect(await page.locator(id).filter({ visible: true }).count()).toBe(0);
    await draw(page);
    await shows(page, '.drawn-read', /^7/);
    await shows(page, field('draw-note'), 'Weights of batch 1,180');
    expect(requests).toEqual([]);
    expect(monitor.browserProblems).toEqual([]);
    expect(await violationsInBothThemes(page)).toEqual([]);
  });

  it('forbids every request and every script but its own (S-21)', async () => {
    const runId = '20261201-110000-policy';
    const html = readFileSync(await save(runId, runOf(runId)), 'utf8');
    const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html) ?? [];
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'; img-src data: blob:; base-uri 'none'; form-action 'none'$/,
    );
    expect(html.match(/<script>/g)).toHaveLength(1);
    // The licences of the packages whose code is in the file.
    expect(html).toMatch(/lit-html[\s\S]+BSD[\s\S]+uplot[\s\S]+MIT/);
  });

  it('has charts with zoom, a theme and shortcuts, and shows the view that was saved', async () => {
    const runId = '20261201-120000-zoom';
    const page = await open(await save(runId, runOf(runId), '&x=epoch&smoothing=0.5'));
    await shows(page, '#smoothing-value', '0.50');
    expect(await page.locator('#axis').inputValue()).toBe('epoch');
    const whole = await canvasImage(page, 'loss');
    await drag(page, 'loss', [0.3, 0.7]);
    await page.locator('#zoom-reset').waitFor();
    expect(await canvasImage(page, 'loss')).not.toBe(whole);
    await page.keyboard.press('0');
    await page.locator('#zoom-reset').waitFor({ state: 'hidden' });
    await page.keyboard.press('t');
    await shows(page, 'html[data-theme="dark"] .topbar', 'MNIST');
    await page.locator('[data-part="plot"]').first().focus();
    await page.keyboard.press('End');
    await shows(page, '#announcer', /Loss/);
    expect(monitor.browserProblems).toEqual([]);
  });

  it.each([
    ['a regression without accuracy', regressionRun],
    ['three classes', (runId: string) => threeClassRun(runId)],
    ['epochs alone', epochsOnlyRun],
    ['custom metrics', (runId: string) => metricsRun(runId)],
    ['a bare run', bareRun],
  ])('shows %s, also on a phone', async (name, eventsOf) => {
    const runId = `20261201-130000-${name.replaceAll(' ', '-')}`;
    const page = await open(await save(runId, eventsOf(runId)), { viewport: { width: 390, height: 844 } });
    await counts(page, '#draw', 0);
    await page.locator('.charts .card').first().waitFor();
    expect(await overflowWidth(page)).toBe(0);
    expect(requests).toEqual([]);
    expect(monitor.browserProblems).toEqual([]);
    expect(await violationsInBothThemes(page)).toEqual([]);
  });

  it('shows a run that was in training as it was then, and says when that was', async () => {
    const runId = '20261201-140000-part';
    const page = await open(await save(runId, runOf(runId).slice(0, 50)));
    await shows(page, field('phase'), /^Unfinished$/);
    await shows(page, field('detail'), /^Saved on .*\d{4}.*\d\d, while the run was still going on\.$/);
    await shows(page, field('health-state'), /^Saved \d+ [A-Z][a-z]+ \d{4}, \d\d:\d\d$/);
    expect(await page.title()).toMatch(/^Unfinished/);
    await shows(page, '#timeline-text', /^End: batch /);
    // Nothing on the page says that the run goes on.
    const text = (await page.locator('body').ariaSnapshot()).replaceAll('\u00a0', ' ');
    expect(text).not.toMatch(/\bleft\b|\bRunning\b|\bnow\b|Estimating|continues here/i);
    expect(monitor.browserProblems).toEqual([]);
  });

  it('says so when the file is damaged', async () => {
    const runId = '20261201-150000-damaged';
    const path = await save(runId, runOf(runId));
    writeFileSync(path, readFileSync(path, 'utf8').replace(/id="data">.{200}/, 'id="data">'));
    const page = await monitor.visit('', { at: pathToFileURL(path).href });
    await shows(page, '.failure', 'This file cannot be read');
    monitor.browserProblems.length = 0;
  });

  it('is not saved, and the page says why, when the gateway does not answer', async () => {
    const runId = '20261201-160000-lost';
    await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit(`?run=${runId}`);
    await page.route(/saved-page/, (route) => route.fulfill({ status: 502, body: '' }));
    await page.locator('#export summary').click();
    await page.locator('#save-page').click();
    await shows(page, '#export-note', 'The page could not be saved: the gateway answered with status 502.');
    monitor.browserProblems.length = 0;
  });
});
