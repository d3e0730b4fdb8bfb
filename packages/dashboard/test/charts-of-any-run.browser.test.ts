import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { findChromium } from './support/browser.ts';
import { joinedRun, manyClassRun, metricsRun, onePointRun } from './support/kinds-of-runs.ts';
import { useMonitor } from './support/monitor.ts';
import { counts, field, runOf, shows } from './support/page-elements.ts';

const chromiumPath = findChromium();

/** Pixels in the full colour of a point of 5 pixels across, whose edge is blended; a curve has more. */
const pointArea = 10;

/**
 * Resolves when every chart, also off screen, shows a point or a curve in the colour of a CSS custom property. Charts off
 * screen are drawn one after the other.
 */
const allDraw = (page: Page, property: string): Promise<unknown> =>
  page.waitForFunction(
    ([name, area]) => {
      const pixelsOf = (canvas: HTMLCanvasElement): Uint8ClampedArray =>
        (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(0, 0, canvas.width, canvas.height)
          .data;
      const dot = document.createElement('canvas');
      const context = dot.getContext('2d') as CanvasRenderingContext2D;
      context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
      context.fillRect(0, 0, dot.width, dot.height);
      const color = pixelsOf(dot).subarray(0, 3);
      const isDrawn = (chart: Element): boolean => {
        const canvas = chart.querySelector('canvas');
        if (!canvas) return false;
        const pixels = pixelsOf(canvas);
        let count = 0;
        for (let at = 0; at < pixels.length; at += 4)
          if (color.every((value, channel) => pixels[at + channel] === value)) count++;
        return count >= area;
      };
      const charts = [...document.querySelectorAll('.chart')];
      return charts.length > 0 && charts.every(isDrawn);
    },
    [property, pointArea] as const,
  );

(chromiumPath ? describe : describe.skip)('the charts of any run', () => {
  const monitor = useMonitor(chromiumPath);

  it('draw a run of one batch as points, alone and beside another run', async () => {
    const [runId, other] = ['20261130-100000-one', '20261130-100100-other'];
    await monitor.publish({ runId, events: onePointRun(runId) });
    await monitor.publish({ runId: other, events: onePointRun(other, 0.5) });
    const page = await monitor.visit(`?run=${runId}`);
    await counts(page, '.chart', 5);
    await allDraw(page, '--train');
    const compared = await monitor.visit(`?run=${runId}&with=${other}`);
    await counts(compared, '.chart', 5);
    await allDraw(compared, '--run-1');
    await allDraw(compared, '--run-2');
  });

  it('are drawn and described without being scrolled to', async () => {
    const runId = '20261130-101000-metrics';
    await monitor.publish({ runId, events: metricsRun(runId) });
    const page = await monitor.visit(`?run=${runId}`);
    await counts(page, '.chart', 8);
    // The legends are true before the charts are drawn.
    expect(await page.locator('.legend', { hasText: /No .* yet|–/ }).count()).toBe(0);
    await allDraw(page, '--train');
    // A card describes its drawing at the next rendering of the page.
    await page.locator('.caption', { hasText: '40 points' }).nth(7).waitFor();
  });

  it('are all printed, with those that the screen leaves out', async () => {
    const runId = '20261130-102000-print';
    await monitor.publish({ runId, events: metricsRun(runId) });
    const page = await monitor.visit(`?run=${runId}`);
    await counts(page, '.chart', 8);
    // Read at once, because the page shows the charts of the screen again in its next frame.
    const printed = await page.evaluate(() => {
      dispatchEvent(new Event('beforeprint'));
      const charts = [...document.querySelectorAll('.chart')];
      const drawn = charts.filter(
        (chart) =>
          chart.querySelector('canvas') &&
          chart.querySelector('.caption')?.textContent?.includes('40 points'),
      );
      return [charts.length, drawn.length];
    });
    expect(printed).toEqual([30, 30]);
  });

  it('have a target of 99 % on MNIST only, until the viewer sets one', async () => {
    const [runId, other] = ['20261130-103000-mnist', '20261130-103100-emnist'];
    await monitor.publish({ runId, events: runOf(runId) });
    await monitor.publish({ runId: other, events: manyClassRun(other) });
    const page = await monitor.visit(`?run=${runId}`);
    await counts(page, '#accuracy-chart', 1);
    await page.waitForFunction(() => (document.querySelector('#target') as HTMLInputElement)?.value === '99');
    const elsewhere = await monitor.visit(`?run=${other}`);
    await shows(elsewhere, '#accuracy-chart .legend', 'test');
    expect(await elsewhere.locator('#target').inputValue()).toBe('');
    await elsewhere.locator('#target').fill('60');
    await elsewhere.locator('#target').press('Enter');
    await elsewhere.waitForURL(/target=0\.6/);
  });

  it('of a run without a start begin with its first step, and show no progress', async () => {
    const runId = '20261130-104000-joined';
    await monitor.publish({ runId, events: joinedRun(runId) });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, field('stream-received'), '30 events');
    await shows(page, '#loss-chart .legend', '0.0333');
    expect(await page.locator('#progress').getAttribute('aria-valuenow')).toBeNull();
    expect(await page.locator('#hero').textContent()).not.toMatch(/0\s%|Estimating/);
    expect(await page.title()).toMatch(/^0\.\d+ — MNIST Training Monitor$/);
  });
});
