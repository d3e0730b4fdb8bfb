import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { violationsInBothThemes } from './support/axe.ts';
import { findChromium } from './support/browser.ts';
import { useMonitor } from './support/monitor.ts';
import { field, runOf, shows } from './support/page-elements.ts';

const chromiumPath = findChromium();

(chromiumPath ? describe : describe.skip)('the tour', () => {
  const monitor = useMonitor(chromiumPath);

  /** Opens a run as a person does: a program that steers a browser is not offered the tour. */
  async function visitAsPerson(runId: string, options = {}): Promise<Page> {
    const page = await monitor.visit('', options);
    await page.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'webdriver', { get: () => false });
    });
    await page.goto(`${monitor.url}/?run=${runId}`);
    await shows(page, field('phase'), 'Completed');
    return page;
  }

  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };

  it.each([
    ['desktop', {}],
    ['phone', phone],
  ] as const)('leads from part to part by the keyboard, on a %s', async (name, options) => {
    const runId = `20261210-100000-${name}`;
    await monitor.publish({ runId, events: runOf(runId) });
    const page = await visitAsPerson(runId, options);
    await shows(page, '#tour', 'New here?');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('');
    expect(await violationsInBothThemes(page)).toEqual([]);
    await page.locator('#tour [data-part="start"]').focus();
    await page.keyboard.press('Enter');
    await shows(page, '#tour-title', 'How well it does');
    await page.waitForFunction(() => document.activeElement?.id === 'tour-title');
    expect(await page.locator('#figures.tour-target').count()).toBe(1);
    expect(await violationsInBothThemes(page)).toEqual([]);
    await page.locator('#tour [data-part="next"]').click();
    await shows(page, '#tour-title', 'How it learns');
    await page.locator('#tour [data-part="next"]').click();
    await shows(page, '#tour-title', 'What it gets wrong');
    const isInView = (selector: string): Promise<unknown> =>
      page.waitForFunction((wanted) => {
        const { top, bottom } = document.querySelector(wanted)?.getBoundingClientRect() ?? new DOMRect();
        return bottom > 0 && top < innerHeight;
      }, selector);
    await isInView('#confusion.tour-target');
    await page.locator('#tour [data-part="back"]').click();
    await shows(page, '#tour-title', 'How it learns');
    await page.keyboard.press('Escape');
    await page.locator('#tour').waitFor({ state: 'detached' });
    expect(await page.locator('.tour-target').count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');

    await page.reload();
    await shows(page, field('phase'), 'Completed');
    await shows(page, '#epoch-rows', 'best');
    expect(await page.locator('#tour').count()).toBe(0);
    await page.locator('#help-open').click();
    await page.locator('#start-tour').click();
    await shows(page, '#tour-title', '1 of');
    expect(monitor.browserProblems).toEqual([]);
  });

  it('is not offered to programs that steer a browser', async () => {
    const runId = '20261210-110000-steered';
    await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, '#epoch-rows', 'best');
    expect(await page.locator('#tour').count()).toBe(0);
  });
});

(chromiumPath ? describe : describe.skip)('the explanation of a part', () => {
  const monitor = useMonitor(chromiumPath);

  it('opens and closes by the keyboard, beside its button', async () => {
    const runId = '20261210-120000-explained';
    await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit(`?run=${runId}`);
    const button = page.getByRole('button', { name: 'Confusion matrix: explanation' });
    await button.focus();
    await page.keyboard.press('Enter');
    await shows(page, '#info-confusion', 'Each row is a true class');
    const [at, of] = [await page.locator('#info-confusion').boundingBox(), await button.boundingBox()];
    expect(Math.abs((at?.x ?? 0) - (of?.x ?? 0))).toBeLessThan(400);
    const below = (at?.y ?? 0) - (of?.y ?? 0) - (of?.height ?? 0);
    const above = (of?.y ?? 0) - (at?.y ?? 0) - (at?.height ?? 0);
    expect(Math.max(below, above)).toBeLessThan(20);
    expect(Math.max(below, above)).toBeGreaterThanOrEqual(0);
    expect(await violationsInBothThemes(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.locator('#info-confusion').waitFor({ state: 'hidden' });
    await shows(page, '.matrix-example', /^\s*For example, row \d, column \d: [\d,]+ images/);
    await page.locator('#help-open').click();
    await shows(page, '.explanations', '2.303 is guessing');
    expect(monitor.browserProblems).toEqual([]);
  });
});
