import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import type { Page } from 'playwright-core';
import { violations, violationsInBothThemes } from './support/axe.ts';
import { findChromium } from './support/browser.ts';
import {
  bareRun,
  epochsOnlyRun,
  longTextRun,
  manyClassRun,
  metricsRun,
  regressionRun,
  threeClassRun,
} from './support/kinds-of-runs.ts';
import { useMonitor } from './support/monitor.ts';
import { field, runOf, shows, untilStep } from './support/page-elements.ts';

const chromiumPath = findChromium();
const hostile = '</h1><script>document.title = "owned"</script>';

/** Returns the size of the smallest text on display, in CSS pixels, and by how much the content is larger than the window. */
const measure = (page: Page) =>
  page.evaluate(() => {
    const texts = [...document.querySelectorAll('#wall *')].filter((element) =>
      [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim()),
    );
    const sizes = texts
      .filter((element) => element.checkVisibility())
      .map((element) => Number.parseFloat(getComputedStyle(element).fontSize));
    const { scrollWidth, scrollHeight } = document.documentElement;
    return {
      smallest: Math.min(...sizes),
      overflow: [Math.max(0, scrollWidth - innerWidth), Math.max(0, scrollHeight - innerHeight)],
    };
  });

(chromiumPath ? describe : describe.skip)('the wall', () => {
  const monitor = useMonitor(chromiumPath);
  const size = { viewport: { width: 1280, height: 720 } };

  it('shows four large numbers, a curve and images of the latest run, and moves on to the next one', async () => {
    const first = runOf('20261201-200000-first');
    await monitor.publish({ runId: '20261201-200000-first', events: first });
    const page = await monitor.visit('?view=wall', size);
    await shows(page, field('title'), '20261201-200000-first');
    await shows(page, field('phase'), 'Completed');
    await shows(page, '.wall-figure.main', /Test accuracy.*\d\d\.\d\d/s);
    expect(await page.locator('.wall-figure').count()).toBe(4);
    await page.locator('.curve[data-curve="loss"] path.test').waitFor({ state: 'attached' });
    expect(await page.locator('.wall-images li').count()).toBe(4);
    expect(await measure(page)).toEqual({ smallest: 24, overflow: [0, 0] });
    const images = (await page.locator('.wall-images').textContent()) ?? '';
    await page.waitForFunction(
      (before) => document.querySelector('.wall-images')?.textContent !== before,
      images,
    );
    const next = runOf('20261201-200001-next');
    await monitor.publish({ runId: '20261201-200001-next', events: next.slice(0, untilStep(next, 30)) });
    await shows(page, field('title'), '20261201-200001-next');
    await shows(page, field('phase'), 'Running');
    expect(monitor.browserProblems).toEqual([]);
    expect(await violationsInBothThemes(page)).toEqual([]);
  });

  it.each([
    ['a regression', regressionRun],
    ['three classes with a long name', (runId: string) => threeClassRun(runId)],
    ['47 classes', (runId: string) => manyClassRun(runId)],
    ['epochs alone', epochsOnlyRun],
    ['custom metrics', (runId: string) => metricsRun(runId)],
    ['long texts', longTextRun],
    ['a bare run', bareRun],
  ])('fits any kind of run: %s', async (name, eventsOf: (runId: string) => MonitorEvent[]) => {
    const runId = `20261201-210000-${name.replaceAll(' ', '-')}`;
    await monitor.publish({ runId, events: eventsOf(runId) });
    const page = await monitor.visit(`?view=wall&run=${runId}`, size);
    await page.locator('.wall-figure').first().waitFor();
    const { smallest, overflow } = await measure(page);
    expect(smallest).toBeGreaterThanOrEqual(24);
    expect(overflow).toEqual([0, 0]);
    expect(monitor.browserProblems).toEqual([]);
    expect(await violations(page)).toEqual([]);
  });

  it('shows one view after the other on request', async () => {
    const runId = '20261201-220000-cycle';
    await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit(`?view=wall&cycle=5&run=${runId}`, size);
    for (const view of [
      '.curve[data-curve="loss"]',
      '.curve[data-curve="accuracy"]',
      '.wall-images.all',
      '.curve[data-curve="loss"]',
    ])
      await page.locator(view).waitFor();
  });

  it('says plainly that the connection is lost, keeps the numbers, and recovers by itself', async () => {
    const runId = '20261201-230000-lost';
    const events = runOf(runId);
    const publisher = await monitor.publish({ runId, events: events.slice(0, 40) });
    const page = await monitor.visit(`?view=wall&run=${runId}`, size);
    await page.locator('.wall-figure').first().waitFor();
    monitor.cut();
    await shows(page, field('problem'), /^No connection since \d\d:\d\d\. What you see is from then\.$/);
    expect(await page.locator('.wall-figure').count()).toBe(4);
    monitor.restore();
    await page.locator(field('problem')).waitFor({ state: 'hidden' });
    publisher.send(...events.slice(40));
    await shows(page, field('phase'), 'Completed');
    monitor.browserProblems.length = 0;
  });

  it('loads itself again after a connection that was closed for good', async () => {
    const runId = '20261201-233000-late';
    const page = await monitor.visit('', size);
    await page.clock.install();
    await page.goto(`${monitor.url}/?view=wall&run=${runId}`);
    await shows(page, field('phase'), 'Not found');
    expect(await page.title()).toBe('Not found — MNIST Training Monitor');
    await shows(
      page,
      field('problem'),
      `There is no run ${runId}. It may have been deleted. The address ?view=wall shows the latest run.`,
    );
    await monitor.publish({ runId, events: runOf(runId) });
    await page.clock.fastForward(31_000);
    await shows(page, field('phase'), 'Completed');
    monitor.browserProblems.length = 0;
  });

  it('is dark until a theme is chosen, keeps the screen on where it may, and is left with Escape or a link', async () => {
    const runId = '20261201-234000-keys';
    await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit(`?view=wall&run=${runId}`, { ...size, colorScheme: 'light' });
    await shows(page, 'html[data-theme="dark"] .wall', 'Test accuracy');
    await page.keyboard.press('t');
    await page.locator('html[data-layout="wall"][data-theme="light"]').waitFor();
    await page.keyboard.press('Tab');
    await shows(page, '.skip:focus', 'Open the whole page');
    // Keys of the page that open dialogs have no effect here.
    await page.keyboard.press('r');
    await page.keyboard.press('Escape');
    await page.locator('#hero').waitFor();
    expect(await page.locator('dialog').count()).toBe(0);
    await page.waitForFunction(() => !location.search.includes('view='));
  });

  it('shows hostile names as text (S-20)', async () => {
    const runId = '20261201-235000-hostile';
    const events = runOf(runId).map((event) =>
      event.type === 'run.started'
        ? {
            ...event,
            data: {
              ...event.data,
              name: hostile,
              dataset: { name: 'x', classes: Array(10).fill(hostile.slice(0, 64)) },
            },
          }
        : event,
    ) as MonitorEvent[];
    await monitor.publish({ runId, events });
    for (const view of ['wall', 'embed']) {
      const page = await monitor.visit(`?view=${view}&run=${runId}`, size);
      await shows(page, field('title'), hostile);
      expect(await page.locator('main script').count()).toBe(0);
      expect(await page.title()).not.toBe('owned');
    }
    expect(monitor.browserProblems).toEqual([]);
  });

  it.each([
    ['1920 × 1080', { viewport: { width: 1920, height: 1080 } }, 36],
    ['a screen on its side', { viewport: { width: 720, height: 1280 } }, 24],
  ])('fills %s', async (_, options, smallest) => {
    const runId = `20261201-236000-${options.viewport.width}`;
    await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit(`?view=wall&run=${runId}`, options);
    await page.locator('.wall-figure').first().waitFor();
    const measured = await measure(page);
    expect(measured.smallest).toBeGreaterThanOrEqual(smallest);
    expect(measured.overflow).toEqual([0, 0]);
  });
});

