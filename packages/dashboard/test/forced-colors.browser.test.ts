import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { violationsInBothThemes } from './support/axe.ts';
import { findChromium } from './support/browser.ts';
import { useMonitor } from './support/monitor.ts';
import { canvasImage, field, runOf, shows, untilStep } from './support/page-elements.ts';

const chromiumPath = findChromium();

/** What has its meaning by its background, with an element that shows it during a run compared with another one. */
const marks = {
  'the dot of the connection': '#health .dot',
  'the dot of the run': '.pill .dot',
  'the progress of the run': '.progress-fill',
  'the key of a curve': '.stat .key-line',
  'a swatch of the legend': '.legend-item .key',
  'a cell with mistakes of the matrix': '#matrix tbody tr:first-child td:nth-of-type(4)',
  'a cell with right images of the matrix': '#matrix td.right',
  'the accuracy of a class': '.class-track i:not(.before)',
  'the mark of a wrong sample': '.wrong .sample-mark',
  'the bar of a probability': '.bar.predicted i',
  'the bar of a meter': '.meter-track i',
  'a pressed choice': '.segments [aria-pressed="true"]',
  'a pressed switch': '#view-pause[aria-pressed="true"]',
  'the first of several buttons': '#draw-open',
};

/** Returns the marks that have the background of the page, or that the page does not have. */
const invisible = (page: Page): Promise<string[]> =>
  page.evaluate(
    (selectors) => {
      const colorOf = (element: Element): string => getComputedStyle(element).backgroundColor;
      const unseen = ['rgba(0, 0, 0, 0)', colorOf(document.documentElement)];
      return Object.keys(selectors).filter((name) => {
        const element = document.querySelector(selectors[name] as string);
        return !element || unseen.includes(colorOf(element));
      });
    },
    marks as Record<string, string>,
  );

(chromiumPath ? describe : describe.skip)('with colours that the system forces on pages', () => {
  const monitor = useMonitor(chromiumPath);
  const [shown, compared] = ['20261124-110000-shown', '20261124-100000-compared'];

  it.each(['light', 'dark'] as const)(
    'every mark, state and curve is visible on a %s background, also with the other theme of the page',
    async (colorScheme) => {
      const events = runOf(shown);
      await monitor.publish({ runId: compared, events: runOf(compared) });
      await monitor.publish({ runId: shown, events: events.slice(0, untilStep(events, 45)) });
      const page = await monitor.visit(`?run=${shown}&with=${compared}`, { colorScheme });
      await page.locator('#matrix td').first().waitFor();
      await page.locator('.bar').first().waitFor();
      await shows(page, '#run-legend', compared);
      await page.locator('#view-pause').click();
      await page.locator('#system summary').click();
      await page.locator('.meter-track').first().waitFor();
      const before = await canvasImage(page, 'loss');
      await page.emulateMedia({ colorScheme, forcedColors: 'active' });
      await page.waitForFunction(
        (image) => document.querySelector<HTMLCanvasElement>('#loss-chart canvas')?.toDataURL() !== image,
        before,
      );
      const forced = await canvasImage(page, 'loss');
      expect(await invisible(page)).toEqual([]);
      expect(await violationsInBothThemes(page)).toEqual([]);

      await page.emulateMedia({ colorScheme, forcedColors: 'active' });
      const click = (): Promise<void> => page.locator('#theme').click();
      for (let at = 0; at < 2; at++) {
        await click();
        expect(await invisible(page)).toEqual([]);
        await page.waitForFunction(
          (image) => document.querySelector<HTMLCanvasElement>('#loss-chart canvas')?.toDataURL() === image,
          forced,
        );
      }
      await shows(page, field('phase'), 'Running');
      expect(monitor.browserProblems).toEqual([]);
    },
  );
});
