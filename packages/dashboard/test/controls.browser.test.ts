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

  /** Publishes run A, prepares a command on its page with `prepare`, begins run B with another trainer, and ends A. */
  async function changeRunAfter(day: string, prepare: (page: Page) => Promise<void>) {
    const [a, b] = [`${day}-100000-a`, `${day}-110000-b`];
    const events = named(a, 'Narrow network');
    const first = await monitor.publish({ runId: a, commands, events: events.slice(0, 9) });
    const page = await monitor.visit();
    await shows(page, field('title'), 'Narrow network');
    await prepare(page);
    const second = await monitor.publish({
      ...{ runId: b, commands },
      events: named(b, 'Wide network').slice(0, 9),
    });
    await shows(page, field('title'), 'Wide network');
    // After B has begun: the end of the run on display would hide the controls, and take the focus from them.
    first.send(...events.slice(9));
    await first.waitForAck(events.length);
    const ended = `Run ${a} has ended.`;
    return { page, ended, second, received: () => [...first.commands, ...second.commands] };
  }

  it('stop the run that the question names, and no run that has begun since', async () => {
    const { page, ended, second, received } = await changeRunAfter('20261201', async (shown) => {
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
    await second.waitForCommands(1);
    expect(received()).toMatchObject([{ command: 'stop', runId: '20261201-110000-b' }]);
    expect(monitor.browserProblems).toEqual([]);
  });

  it.each(['field', 'button'])(
    'set a typed learning rate only for the run for which it was typed, while the %s of the rate has the focus',
    async (focus) => {
      const day = focus === 'field' ? '20261202' : '20261203';
      const button = 'form button:text("Set")';
      const { page, ended, received } = await changeRunAfter(day, async (shown) => {
        await shown.locator('#rate-input').fill('0.5');
        if (focus === 'button') await shown.locator(button).focus();
      });
      await page.locator(focus === 'field' ? '#rate-input' : button).press('Enter');
      await shows(page, field('controls-note'), ended);
      expect(received()).toEqual([]);
      await page.locator('#rate-input').fill('0.25');
      await page.locator('#rate-input').press('Enter');
      await shows(page, field('controls-note'), 'Learning rate 0.25 from the next batch on.');
      expect(received()).toMatchObject([{ runId: `${day}-110000-b`, data: { learningRate: 0.25 } }]);
      expect(monitor.browserProblems).toEqual([]);
    },
  );

  it('show the learning rate of the next run instead of one that was typed for the run before, also if both have the same', async () => {
    let rate = '';
    const { page, received } = await changeRunAfter('20261205', async (shown) => {
      rate = await shown.locator('#rate-input').inputValue();
      await shown.locator('#rate-input').fill('0.5');
      await shown.locator('#pause-run').focus();
    });
    await page.waitForFunction(
      (value) => document.querySelector<HTMLInputElement>('#rate-input')?.value === value,
      rate,
    );
    await page.locator('#rate-form button').click();
    await shows(page, field('controls-note'), `Learning rate ${rate} from the next batch on.`);
    expect(received()).toMatchObject([{ runId: '20261205-110000-b', data: { learningRate: Number(rate) } }]);
    expect(monitor.browserProblems).toEqual([]);
  });

  it('name the run whose learning rate they set when another one is shown by then', async () => {
    const [a, b] = ['20261207-100000-a', '20261207-110000-b'];
    const first = await monitor.publish({
      runId: a,
      commands,
      events: named(a, 'Narrow network').slice(0, 9),
    });
    const page = await monitor.visit();
    await shows(page, field('title'), 'Narrow network');
    await page.locator('#rate-input').fill('0,5');
    await monitor.publish({ runId: b, commands, events: named(b, 'Wide network').slice(0, 9) });
    await shows(page, field('title'), 'Wide network');
    await shows(page, field('controls-note'), 'The typed learning rate is for Narrow network.');
    expect(await violationsInBothThemes(page, '#controls')).toEqual([]);
    await page.locator('#rate-input').press('Enter');
    await shows(page, field('controls-note'), 'Narrow network: learning rate 0.5 from the next batch on.');
    expect(first.commands).toMatchObject([{ runId: a, data: { learningRate: 0.5 } }]);
    expect(await page.locator('#rate-input').inputValue()).toBe('0.01');
    await page.locator('#rate-input').fill('1,000');
    await page.locator('#rate-input').press('Enter');
    await shows(page, field('controls-note'), 'The learning rate must be a number from 1e-8 to 100.');
    expect(await page.locator('#rate-input').inputValue()).toBe('0.01');
    expect(monitor.browserProblems).toEqual([]);
  });

  it('report that the trainer has not answered yet', async () => {
    const runId = '20261208-100000-slow';
    let answer = (): void => {};
    const isAsked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await monitor.publish({
      ...{ runId, commands, events: runOf(runId, 1).slice(0, 9) },
      onCommand: () => isAsked.then(() => ({ ok: true })),
    });
    const page = await monitor.visit(`?run=${runId}`);
    await page.locator('#pause-run').click();
    await shows(page, field('controls-note'), 'Waiting for the trainer…');
    expect(await page.locator('#controls').getAttribute('aria-busy')).toBe('true');
    answer();
    await page.locator('#controls:not([aria-busy])').waitFor();
    expect(await page.locator(field('controls-note')).textContent()).toBe('');
  });

  it('stay usable when the question before a command cannot be loaded', async () => {
    const runId = '20261206-100000-offline';
    const publisher = await monitor.publish({ runId, commands, events: runOf(runId, 1).slice(0, 9) });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, field('phase'), 'Running');
    await page.route('**/assets/confirm*', (route) => route.abort());
    await page.locator('#stop-run').click();
    await shows(page, field('waiting'), 'This part of the page could not be loaded. Reload the page.');
    await page.locator('dialog[open] [data-close]').click();
    await page.locator('#pause-run').click();
    await publisher.waitForCommands(1);
    expect(publisher.commands).toMatchObject([{ command: 'pause', runId }]);
  });

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
    await shows(page, field('detail'), 'A trainer is preparing the run. It appears here when it begins.');
    await shows(page, field('run-below'), `From here on, the page shows “${before}”, the run before.`);
    const other = await monitor.visit('');
    await shows(other, field('phase'), 'Starting…');
    const wall = await monitor.visit('?view=wall');
    await shows(wall, field('phase'), 'Starting…');
    expect(await wall.locator('.wall-figure, .wall-scene').count()).toBe(0);
    await wall.close();
    await other.close();
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
