import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { formatCount } from '../src/state/format.ts';
import { violationsInBothThemes } from './support/axe.ts';
import { findChromium } from './support/browser.ts';
import {
  bareRun,
  epochsOnlyRun,
  languageModelRun,
  manyClassRun,
  metricsRun,
  regressionRun,
  sparseRun,
  thousandClassRun,
  threeClassRun,
} from './support/kinds-of-runs.ts';
import { useMonitor } from './support/monitor.ts';
import { drawCharts, emptyPanels, leakedValues, overflowWidth } from './support/page-content.ts';
import { chartPart, counts, drag, field, runOf, shows, untilStep } from './support/page-elements.ts';

const chromiumPath = findChromium();

/** Every kind of run. The first announces all that it will measure, so its panels wait in their places. */
const kinds: readonly (readonly [name: string, run: (runId: string) => readonly MonitorEvent[]])[] = [
  ['of version 1', (runId) => runOf(runId, 12)],
  ['with everything that version 2 adds', (runId) => sampleRunOfVersion2(runId)],
  ['of a regression with negative losses, without totals and epochs', regressionRun],
  ['of a language model', (runId) => languageModelRun(runId, 100_000, 500)],
  ['with 3 classes', (runId) => threeClassRun(runId)],
  ['with 47 classes', (runId) => manyClassRun(runId)],
  ['with 1,000 classes and images of 64 × 64 × 3', (runId) => thousandClassRun(runId)],
  ['with epochs alone', epochsOnlyRun],
  ['with 100 metrics and figures', (runId) => metricsRun(runId, 100)],
  ['with missing epochs, batches and values', sparseRun],
  ['without a start', bareRun],
];

(chromiumPath ? describe : describe.skip)('the timeline', () => {
  const monitor = useMonitor(chromiumPath);

  it.each(kinds.map(([name, run], index) => [name, run, index] as const))(
    'shows no missing value and no empty panel at any step of a run %s',
    async (_name, run, index) => {
      const runId = `20261130-1${String(index).padStart(2, '0')}000-kind`;
      (await monitor.publish({ runId, events: run(runId) })).close();
      const page = await monitor.visit(`?run=${runId}`);
      const slider = page.locator('#timeline-position');
      // A run of a single step has no timeline.
      if (index < kinds.length - 1) {
        await slider.waitFor();
        const [first, last] = [
          Number(await slider.getAttribute('min')),
          Number(await slider.getAttribute('max')),
        ];
        for (const share of [0, 0.01, 0.34, 0.67, 1]) {
          const step = Math.round(first + (last - first) * share);
          await slider.fill(String(step));
          await shows(
            page,
            '#timeline-text',
            share === 1 ? 'Now' : new RegExp(`^\\s*\\w+ ${formatCount(step)} of`),
          );
          await drawCharts(page);
          expect(await leakedValues(page)).toEqual([]);
          // Before the first epoch, the cards of its results say that they wait for it.
          const waiting = share < 1 ? ['confusion', 'card samples'] : [];
          const empty = await emptyPanels(page);
          expect(empty.filter((panel) => !waiting.includes(panel))).toEqual([]);
        }
      }
      await page.setViewportSize({ width: 390, height: 844 });
      await drawCharts(page);
      expect(await leakedValues(page)).toEqual([]);
      expect(await emptyPanels(page)).toEqual([]);
      expect(await overflowWidth(page)).toBe(0);
      expect(monitor.browserProblems).toEqual([]);
    },
  );

  it('moves the cursor of the charts and the matrix, stays where it is while the run goes on, and returns to now', async () => {
    const runId = '20261130-200000-moved';
    const events = runOf(runId);
    const seen = events.slice(0, untilStep(events, 50));
    const publisher = await monitor.publish({ runId, events: seen });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, '#timeline-text', 'Now: batch 50');
    const slider = page.locator('#timeline-position');
    await slider.fill('25');
    await shows(page, '#timeline-text', /Batch 25 of 60, epoch 2: loss \d/);
    await shows(page, chartPart('loss', 'at'), 'Batch 25');
    // The same batch is at another pixel of another range.
    await page.locator('#log-x').click();
    await shows(page, chartPart('loss', 'at'), 'Batch 25');
    await page.locator('#log-x').click();
    await shows(page, chartPart('loss', 'at'), 'Batch 25');
    await shows(page, field('confusion-note'), 'Epoch 1');
    await shows(page, field('samples-note'), 'After epoch 1');
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/^Batch 25 of 60/);
    await slider.focus();
    await page.keyboard.press('ArrowLeft');
    await shows(page, '#timeline-text', 'Batch 24 of 60');
    publisher.send(...events.slice(seen.length));
    await shows(page, field('phase'), 'Completed');
    await shows(page, '#timeline-text', 'Batch 24 of 60');
    await page.waitForURL(/at=24/);
    await page.locator('#timeline-now').click();
    await shows(page, '#timeline-text', 'Now: batch 60');
    await shows(page, field('confusion-note'), 'Epoch 3');
    await page.waitForFunction(() => !location.search.includes('at='));
    expect(monitor.browserProblems).toEqual([]);
  });

  it('stays at a moment of a run, and at the zoomed range, when the next run begins', async () => {
    const [before, next] = ['20261130-205000-before', '20261130-205500-next'];
    await monitor.publish({ runId: before, events: runOf(before) });
    const page = await monitor.visit('');
    await shows(page, '#timeline-text', 'Now: batch 60');
    await drag(page, 'loss', [0.2, 0.8]);
    await page.locator('#zoom-reset').waitFor();
    await page.locator('#timeline-position').fill('30');
    await shows(page, '#timeline-text', 'Batch 30 of 60');
    await monitor.publish({ runId: next, events: runOf(next, 1).slice(0, 9) });
    await shows(page, field('title'), next);
    await shows(
      page,
      field('run-below'),
      `From here on, the page shows “${before}”, which you were looking at.`,
    );
    await shows(page, '#timeline-text', 'Batch 30 of 60');
    expect(await page.locator('#zoom-reset').isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Unfreeze, show the new run' }).click();
    await shows(page, '#timeline-text', /^Now: batch [1-9]$/);
    await counts(page, field('run-below'), 0);
    expect(monitor.browserProblems).toEqual([]);
  });

  it('plays the run with a button and a key, up to its end', async () => {
    const runId = '20261130-210000-played';
    await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit(`?run=${runId}&at=30`);
    await shows(page, '#timeline-text', 'Batch 30 of 60');
    await shows(page, chartPart('loss', 'at'), 'Batch 30');
    await page.locator('#timeline-duration').selectOption('10');
    await page.locator('#timeline-play').click();
    await shows(page, '#timeline-play', 'Pause');
    await shows(page, '#timeline-text', 'Batch 32 of 60');
    await page.keyboard.press('k');
    await shows(page, '#timeline-play', 'Play');
    await page.keyboard.press('k');
    await shows(page, '#timeline-text', 'Now: batch 60');
    await shows(page, '#timeline-play', 'Play');
    expect(monitor.browserProblems).toEqual([]);
  });

  it('has no violations of accessibility rules, in both themes', async () => {
    const runId = '20261130-220000-axe';
    await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit(`?run=${runId}&at=30`);
    await shows(page, '#timeline-text', 'Batch 30');
    expect(await violationsInBothThemes(page)).toEqual([]);
  });
});
