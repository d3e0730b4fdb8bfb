import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { violationsInBothThemes } from './support/axe.ts';
import { findChromium } from './support/browser.ts';
import { longName, metricsRun } from './support/kinds-of-runs.ts';
import { useMonitor } from './support/monitor.ts';
import { cutTexts, overflowWidth } from './support/page-content.ts';
import { counts, field, shows } from './support/page-elements.ts';

const chromiumPath = findChromium();

/** Presses Tab until an element that matches the selector has the focus. @throws Error when none gets it. */
async function tabTo(page: Page, selector: string, limit = 200): Promise<void> {
  for (let presses = 0; presses < limit; presses++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
  }
  throw new Error(`expected ${selector} to get the focus within ${limit} presses of Tab`);
}

(chromiumPath ? describe : describe.skip)('a run with 100 custom metrics', () => {
  const monitor = useMonitor(chromiumPath);

  it.each([1440, 390])('is searched and compared with the keyboard, %p pixels wide', async (width) => {
    const [runId, other] = [`20261130-100000-many${width}`, `20261130-100100-other${width}`];
    for (const each of [runId, other]) {
      const events = metricsRun(each, 99).map((event) =>
        event.type === 'metrics'
          ? { ...event, data: { ...event.data, metrics: { ...event.data.metrics, [longName('long_')]: 1 } } }
          : event,
      );
      (await monitor.publish({ runId: each, events })).close();
    }
    const page = await monitor.visit(`?run=${runId}&with=${other}`, { viewport: { width, height: 844 } });
    await shows(page, field('metric-count'), '100 metrics');
    await counts(page, '.chart[data-metric]', 8);

    await tabTo(page, '#metric-search');
    await page.keyboard.type('eval 1');
    await shows(page, field('metric-count'), /^\d+ of 100 metrics/);
    expect(await page.locator('.metric-group').allTextContents()).toEqual(['eval']);
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('nothing');
    await shows(page, '.metrics .empty', 'No metric matches “nothing”.');
    expect(await page.locator('#metric-search:focus').count()).toBe(1);
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.press('Delete');
    await counts(page, '.chart[data-metric]', 8);
    await tabTo(page, '#metrics-all');
    await page.keyboard.press('Enter');
    await counts(page, '.chart[data-metric]', 100);
    await counts(page, '.metric-group', 3);
    // The keyboard continues with the first chart that was not shown before.
    await page.locator('[data-metric^="long_"] .plot:focus').waitFor();
    await page.locator('#metrics-all').focus();
    await page.keyboard.press('Enter');
    await counts(page, '.chart[data-metric]', 8);
    await page.locator('#metrics-all:focus').waitFor();
    await page.waitForFunction(() => {
      const box = document.querySelector('#metrics-all')?.getBoundingClientRect();
      return box !== undefined && box.top >= 0 && box.bottom <= innerHeight;
    });

    // The table of the comparison scrolls with the keyboard; its heads, and the names of the rows, stay in view.
    await tabTo(page, '#compare .scroll');
    const last = page.locator('#compare-table tbody tr', { hasText: longName('long_') });
    expect(await last.locator('td').allTextContents()).toEqual(['1', '1 ±0']);
    await page.keyboard.press('PageDown');
    await page.waitForFunction(() => (document.querySelector('#compare .scroll')?.scrollTop ?? 0) > 200);
    const covers = await page.evaluate(() => {
      const table = document.querySelector('#compare .scroll') as HTMLElement;
      const at = (x: number, y: number) => document.elementFromPoint(x, y)?.closest('td, th');
      const { left, top } = table.getBoundingClientRect();
      const corner = table.querySelector('thead td') as HTMLElement;
      return at(left + 24, top + corner.clientHeight / 2) === corner;
    });
    expect(covers).toBe(true);
    await last.scrollIntoViewIfNeeded();
    const visible = await last.evaluate((row) => {
      const [name, ...values] = [...row.children].map((cell) => cell.getBoundingClientRect());
      return { names: name?.right ?? 0, first: values[0]?.right ?? 0 };
    });
    expect(visible.names).toBeLessThan(width / 2);
    expect(visible.first).toBeLessThan(width);
    expect(await overflowWidth(page)).toBe(0);
    expect(await cutTexts(page)).toEqual([]);
    expect(await violationsInBothThemes(page, '#compare')).toEqual([]);
    expect(monitor.browserProblems).toEqual([]);
  });
});