(chromiumPath ? describe : describe.skip)('the view for frames', () => {
  const monitor = useMonitor(chromiumPath);

  it('shows the run without controls, as far as the frame has room (S-22)', async () => {
    const runId = '20261201-240000-frame';
    const events = runOf(runId);
    await monitor.publish({ runId, events: events.slice(0, untilStep(events, 50)) });
    const page = await monitor.visit(`?view=embed&run=${runId}`, { viewport: { width: 800, height: 380 } });
    await shows(page, field('title'), runId);
    await shows(page, field('phase'), 'Running');
    await shows(page, '.embed-figures', /Test accuracy.*Loss.*Epoch.*Time left/s);
    expect(await page.locator('.curve').filter({ visible: true }).count()).toBe(2);
    expect(await page.locator('button, input, select, dialog').count()).toBe(0);
    expect(await page.locator('a').getAttribute('href')).toBe(`?run=${runId}`);
    expect(await violationsInBothThemes(page)).toEqual([]);
    for (const [width, height, curves, figures] of [
      [400, 380, 1, true],
      [600, 300, 2, true],
      [320, 240, 1, true],
      [800, 200, 0, true],
      [800, 100, 0, false],
    ] as const) {
      await page.setViewportSize({ width, height });
      await page.waitForFunction(() => document.documentElement.scrollHeight <= innerHeight);
      expect(await page.locator('.curve').filter({ visible: true }).count()).toBe(curves);
      expect(await page.locator('.embed-figures').isVisible()).toBe(figures);
      await shows(page, field('phase'), 'Running');
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      ).toBeLessThanOrEqual(0);
    }
    expect(monitor.browserProblems).toEqual([]);
  });

  it('is copied as an element that shows this run', async () => {
    const runId = '20261201-241000-copy';
    await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit(`?run=${runId}`, { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.locator('#export summary').click();
    await page.locator('#copy-frame').click();
    await shows(
      page,
      '#export-note',
      'Frame copied. The gateway shows it on the sites that its flag --embed names.',
    );
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      `<iframe src="${monitor.url}/?view=embed&run=${runId}" title="Training run" width="100%" height="380"></iframe>`,
    );
    await page.locator('#export summary').click();
    expect(await page.locator('#open-wall').getAttribute('href')).toBe('?view=wall');
  });
});

