import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { violationsInBothThemes } from './support/axe.ts';
import { findChromium } from './support/browser.ts';
import { useMonitor } from './support/monitor.ts';
import { overflowWidth } from './support/page-content.ts';
import { counts, field, shows } from './support/page-elements.ts';
import { strokeSnapshotRun } from './support/stroke-snapshots.ts';

const chromiumPath = findChromium();

(chromiumPath ? describe : describe.skip)('an image inside the network', () => {
  const monitor = useMonitor(chromiumPath);

  const follow = async (runId: string) => {
    await monitor.publish({ runId, events: strokeSnapshotRun(monitor.runs, runId) });
    return monitor.visit(`?run=${runId}`);
  };
  const draw = async (page: Page) => {
    await page.locator('#draw-open').click();
    const box = await page.locator('.pad').boundingBox();
    if (!box) throw new Error('expected the pad to be seen');
    const x = box.x + box.width / 2;
    await page.mouse.move(x, box.y + box.height * 0.2);
    await page.mouse.down();
    await page.mouse.move(x, box.y + box.height * 0.8, { steps: 5 });
    await page.mouse.up();
  };

  it('is read by every snapshot, with its second guess, and follows the timeline', async () => {
    const page = await follow('20261130-180000-drawn');
    await draw(page);
    await shows(page, '.drawn-read', /7.*sure.*or else/);
    await shows(page, field('draw-note'), 'Weights of batch 60');
    await shows(page, field('examine-history'), 'Read as 7 from batch 30 on; before that mostly as 4.');
    await counts(page, '.examine-history .cell.top', 3);
    await page.locator('#timeline-position').fill('11');
    await shows(page, field('examine-reading'), /4 with .* at batch 10/);
    await shows(page, field('draw-note'), 'Weights of batch 10');
    await page.locator('.examine-table summary').click();
    await counts(page, '.examine-table tbody tr', 3);
    expect(monitor.browserProblems).toEqual([]);
  });

  it('is a test image that is chosen, with what mattered, filters and maps of the nearest snapshot', async () => {
    const page = await follow('20261130-181000-chosen');
    await page.locator('#examine-choice').selectOption('7');
    await shows(page, '#examine', 'Test image 47, true class 7');
    await shows(page, field('examine-history'), 'Read as 7 from batch 30 on, which is right');
    await page.locator('#examine-mattered summary').focus();
    await page.keyboard.press('Enter');
    await shows(page, field('examine-mattered'), /^The answer 7 rests most on the/);
    await counts(page, '.examine-occlusion rect', 49);
    await page.locator('#examine-maps summary').click();
    await shows(page, '[data-layer="conv1"]', 'conv1: 1 map of 28 × 28, 1 of them active');
    await shows(page, '[data-layer="filters"]', '1 filter of the first layer');
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#maps-json').click()]);
    expect(download.suggestedFilename()).toBe('maps-20261130-181000-chosen.json');
    await page.locator('.examine-history svg').click({ position: { x: 5, y: 5 } });
    await shows(page, '#timeline-text', 'Batch 10 of 60');
    await shows(page, '#examine-maps', 'With the weights of batch 10');
    expect(await violationsInBothThemes(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await overflowWidth(page)).toBe(0);
    expect(monitor.browserProblems).toEqual([]);
  });

  it('has a history through which the keyboard moves the timeline', async () => {
    const page = await follow('20261130-183000-keys');
    await page.locator('#sample-grid .image-button').first().click();
    await counts(page, '.examine-history .cell.top', 3);
    const readings = page.locator('#examine-readings');
    await readings.focus();
    await page.keyboard.press('ArrowLeft');
    await shows(page, '#timeline-text', 'Batch 30 of 60');
    await page.keyboard.press('Home');
    await shows(page, '#timeline-text', 'Batch 10 of 60');
    await page.waitForFunction(() =>
      document.querySelector('#examine-readings')?.getAttribute('aria-valuetext')?.startsWith('batch 10: '),
    );
    expect(await readings.getAttribute('aria-label')).toMatch(
      /^Probabilities of the classes over the run\. Read as /,
    );
    await page.keyboard.press('End');
    await shows(page, '#timeline-text', 'Now: batch 60');
    expect(await readings.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.locator('#examine-mattered summary').click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('#mattered-csv').click(),
    ]);
    expect(readFileSync(await download.path(), 'utf8').split('\n')).toHaveLength(51);
    expect(monitor.browserProblems).toEqual([]);
  });

  it('says so when the worker cannot be loaded', async () => {
    const page = await follow('20261130-182000-lost');
    await page.route(/network-worker/, (route) => route.abort());
    await page.locator('#examine-choice').selectOption('7');
    await shows(page, '#examine .alarm', 'No snapshot can read the image: the worker cannot be loaded.');
  });
});
