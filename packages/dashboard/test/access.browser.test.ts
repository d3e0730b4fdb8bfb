import { describe, expect, it } from '@jest/globals';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { violations, violationsInBothThemes } from './support/axe.ts';
import { findChromium } from './support/browser.ts';
import { useMonitor } from './support/monitor.ts';
import { chartPart, chooseRunAction, field, runOf, shows } from './support/page-elements.ts';

const chromiumPath = findChromium();
const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true };

(chromiumPath ? describe : describe.skip)('every viewer', () => {
  const monitor = useMonitor(chromiumPath);

  it('can use the page without a run, and its help, in light and dark', async () => {
    const page = await monitor.visit();
    await shows(page, field('title'), 'No run yet');
    expect(await violationsInBothThemes(page)).toEqual([]);
    await page.locator('#help-open').click();
    await shows(page, '#shortcuts', 'Follow the latest');
    await shows(page, '#shortcuts', 'Draw a digit');
    expect(await violationsInBothThemes(page, '#help-dialog')).toEqual([]);
    const docs = await page.locator('#help-dialog a').getAttribute('href');
    expect((await page.request.get(new URL(String(docs), page.url()).href)).status()).toBe(200);
    expect(monitor.browserProblems).toEqual([]);
  });

  it.each([
    ['desktop', {}],
    ['phone', phone],
  ] as const)(
    'can use a run and the list of runs on a %s, in light and dark, without violations of accessibility rules',
    async (name, device) => {
      const runId = `20261124-100000-${name}`;
      await monitor.publish({ runId, events: runOf(runId) });
      const page = await monitor.visit(`?run=${runId}`, device);
      await shows(page, field('phase'), 'Completed');
      await page.locator(chartPart('loss', 'table-toggle')).click();
      await page.locator('#draw-open').click();
      await page.locator('.pad').waitFor();
      expect(await violationsInBothThemes(page)).toEqual([]);
      const overflowWidth = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflowWidth).toBeLessThanOrEqual(0);

      await page.locator('#runs-open').click();
      await shows(page, '#run-list', runId);
      expect(await violationsInBothThemes(page, '#runs-dialog')).toEqual([]);
      await chooseRunAction(page, runId, 'edit');
      await page.locator('#edit-form').waitFor();
      expect(await violationsInBothThemes(page, '#runs-dialog')).toEqual([]);
      await page.locator('#edit-form button[type="button"]').click();
      await page.locator('#runs-dialog [data-close]').click();

      await page.locator('#export summary').click();
      await page.locator('#export-csv').waitFor();
      expect(await violationsInBothThemes(page, '#export')).toEqual([]);
      expect(await page.locator('#export[open]').count()).toBe(1);
      // The whole menu is in view.
      await page.waitForFunction(
        () => (document.querySelector('#print')?.getBoundingClientRect().bottom ?? Infinity) <= innerHeight,
      );
    },
  );

  it.each([
    ['desktop', {}],
    ['phone', phone],
  ] as const)('can compare runs with long names without scrolling sideways on a %s', async (...testCase) => {
    const [device, options] = testCase;
    const ids = ['words', 'letters'].map((name) => `20261124-100000-${name}-${device}`);
    for (const [index, title] of ['a few words '.repeat(16).trim(), 'W'.repeat(200)].entries()) {
      await monitor.publish({ runId: ids[index] as string, events: runOf(ids[index] as string) });
      await fetch(`${monitor.url}/api/runs/${ids[index]}`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ title }),
      });
    }
    const page = await monitor.visit(`?run=${ids[0]}&with=${ids[1]}`, options);
    await page.locator('#run-legend [title^="WWW"]').first().waitFor();
    await page.locator(chartPart('loss', 'table-toggle')).click();
    await shows(page, '#compare-table', 'WWW');
    const overflowWidth = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflowWidth).toBeLessThanOrEqual(0);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator(chartPart('loss', 'picture')).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^a-few-words-[\w-]{40,60}-loss\.png$/);
    expect(monitor.browserProblems).toEqual([]);
  });

  it.each([
    ['light', {}],
    ['dark', phone],
  ] as const)(
    'can use the API documentation, which loads only its style sheet, in %s',
    async (...testCase) => {
      const [colorScheme, device] = testCase;
      const page = await monitor.visit('docs', { colorScheme, ...device });
      await shows(page, '#readEvents', '/api/runs/{runId}/events');
      expect(await page.evaluate(() => getComputedStyle(document.body).maxWidth)).toBe('1080px');
      expect(await violations(page)).toEqual([]);
      const overflowWidth = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflowWidth).toBeLessThanOrEqual(0);
      expect(monitor.browserProblems).toEqual([]);
    },
    60_000,
  );

  it('can do everything with the keyboard', async () => {
    const runId = '20261124-110000-keys';
    await monitor.publish({ runId, events: runOf(runId), commands: ['pause'] });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, field('phase'), 'Completed');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the run');
    await page.keyboard.press('?');
    await shows(page, '#shortcuts', 'Runs');
    await page.keyboard.press('Escape');
    await page.locator('#help-dialog').waitFor({ state: 'hidden' });
    await page.keyboard.press('r');
    await shows(page, '#run-list', runId);
    await page.keyboard.press('Escape');
    await page.keyboard.press('x');
    await page.waitForURL(/x=epoch/);
    await page.keyboard.press('l');
    await page.waitForURL(/loss=linear/);
    // The keys of hidden buttons keep their usual effect: Space scrolls the page.
    await page.keyboard.press('n');
    expect(await page.locator('#new-run-dialog').isVisible()).toBe(false);
    await page.keyboard.press(' ');
    await page.waitForFunction(() => scrollY > 0);
    await page.keyboard.press('p');
    await shows(page, '#view-pause', 'Unfreeze');
    await page.keyboard.press('p');
    await page.keyboard.press('t');
    await page.locator('html[data-theme]').waitFor();
    await page.keyboard.press('d');
    await page.locator('.pad:focus').waitFor();
    const blank = await inkOf(page);
    await page.keyboard.press(' ');
    for (let step = 0; step < 6; step++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press(' ');
    expect(await inkOf(page)).toBeGreaterThan(blank);
    // Undoing a stroke lifts the pen, so that its next moves do not extend the stroke before.
    await page.locator('#main').focus();
    const drawn = await inkOf(page);
    await page.locator('.pad').focus();
    for (const key of [' ', 'Backspace', 'ArrowRight', 'ArrowRight', 'ArrowRight'])
      await page.keyboard.press(key);
    await page.locator('#main').focus();
    expect(await inkOf(page)).toBe(drawn);

    const reached = new Set<string>();
    await page.locator('#main').focus();
    for (let press = 0; press < 80; press++) {
      await page.keyboard.press('Tab');
      const id = await page.evaluate(() => {
        const { activeElement } = document;
        return activeElement?.id || activeElement?.closest('.chart, .card')?.id || '';
      });
      reached.add(id);
    }
    for (const id of [
      'view-pause',
      'axis',
      'smoothing',
      'target',
      'loss-chart',
      'accuracy-chart',
      'machine-chart',
      'epoch-slider',
      'sample-class',
      'timeline-position',
    ])
      expect(reached).toContain(id);
    // The run has no weights to load (404), and Chromium warns of reading a canvas repeatedly, as the test does.
    expect(monitor.browserProblems.filter((text) => !/404|Canvas2D/.test(text))).toEqual([]);
  });

  it('keeps settings between visits, and sees no animation with reduced motion', async () => {
    const page = await monitor.visit('', { reducedMotion: 'reduce' });
    await page.locator('#smoothing').fill('0');
    await page.locator('#loss-chart').getByRole('button', { name: 'Linear' }).click();
    await page.locator('#theme').click();
    const theme = await page.locator('html').getAttribute('data-theme');
    expect(theme).toMatch(/^(light|dark)$/);
    await page.goto(monitor.url);
    await shows(page, '#smoothing-value', 'off');
    const linear = page.locator('#loss-chart').getByRole('button', { name: 'Linear' });
    expect(await linear.getAttribute('aria-pressed')).toBe('true');
    expect(await page.locator('html').getAttribute('data-theme')).toBe(theme);
    const moving = await page.evaluate(
      () => document.getAnimations().filter(({ playState }) => playState === 'running').length,
    );
    expect(moving).toBe(0);
    expect(monitor.browserProblems).toEqual([]);
  });

  it('can print the page on white, without controls', async () => {
    const runId = '20261124-120000-printed';
    await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit(`?run=${runId}`, { colorScheme: 'dark' });
    await shows(page, field('phase'), 'Completed');
    const canvas = page.locator('#loss-chart canvas');
    const surfaceAndWidth = () =>
      page.evaluate(() => [
        getComputedStyle(document.documentElement).getPropertyValue('--surface'),
        (document.querySelector('#loss-chart canvas') as HTMLCanvasElement).width,
      ]);
    const onScreen = await surfaceAndWidth();
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    expect(await surfaceAndWidth()).toEqual(['rgb(255, 255, 255)', 640]);
    await shows(page, chartPart('machine', 'caption'), 'points');
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('#tools').isVisible()).toBe(false);
    expect(await canvas.isVisible()).toBe(true);
    const paper = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    expect(paper).toBe('rgb(255, 255, 255)');
    await page.emulateMedia({ media: 'screen' });
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    expect(await surfaceAndWidth()).toEqual(onScreen);
  });
});

/** Returns the number of pixels of the pad that are drawn on. */
const inkOf = (page: Page): Promise<number> =>
  page.locator('.pad').evaluate((pad: HTMLCanvasElement) => {
    const { data } = (pad.getContext('2d') as CanvasRenderingContext2D).getImageData(
      0,
      0,
      pad.width,
      pad.height,
    );
    const first = data.slice(0, 3).join();
    let ink = 0;
    for (let byte = 0; byte < data.length; byte += 4) if (data.slice(byte, byte + 3).join() !== first) ink++;
    return ink;
  });
