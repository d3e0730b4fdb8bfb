import { describe, expect, it } from '@jest/globals';
import type { Version1Event } from '@mnist-monitor/shared';
import { findChromium } from './support/browser.ts';
import { manyClassRun } from './support/kinds-of-runs.ts';
import { useMonitor } from './support/monitor.ts';
import { cutTexts, drawCharts, overflowWidth, overlappingTexts } from './support/page-content.ts';
import { runOf, shows } from './support/page-elements.ts';

const chromiumPath = findChromium();

/** Returns a run with a name, a learning rate, and a notice of each level. */
function namedRun(runId: string, name: string, learningRate: number): Version1Event[] {
  const events = runOf(runId).map((event) =>
    event.type === 'run.started'
      ? { ...event, data: { ...event.data, name, config: { ...event.data.config, learningRate } } }
      : event,
  );
  const last = events.at(-1) as Version1Event;
  const notices = (['info', 'warning', 'error'] as const).map((level, index) => ({
    ...{ ...last, seq: last.seq + index, type: 'notice' as const },
    data: {
      ...{ level, code: `note.${level}`, step: 30 },
      message: `“${name}” was added to the queue, ${'and this is a notice that takes several lines: '.repeat(4)}`,
    },
  }));
  return [...events.slice(0, -1), ...notices, { ...last, seq: last.seq + notices.length }] as Version1Event[];
}

(chromiumPath ? describe : describe.skip)('texts of the page', () => {
  const monitor = useMonitor(chromiumPath);

  it.each([1440, 1280, 1180, 1024, 768, 390])(
    'are whole and do not overlap, %p pixels wide',
    async (width) => {
      const [runId, other] = [`20261201-100000-a${width}`, `20261201-100100-b${width}`];
      await monitor.publish({ runId: other, events: namedRun(other, 'Rates, learning rate 0.05', 0.05) });
      await monitor.publish({ runId, events: namedRun(runId, 'Rates, learning rate 0.01', 0.01) });
      for (const query of ['', `&with=${other}`]) {
        const page = await monitor.visit(`?run=${runId}${query}`, { viewport: { width, height: 900 } });
        await shows(page, '#notice-list', 'several lines');
        if (query !== '') await shows(page, '#compare-table', '0.05');
        await drawCharts(page);
        expect(await overlappingTexts(page)).toEqual([]);
        expect(await cutTexts(page)).toEqual([]);
        const titles = page.locator('.chart h3');
        const cutTitles = await titles.evaluateAll((all) =>
          all.filter((title) => title.scrollWidth > title.clientWidth).map(({ textContent }) => textContent),
        );
        expect(cutTitles).toEqual([]);
        expect(await overflowWidth(page)).toBe(0);
      }
      expect(monitor.browserProblems).toEqual([]);
    },
  );

  it.each([1280, 390])('are in tables without a scroll bar of their own, %p pixels wide', async (width) => {
    const runIds = ['a', 'b'].map((name) => `20261201-120000-${name}${width}`);
    for (const runId of runIds) await monitor.publish({ runId, events: manyClassRun(runId, 2) });
    const page = await monitor.visit(`?run=${runIds.join('&with=')}`, { viewport: { width, height: 720 } });
    await page.locator('.class-scroll tbody tr').nth(11).waitFor();
    await shows(page, '#compare-table', 'Test accuracy');
    const scrolled = page.locator('main .scroll:visible').filter({ has: page.locator('tbody') });
    expect(await scrolled.count()).toBeGreaterThan(1);
    expect(
      await scrolled.evaluateAll((all) => all.map((box) => box.scrollHeight - box.clientHeight)),
    ).toEqual(Array.from({ length: await scrolled.count() }, () => 0));
  });

  it.each([1440, 390])('name every run of the legend of a comparison, %p pixels wide', async (width) => {
    const [runId, other] = [`20261201-110000-c${width}`, `20261201-110100-d${width}`];
    const names = ['Rates, learning rate 0.01', 'Rates, learning rate 0.05'];
    await monitor.publish({ runId: other, events: namedRun(other, names[1] as string, 0.05) });
    await monitor.publish({ runId, events: namedRun(runId, names[0] as string, 0.01) });
    const page = await monitor.visit(`?run=${runId}&with=${other}`, { viewport: { width, height: 900 } });
    await shows(page, '#run-legend', names[1] as string);
    const shown = page.locator('#run-legend .run-pin .cut');
    expect(await shown.allTextContents()).toEqual(names);
    expect(
      await shown.evaluateAll((all) => all.filter((name) => name.scrollWidth > name.clientWidth)),
    ).toEqual([]);
  });
});
