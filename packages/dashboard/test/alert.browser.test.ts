import { describe, expect, it } from '@jest/globals';
import type { EventBody, MonitorEvent } from '@mnist-monitor/shared';
import type { BrowserContextOptions } from 'playwright-core';
import { violationsInBothThemes } from './support/axe.ts';
import { findChromium } from './support/browser.ts';
import { useMonitor } from './support/monitor.ts';
import { chartPart, field, runOf, shows, untilStep } from './support/page-elements.ts';

const chromiumPath = findChromium();
const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true };

/** Returns further events of a run, after the events given. */
function next(before: readonly MonitorEvent[], ...bodies: readonly EventBody[]): MonitorEvent[] {
  const { runId, seq } = before.at(-1) as MonitorEvent;
  const time = new Date().toISOString();
  return bodies.map((body, index) => ({ v: 1, runId, seq: seq + 1 + index, time, ...body }) as MonitorEvent);
}

const notice = (level: 'info' | 'warning' | 'error', message: string): EventBody => ({
  type: 'notice',
  data: { level, code: `test.${level}`, message, step: 25 },
});

(chromiumPath ? describe : describe.skip)('a warning or an error that arrives while the page is open', () => {
  const monitor = useMonitor(chromiumPath);

  it.each([
    ['desktop', {}],
    ['phone', phone],
  ] as const)(
    'is announced, in view, in the hero and in the title of the tab, on a %s',
    async (name, device) => {
      const runId = `20261205-100000-${name}`;
      const events = runOf(runId).slice(0, untilStep(runOf(runId), 30));
      const publisher = await monitor.publish({ runId, events });
      const page = await monitor.visit(`?run=${runId}`, device);
      await shows(page, field('phase'), 'Running');
      // Before the page has all stored events, a finding is one of the past.
      await shows(page, field('health-state'), 'Live');
      await page.locator('#history-title').scrollIntoViewIfNeeded();
      await page.locator('#status-bar').waitFor();
      const announcer = '#announcer[role="status"]';
      const announced = (text: string): Promise<unknown> =>
        page.waitForFunction(
          ([selector, wanted]) => document.querySelector(selector)?.textContent?.includes(wanted),
          [announcer, text] as const,
        );

      const info = next(events, notice('info', 'The validation set was shuffled.'));
      publisher.send(...info);
      await shows(page, '#notice-list', 'The validation set was shuffled.');
      expect(await page.locator('#alert').count()).toBe(0);
      expect(await page.title()).toMatch(/^50/);

      const warnings = next(
        info,
        notice('warning', 'The disk is 95 % full.'),
        notice('warning', 'The GPU is hot.'),
      );
      publisher.send(...warnings);
      await announced('Warning: The GPU is hot.');
      expect(await page.locator(announcer).textContent()).not.toContain('Note:');
      await shows(page, '#alert', 'Warning: The GPU is hot.');
      const box = await page.locator('#status-bar').boundingBox();
      expect(box).toMatchObject({ x: 0, y: 0 });
      expect(box?.height).toBeLessThan(140);
      await shows(page, field('finding'), 'Warning: The GPU is hot.');
      expect(await page.title()).toMatch(/^Warning · 50/);
      expect(await violationsInBothThemes(page)).toEqual([]);
      await page.locator('#alert').getByRole('button', { name: 'Dismiss the notice' }).click();
      await page.locator('#alert').waitFor({ state: 'detached' });
      const isFocused = (selector: string): Promise<boolean> =>
        page.locator(selector).evaluate((element) => element === document.activeElement);
      expect(await isFocused('#main')).toBe(true);
      expect(await page.title()).toMatch(/^50/);
      await shows(page, field('finding'), 'Warning: The GPU is hot.');

      const data = { step: 31, epoch: 2, batch: 11, loss: Number.NaN };
      publisher.send(...next(warnings, { type: 'batch', data }));
      await announced('Error: The loss is NaN: the run has diverged.');
      await shows(page, field('finding'), 'Error: The loss is NaN');
      expect(await page.title()).toMatch(/^Error · Diverged at batch 31 — /);
      await page.locator('#alert').getByRole('button', { name: 'Show on the charts' }).click();
      await shows(page, chartPart('loss', 'at'), 'Batch 31, epoch 2');
      expect(await page.locator('#alert').count()).toBe(0);
      expect(await isFocused(chartPart('loss', 'plot'))).toBe(true);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
      expect(monitor.browserProblems).toEqual([]);
    },
  );

  it('of the past of a run is in the hero, and neither announced nor in the title of the tab', async () => {
    const runId = '20261205-120000-past';
    const events = runOf(runId).slice(0, untilStep(runOf(runId), 30));
    await monitor.publish({ runId, events: [...events, ...next(events, notice('error', 'No disk.'))] });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, field('finding'), 'Error: No disk.');
    expect(await page.title()).toMatch(/^50/);
    expect(await page.locator('#announcer').textContent()).not.toContain('No disk');
    expect(await page.locator('#alert').count()).toBe(0);
  });
});