(chromiumPath ? describe : describe.skip)('notifications', () => {
  const monitor = useMonitor(chromiumPath);

  /** Visits the page with a stand-in for notifications, as the browser that a person does not look at. */
  const visit = async (runId: string, permission: 'granted' | 'denied') => {
    const page = await monitor.visit('about:blank');
    await page.addInitScript((answer) => {
      const asked: string[] = [];
      class FakeNotification extends EventTarget {
        static requestPermission = async () => {
          asked.push('permission');
          return answer;
        };
        constructor(title: string, { body }: { body: string }) {
          super();
          asked.push(`${title} | ${body}`);
        }
      }
      Object.assign(globalThis, { Notification: FakeNotification, asked });
      document.hasFocus = () => false;
    }, permission);
    await page.goto(`${monitor.url}/?run=${runId}`);
    await shows(page, field('phase'), 'Running');
    return page;
  };
  const askedOf = (page: Page): Promise<string[]> =>
    page.evaluate(() => (globalThis as unknown as { asked: string[] }).asked);

  it('are asked for only when they are wished, and report the end of the run (S-23)', async () => {
    const runId = '20261201-250000-end';
    const events = runOf(runId);
    const publisher = await monitor.publish({ runId, events: events.slice(0, -1) });
    const page = await visit(runId, 'granted');
    expect(await askedOf(page)).toEqual([]);
    await page.keyboard.press('?');
    await page.locator('#notifications-on').check();
    await page.waitForFunction(() => (globalThis as unknown as { asked: string[] }).asked.length === 1);
    expect(await violations(page, '#help-dialog')).toEqual([]);
    await page.keyboard.press('Escape');
    // The choice is kept, without another question.
    await page.reload();
    await shows(page, field('phase'), 'Running');
    publisher.send(...events.slice(-1));
    await page.waitForFunction(() => (globalThis as unknown as { asked: string[] }).asked.length > 0);
    expect(await askedOf(page)).toEqual([
      expect.stringMatching(/^20261201-250000-end: completed \| Test accuracy \d+/),
    ]);
  });

  it('stay off, with the reason, when the browser refuses them', async () => {
    const runId = '20261201-251000-no';
    const events = runOf(runId);
    await monitor.publish({ runId, events: events.slice(0, -1) });
    const page = await visit(runId, 'denied');
    await page.keyboard.press('?');
    await page.locator('#notifications-on').click();
    await shows(
      page,
      '#notifications-problem',
      'The browser does not allow this page to send notifications.',
    );
    expect(await page.locator('#notifications-on').isChecked()).toBe(false);
  });
});
