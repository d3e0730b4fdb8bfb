import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import type { Page } from 'playwright-core';
import { violationsInBothThemes } from './support/axe.ts';
import { findChromium } from './support/browser.ts';
import { useMonitor } from './support/monitor.ts';
import { field, runOf, shows } from './support/page-elements.ts';

const chromiumPath = findChromium();

/** Returns the events of a run with this name. */
const named = (runId: string, name: string): MonitorEvent[] =>
  runOf(runId, 1).map((event) =>
    event.type === 'run.started' ? ({ ...event, data: { ...event.data, name } } as MonitorEvent) : event,
  );

(chromiumPath ? describe : describe.skip)('commands of the page', () => {
  const monitor = useMonitor(chromiumPath);
  const commands = ['pause', 'resume', 'stop', 'setLearningRate'] as const;

  /** Publishes run A, prepares a command on its page with `prepare`, ends A, and begins run B with another trainer. */
  async function changeRunAfter(day: string, prepare: (page: Page) => Promise<void>) {
    const [a, b] = [`${day}-100000-a`, `${day}-110000-b`];
    const events = named(a, 'Narrow network');
    const first = await monitor.publish({ runId: a, commands, events: events.slice(0, 9) });
    const page = await monitor.visit();
    await shows(page, field('title'), 'Narrow network');
    await prepare(page);
    first.send(...events.slice(9));
    await first.waitForAck(events.length);
    const second = await monitor.publish({
      ...{ runId: b, commands },
      events: named(b, 'Wide network').slice(0, 9),
    });
    await shows(page, field('title'), 'Wide network');
    const ended = `Run ${a} has ended.`;
    return { page, ended, received: () => [...first.commands, ...second.commands] };
  }

  it('stop the run that the question names, and no run that has begun since', async () => {
    const { page, ended, received } = await changeRunAfter('20261201', async (shown) => {
      await shown.locator('#stop-run').click();
      await shows(shown, '#confirm-title', 'Stop Narrow network?');
      expect(await violationsInBothThemes(shown, '#confirm-dialog')).toEqual([]);
    });
    expect(await page.locator('#confirm-title').textContent()).toBe('Stop Narrow network?');
    await page.locator('#confirm-dialog button[value="yes"]').click();
    await shows(page, field('controls-note'), ended);
    expect(received()).toEqual([]);
    await page.locator('#stop-run').click();
    await shows(page, '#confirm-title', 'Stop Wide network?');
    await page.locator('#confirm-dialog button[value="yes"]').click();
    await page.waitForFunction(() => !document.querySelector('#controls[aria-busy]'));
    expect(received()).toMatchObject([{ command: 'stop', runId: '20261201-110000-b' }]);
    expect(monitor.browserProblems).toEqual([]);
  });

  it.each(['Enter', 'another place'])(
    'set a typed learning rate only for the run for which it was typed, also with the focus at %s',
    async (focus) => {
      const day = focus === 'Enter' ? '20261202' : '20261203';
      const { page, ended, received } = await changeRunAfter(day, async (shown) => {
        await shown.locator('#rate-input').fill('0.5');
        if (focus !== 'Enter') await shown.locator('#pause-run').focus();
      });
      if (focus === 'Enter') await page.locator('#rate-input').press('Enter');
      else await page.getByRole('button', { name: 'Set' }).click();
      await shows(page, field('controls-note'), ended);
      expect(received()).toEqual([]);
      await page.locator('#rate-input').fill('0.25');
      await page.locator('#rate-input').press('Enter');
      await shows(page, field('controls-note'), 'Learning rate 0.25 from the next batch on.');
      expect(received()).toMatchObject([{ runId: `${day}-110000-b`, data: { learningRate: 0.25 } }]);
      expect(monitor.browserProblems).toEqual([]);
    },
  );

  it('start a run, and show that it is being prepared instead of the run before it', async () => {
    const [before, next] = ['20261204-100000-before', '20261204-110000-next'];
    (await monitor.publish({ runId: before, events: runOf(before, 1) })).close();
    await monitor.publish({ commands: ['start'], onCommand: () => ({ ok: true, runId: next }) });
    const page = await monitor.visit(`?run=${before}`);
    await shows(page, field('phase'), 'Completed');
    await page.locator('#new-run-open').click();
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await shows(page, field('phase'), 'Starting…');
    await shows(page, field('title'), 'New run');
    await shows(
      page,
      field('detail'),
      `The trainer prepares run ${next}, which appears here when it begins.`,
    );
    expect(await page.title()).toMatch(/^Starting… — /);
    expect(await page.locator(field('loss')).textContent()).toBe('–');
    await page.waitForFunction(() =>
      document.querySelector('#announcer')?.textContent?.startsWith('Starting…'),
    );
    expect(await violationsInBothThemes(page)).toEqual([]);
    await monitor.publish({ runId: next, events: runOf(next, 1).slice(0, 9) });
    await shows(page, field('phase'), 'Running');
    await shows(page, field('title'), next);
    expect(monitor.browserProblems).toEqual([]);
  });
});
