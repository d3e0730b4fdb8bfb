import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { formatClock } from '../src/state/format.ts';
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
import { field, runOf, shows } from './support/page-elements.ts';

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

(chromiumPath ? describe : describe.skip)('a replayed run', () => {
  const monitor = useMonitor(chromiumPath);

  it.each(kinds.map(([name, run], index) => [name, run, index] as const))(
    '%s shows no missing value and no empty panel at any time',
    async (_name, run, index) => {
      const runId = `20261130-1${String(index).padStart(2, '0')}000-kind`;
      const events = run(runId);
      // A run that has not ended has no replay.
      const ended = events.at(-1)?.type === 'run.finished';
      const end: MonitorEvent = {
        ...{ v: 1, runId, seq: events.length + 1, time: events.at(-1)?.time ?? '', type: 'run.finished' },
        data: { status: 'stopped', reason: 'stopped', seconds: 1, files: [] },
      };
      (await monitor.publish({ runId, events: ended ? events : [...events, end] })).close();
      const page = await monitor.visit(`?run=${runId}`);
      await page.locator('#replay-open').click();
      await shows(page, field('phase'), 'Replay');
      await page.locator('#replay-play').filter({ hasText: 'Pause' }).click();
      const slider = page.locator('#replay-position');
      const duration = Number(await slider.getAttribute('max'));
      for (const share of [0, 0.01, 0.34, 0.67, 1]) {
        await slider.fill(String(duration * share));
        const seconds = share === 1 ? Math.ceil(duration) : Math.floor(duration * share);
        await shows(page, '#replay-time', `${formatClock(seconds)} of`);
        await drawCharts(page);
        expect(await leakedValues(page)).toEqual([]);
        // The chart of the loss waits for the first value, and the panels of the first kind for the first epoch.
        if (share >= (index === 0 ? 1 : 0.34)) expect(await emptyPanels(page)).toEqual([]);
      }
      await page.locator('#replay-close').click();
      await page.setViewportSize({ width: 390, height: 844 });
      await drawCharts(page);
      expect(await leakedValues(page)).toEqual([]);
      expect(await emptyPanels(page)).toEqual([]);
      expect(await overflowWidth(page)).toBe(0);
      expect(monitor.browserProblems).toEqual([]);
    },
  );
});
