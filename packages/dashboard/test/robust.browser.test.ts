import { describe, expect, it } from '@jest/globals';
import { violationsInBothThemes } from './support/axe.ts';
import { findChromium } from './support/browser.ts';
import { useMonitor } from './support/monitor.ts';
import { chartPart, counts, field, runOf, shows, untilStep } from './support/page-elements.ts';

const chromiumPath = findChromium();

(chromiumPath ? describe : describe.skip)('a page in trouble', () => {
  const monitor = useMonitor(chromiumPath);

  it('draws its charts where the browser has no language', async () => {
    const runId = '20261124-100000-language';
    await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit();
    await page.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'language', { get: () => 'C', configurable: true });
    });
    await page.goto(`${monitor.url}/?run=${runId}`);
    await shows(page, chartPart('loss', 'caption'), '60 points');
    expect(await page.locator('#failure').count()).toBe(0);
    expect(monitor.browserProblems).toEqual([]);
  });

  it.each([
    ['a finished run', 60, 1440, 900],
    ['a run in training', 45, 1440, 900],
    ['a finished run', 60, 1280, 720],
    ['a finished run', 60, 390, 844],
    ['a run in training', 45, 390, 844],
  ])(
    'does not move what is visible while a slow machine loads %s, up to batch %p, in %p × %p pixels',
    async (...testCase) => {
      const [, step, width, height] = testCase;
      const runId = `20261124-100000-still${width}-${step}`;
      const all = runOf(runId);
      const events = step === 60 ? all : all.slice(0, untilStep(all, step));
      await monitor.publish({ runId, events, commands: ['pause', 'stop', 'setLearningRate'] });
      const page = await monitor.visit('', { viewport: { width, height } });
      await page.addInitScript(() => {
        const page = globalThis as unknown as { shift: number };
        page.shift = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) page.shift += (entry as unknown as { value: number }).value;
        }).observe({ type: 'layout-shift', buffered: true });
      });
      const devTools = await page.context().newCDPSession(page);
      await devTools.send('Emulation.setCPUThrottlingRate', { rate: 4 });
      await page.goto(`${monitor.url}/?run=${runId}`);
      await shows(page, chartPart('loss', 'caption'), `${step} points`);
      await shows(page, '#epoch-rows', 'best');
      const shift = await page.evaluate(() => (globalThis as unknown as { shift: number }).shift);
      expect(shift).toBeLessThan(0.05);
    },
  );

  it('says that a part of it has failed, and why', async () => {
    const page = await monitor.visit();
    await page.addInitScript(() => {
      Reflect.deleteProperty(globalThis, 'IntersectionObserver');
    });
    await page.reload();
    await shows(
      page,
      '#failure',
      /^Part of this page has failed, .* report “ReferenceError: IntersectionObserver is not defined”\.$/,
    );
    expect(await page.locator('#failure').getAttribute('role')).toBe('alert');
    expect(await violationsInBothThemes(page, '#failure')).toEqual([]);
  });

  it.each([['no-preference' as const], ['reduce' as const]])(
    'says that its files have not loaded when a script is missing, with %s for motion',
    async (reducedMotion) => {
      const page = await monitor.visit('', { reducedMotion });
      await page.locator('#runs-open').waitFor();
      expect(await page.locator('.unloaded').isVisible()).toBe(false);
      await page.route(/\/common-[^/]*\.js$/, (route) => route.abort());
      await page.reload();
      await shows(page, '.unloaded', 'reload the page.');
      expect(await violationsInBothThemes(page, '.unloaded')).toEqual([]);
    },
  );

  it('connects at once when the viewer asks for it', async () => {
    const runId = '20261124-110000-retry';
    const events = runOf(runId);
    await monitor.publish({ runId, events: events.slice(0, untilStep(events, 25)) });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, chartPart('loss', 'caption'), '25 points');
    monitor.cut();
    await shows(page, field('health-state'), /^Reconnecting in/);
    await shows(page, field('banner'), 'Training continues');
    expect(await violationsInBothThemes(page, '#banner')).toEqual([]);
    // The waits grow: one of them is long enough for a click on a busy machine.
    await shows(page, field('health-state'), /^Reconnecting in ([6-9]|1\d)\s/);
    monitor.restore();
    await page.locator('#retry').click();
    await shows(page, field('health-state'), 'Live');
    expect(await page.locator('#retry').isVisible()).toBe(false);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
  });

  it('opens a part that it has not loaded yet when the connection is back', async () => {
    const runId = '20261124-115000-offline';
    await monitor.publish({ runId, events: runOf(runId, 1) });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, field('health-state'), 'Live');
    monitor.cut();
    await shows(page, field('health-state'), /^Reconnecting/);
    await page.locator('#runs-open').click();
    await shows(page, '#waiting-dialog h2', 'Runs');
    await shows(page, field('waiting'), 'There is no connection to the gateway. This opens when it is back.');
    expect(await violationsInBothThemes(page, '#waiting-dialog')).toEqual([]);
    // A viewer who does not wait closes it, and nothing opens later.
    await page.keyboard.press('Escape');
    await page.locator('#waiting-dialog').waitFor({ state: 'detached' });
    await page.locator('#help-open').click();
    await shows(page, '#waiting-dialog h2', 'Help');
    monitor.restore();
    await page.locator('#help-dialog').waitFor();
    await counts(page, '#waiting-dialog, #runs-dialog, #failure', 0);
    await page.keyboard.press('Escape');
    await page.locator('#runs-open').click();
    await shows(page, '#run-list', runId);

    // An open list is loaded again by itself.
    monitor.cut();
    await page.locator('#runs-filter').fill('offline');
    await shows(page, '#runs-note', 'The gateway does not respond. The list is loaded when it does.');
    monitor.restore();
    await shows(page, '#runs-note', '1 of 1 run.');
    await counts(page, '#failure', 0);
  });

  it('fills the menu of exports when the connection is back', async () => {
    const runId = '20261124-115500-menu';
    await monitor.publish({ runId, events: runOf(runId, 1) });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, field('health-state'), 'Live');
    monitor.cut();
    await shows(page, field('health-state'), /^Reconnecting/);
    await page.locator('#export summary').click();
    await shows(page, field('export-problem'), 'There is no connection to the gateway.');
    expect(await violationsInBothThemes(page, '#export')).toEqual([]);
    monitor.restore();
    await shows(page, '#export', 'Save as one file');
    await counts(page, `#failure, ${field('export-problem')}`, 0);
    monitor.cut();
    await shows(page, field('export-offline'), 'There is no connection to the gateway');
    await page.locator('#save-page').click();
    await shows(page, '#export-note', /^The page could not be saved: the gateway does not respond/);
    monitor.restore();
  });

  it('shows how old the last event is after the computer has slept', async () => {
    const runId = '20261124-120000-asleep';
    const events = runOf(runId);
    await monitor.publish({ runId, events: events.slice(0, untilStep(events, 25)) });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, chartPart('loss', 'caption'), '25 points');
    await page.locator('#system summary').click();
    const lastEvent = field('stream-lastEvent');
    await page.locator(lastEvent).waitFor();
    const before = await page.locator(lastEvent).textContent();
    await page.evaluate(() => {
      const now = Date.now;
      // While a computer sleeps, this clock advances and that of `performance` does not.
      Date.now = () => now() + 1_000 * 86_400_000;
    });
    await page
      .locator(lastEvent)
      .filter({ hasNotText: before ?? '' })
      .waitFor();
    await shows(page, lastEvent, /^1,?0\d\d\sd .* ago$/);
  });

  it('leaves single keys alone when the viewer has switched shortcuts off', async () => {
    const page = await monitor.visit();
    await page.locator('#runs-open').waitFor();
    // A capital letter without Shift is typed with Caps Lock.
    await page.keyboard.press('R');
    await page.locator('#runs-dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('#runs-dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    await page.locator('#shortcuts-on').uncheck();
    expect(await violationsInBothThemes(page, '#help-dialog')).toEqual([]);
    await page.keyboard.press('Escape');
    await page.reload();
    await page.locator('#runs-open').waitFor();
    for (const key of ['r', '?', 't']) await page.keyboard.press(key);
    expect(await page.locator('dialog').count()).toBe(0);
    await page.locator('#help-open').click();
    expect(await page.locator('#shortcuts-on').isChecked()).toBe(false);
    await page.locator('#shortcuts-on').check();
    await page.keyboard.press('Escape');
    await page.keyboard.press('r');
    await page.locator('#runs-dialog').waitFor();
  });
});
