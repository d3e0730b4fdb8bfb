import { expect, it } from '@jest/globals';
import { inEachBrowser } from '../support/browsers/in-each-browser.ts';
import { colorsOn, press, shows, waitFor } from '../support/browsers/page.ts';
import type { Tab } from '../support/browsers/test-browser.ts';
import { chartPart, field, runOf } from '../support/page-elements.ts';

const backgroundOf = (tab: Tab, selector: string): Promise<string> =>
  tab.evaluate(
    (wanted) => getComputedStyle(document.querySelector(wanted) as Element).backgroundColor,
    selector,
  );

inEachBrowser(
  'the page with the dark theme of the system',
  (site) => {
    it('is dark, also where the browser draws a control, until the viewer chooses the light theme', async () => {
      const runId = '20261124-100000-dark';
      await site.publish({ runId, events: runOf(runId) });
      const tab = await site.visit(`?run=${runId}`);
      await shows(tab, chartPart('loss', 'caption'), '60 points');
      const dark = await backgroundOf(tab, 'html');
      // Own drawings of a box and its mark are alike in all browsers: WebKitGTK has a white box for both themes.
      const boxes = await tab.evaluate(() =>
        [...document.querySelectorAll('input[type="checkbox"]')].map((box) =>
          getComputedStyle(box).getPropertyValue('appearance'),
        ),
      );
      expect(new Set(boxes)).toEqual(new Set(['none']));
      await press(tab, 't');
      await waitFor(
        tab,
        'the light theme',
        (before) => getComputedStyle(document.documentElement).backgroundColor !== before,
        dark,
      );
      expect(await tab.problems()).toEqual([]);
    });
  },
  { look: { theme: 'dark' } },
);

inEachBrowser('the page', (site) => {
  it('is printed on white, with its charts and without controls', async () => {
    const runId = '20261124-110000-printed';
    await site.publish({ runId, events: runOf(runId) });
    const tab = await site.visit(`?run=${runId}`);
    await shows(tab, field('phase'), 'Completed');
    await tab.evaluate(() => dispatchEvent(new Event('beforeprint')));
    await shows(tab, chartPart('machine', 'caption'), 'points');
    expect(await colorsOn(tab, '#machine-chart canvas')).toBeGreaterThan(2);
    await tab.evaluate(() => dispatchEvent(new Event('afterprint')));
    const pdf = await tab.print();
    if (pdf) expect(Buffer.from(pdf).subarray(0, 5).toString()).toBe('%PDF-');
    expect(await tab.problems()).toEqual([]);
  });

  it('has the same margin at both sides', async () => {
    const runId = '20261124-120000-margins';
    await site.publish({ runId, events: runOf(runId) });
    const tab = await site.visit(`?run=${runId}`);
    await shows(tab, field('phase'), 'Completed');
    const margins = await tab.evaluate(() => {
      const { left, right } = (document.querySelector('#hero') as Element).getBoundingClientRect();
      return [left, innerWidth - right];
    });
    expect(margins[0]).toBeGreaterThan(0);
    expect(margins[1]).toBeCloseTo(margins[0] as number, 1);
  });
});

inEachBrowser(
  'colours that the system forces on pages',
  (site) => {
    it('leave every mark, state and curve visible', async () => {
      const runId = '20261124-130000-forced';
      await site.publish({ runId, events: runOf(runId) });
      const tab = await site.visit(`?run=${runId}`);
      await shows(tab, chartPart('loss', 'caption'), '60 points');
      // WebKitGTK forces no colours: there, the page has its own.
      const isForced = await tab.evaluate(() => matchMedia('(forced-colors: active)').matches);
      expect(isForced).toBe(site.browserName !== 'WebKit');
      const marks = ['.progress-fill', '.segments [aria-pressed="true"]', '.bar.predicted i'];
      await shows(tab, '#sample-grid', 'right');
      const page = await backgroundOf(tab, 'html');
      for (const mark of marks)
        expect(['rgba(0, 0, 0, 0)', page]).not.toContain(await backgroundOf(tab, mark));
      expect(await colorsOn(tab, '#loss-chart canvas')).toBeGreaterThan(2);
      expect(await tab.problems()).toEqual([]);
    });
  },
  { look: { theme: 'light', forcedColors: true } },
);
