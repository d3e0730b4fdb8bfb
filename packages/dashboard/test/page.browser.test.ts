import { describe, expect, it } from '@jest/globals';
import { timeFactor } from '@mnist-monitor/shared/testing';
import { findChromium } from './support/browser.ts';
import { useMonitor } from './support/monitor.ts';
import {
  canvasImage,
  chartPart,
  counts,
  drag,
  field,
  runOf,
  shows,
  untilStep,
} from './support/page-elements.ts';

const chromiumPath = findChromium();

(chromiumPath ? describe : describe.skip)('the page', () => {
  const monitor = useMonitor(chromiumPath);
  const caption = chartPart('loss', 'caption');

  it('waits for a run, draws it live, and sends no more HTTP requests', async () => {
    const page = await monitor.visit();
    await shows(page, field('title'), 'No run yet');
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    const before = await canvasImage(page, 'loss');

    const events = runOf('20261124-100000-first');
    const half = untilStep(events, 30);
    const publisher = await monitor.publish({
      runId: '20261124-100000-first',
      events: events.slice(0, half),
    });
    await shows(page, caption, '30 points');
    await shows(page, field('phase'), 'Running');
    await shows(page, field('epoch'), '2');
    await page.locator('#system summary').click();
    await shows(page, field('stream-viewers'), '1');
    await shows(page, field('speed'), '1,707');
    await shows(page, field('remaining'), /^\d\ss left$/);
    expect(await canvasImage(page, 'loss')).not.toBe(before);
    expect(await page.title()).toMatch(/^50\u00a0% · 0\.\d+ — MNIST Training Monitor$/);
    const halfWay = await canvasImage(page, 'loss');

    publisher.send(...events.slice(half));
    await shows(page, caption, '60 points');
    await shows(page, field('phase'), 'Completed');
    await shows(page, '#epoch-rows', 'best');
    expect(await canvasImage(page, 'loss')).not.toBe(halfWay);
    expect(await page.locator('#sample-grid canvas').count()).toBe(12);
    expect(await page.locator('#matrix tbody td').count()).toBe(100);

    // Parts of the page are loaded when the run first needs them.
    expect(requests.filter((url) => !url.includes('/assets/'))).toEqual([]);
    expect(monitor.browserProblems).toEqual([]);
  });

  it('shows within two seconds that the connection is lost, and reconnects without missing or repeated events', async () => {
    const runId = '20261124-110000-cut';
    const events = runOf(runId);
    const publisher = await monitor.publish({
      ...{ runId, commands: ['pause'] },
      events: events.slice(0, untilStep(events, 25)),
    });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, caption, '25 points');
    const pause = page.locator('#pause-run');
    expect(await pause.isEnabled()).toBe(true);
    const before = await page.locator('#loss-chart').boundingBox();

    monitor.cut();
    await page
      .locator(field('banner'))
      .filter({ hasText: 'Connection lost' })
      .waitFor({ timeout: 2_000 * timeFactor() });
    await shows(page, field('phase'), 'Reconnecting');
    expect(await pause.isDisabled()).toBe(true);
    expect(await page.locator('#loss-chart').boundingBox()).toEqual(before);
    const until45 = untilStep(events, 45);
    publisher.send(...events.slice(untilStep(events, 25), until45));
    await publisher.waitForAck(until45);
    monitor.restore();
    await shows(page, caption, '45 points');
    await shows(page, field('phase'), 'Running');
    expect(await page.locator('#loss-chart').getAttribute('data-points')).toBe('45');
    expect(await page.locator('#banner').isVisible()).toBe(false);
    await shows(page, field('stream-received'), `${until45} events`);
    await page.locator('#system summary').click();
    await shows(page, field('stream-lostConnections'), '1');
    expect(
      monitor.browserProblems.filter((text) => !/WebSocket connection|ERR_(CONNECTION|SOCKET)/.test(text)),
    ).toEqual([]);
  });

  it('shows a run that was deleted and began again under its id from its beginning, with the reason in one line', async () => {
    const runId = '20261124-113000-again';
    const first = runOf(runId);
    const publisher = await monitor.publish({ runId, events: first });
    publisher.close();
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, caption, '60 points');
    const drawn = await canvasImage(page, 'loss');
    await page.waitForFunction(
      async (id) => (await (await fetch(`api/runs/${id}`)).json()).connected === false,
      runId,
    );

    monitor.cut();
    await shows(page, '#banner', 'Connection lost');
    const gateway = monitor.url.replace(/:\d+$/, `:${monitor.gatewayPort}`);
    expect((await fetch(`${gateway}/api/runs/${runId}`, { method: 'DELETE' })).status).toBe(200);
    const second = first.slice(0, untilStep(first, 10));
    await monitor.publish({ runId, events: second });
    monitor.restore();

    await shows(
      page,
      '#banner',
      'This run began again under its id, or the gateway has lost events of it. It is shown from its beginning.',
    );
    await shows(page, caption, '10 points');
    expect(await page.locator('#loss-chart').getAttribute('data-points')).toBe('10');
    await shows(page, field('stream-received'), `${second.length} events`);
    expect(await canvasImage(page, 'loss')).not.toBe(drawn);
    expect(
      monitor.browserProblems.filter((text) => !/WebSocket connection|ERR_(CONNECTION|SOCKET)/.test(text)),
    ).toEqual([]);
  });

  it('reports a run that does not exist, and offers the latest one', async () => {
    const runId = '20261124-115000-there';
    await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit('?run=nowhere');
    await shows(page, '#banner', 'There is no run nowhere. It may have been deleted.');
    await shows(page, field('phase'), 'Not found');
    await shows(page, field('title'), 'No run to show');
    expect(await page.locator('#charts').isVisible()).toBe(false);
    expect(await page.title()).toBe('Not found — MNIST Training Monitor');
    await page.getByRole('button', { name: 'Follow the latest' }).click();
    await shows(page, field('title'), runId);
    await page.locator('#banner').waitFor({ state: 'hidden' });
    expect(monitor.browserProblems).toEqual([]);
  });

  it('switches to the next run', async () => {
    await monitor.publish({ runId: '20261125-080000-before', events: runOf('20261125-080000-before') });
    const page = await monitor.visit();
    await shows(page, field('title'), '20261125-080000-before');
    await shows(page, field('phase'), 'Completed');
    await shows(page, caption, '60 points');
    await drag(page, 'loss', [0.5, 0.75]);
    await shows(page, caption, /^1\d points/);

    const next = runOf('20261125-090000-next');
    await monitor.publish({ runId: '20261125-090000-next', events: next.slice(0, untilStep(next, 7)) });
    await shows(page, field('title'), '20261125-090000-next');
    await shows(page, caption, '7 points');
    expect(await page.locator('#loss-chart').getAttribute('data-points')).toBe('7');
    await shows(page, '#epoch-rows tr', 'so far');
    expect(await page.locator('#epoch-rows tr').count()).toBe(1);
    expect(await page.locator('#sample-grid li').count()).toBe(0);
    expect(await page.locator('#confusion-body').isVisible()).toBe(false);
    expect(monitor.browserProblems).toEqual([]);
  });

  it('keeps a paused view with its zoom when another run begins, until the viewer wants to see that run', async () => {
    const [before, after] = ['20261207-080000-before', '20261207-090000-after'];
    await monitor.publish({ runId: before, events: runOf(before) });
    const page = await monitor.visit();
    await shows(page, caption, '60 points');
    await drag(page, 'loss', [0.5, 0.75]);
    await shows(page, caption, /^1\d points/);
    await page.locator('#view-pause').click();
    await shows(page, '#view-pause', 'Unfreeze, 0 new');

    const next = runOf(after);
    await monitor.publish({ runId: after, events: next.slice(0, untilStep(next, 7)) });
    await shows(page, field('title'), after);
    await shows(page, '#view-pause', 'Unfreeze, show the new run');
    await shows(
      page,
      field('run-below'),
      `From here on, the page shows “${before}”, which you were looking at.`,
    );
    expect(await page.locator(caption).textContent()).toMatch(/^1\d points/);
    expect(await page.locator('#zoom-reset').isVisible()).toBe(true);
    await page.locator('#view-pause').click();
    await shows(page, caption, '7 points');
    expect(await page.locator(field('run-below')).count()).toBe(0);
    await page.locator('#zoom-reset').waitFor({ state: 'hidden' });
    expect(monitor.browserProblems).toEqual([]);
  });

  it('links to the run of a paused view, and leads from no finding of the next run to its charts', async () => {
    const [before, after] = ['20261208-080000-before', '20261208-090000-after'];
    await monitor.publish({ runId: before, events: runOf(before) });
    const page = await monitor.visit();
    await shows(page, caption, '60 points');
    await page.locator('#view-pause').click();
    const next = runOf(after);
    const publisher = await monitor.publish({ runId: after, events: next.slice(0, untilStep(next, 7)) });
    await shows(page, field('title'), after);
    await shows(page, field('phase'), 'Running');
    const diverged = next
      .slice(untilStep(next, 7), untilStep(next, 8))
      .map((event) =>
        event.type === 'batch' ? { ...event, data: { ...event.data, loss: Number.NaN } } : event,
      );
    publisher.send(...diverged);
    await shows(page, field('finding'), 'Error: The loss is NaN');
    const link = page.locator(`button${field('finding')}`);
    const alertLink = page.locator('#alert button', { hasText: 'Show on the charts' });
    await page.locator('#history-title').scrollIntoViewIfNeeded();
    await shows(page, '#alert', 'Error: The loss is NaN');
    expect([await link.count(), await alertLink.isVisible()]).toEqual([0, false]);

    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.locator('#export summary').click();
    await page.locator('#copy-link').click();
    await shows(page, '#export-note', 'Link copied.');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(`run=${before}`);

    await page.locator('#view-pause').click();
    await link.waitFor();
    await page.locator('#history-title').scrollIntoViewIfNeeded();
    await alertLink.click();
    await shows(page, chartPart('loss', 'at'), 'Batch 8, epoch 1');
    expect(monitor.browserProblems).toEqual([]);
  });

  it('shows the device, why it was chosen, and its load', async () => {
    const runId = '20261124-120000-device';
    await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit(`?run=${runId}`);
    await page.locator('#system summary').click();
    await shows(page, field('device-reason'), 'no NVIDIA GPU answers');
    await shows(page, '#device-facts', 'Example CPU, 2 cores');
    await shows(page, '#meters', '6.0 GB of 24.0 GB');
    await shows(page, '#meters', '93\u00a0%');
  });

  it('reports a diverged run, and shows where it diverged', async () => {
    const runId = '20261124-130000-nan';
    const events = runOf(runId);
    const diverged = events
      .slice(0, untilStep(events, 30))
      .map((event) =>
        event.type === 'batch' && event.data.step >= 20
          ? { ...event, data: { ...event.data, loss: Number.NaN } }
          : event,
      );
    await monitor.publish({ runId, events: diverged });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, field('loss'), 'NaN');
    await shows(page, chartPart('loss', 'alarm'), 'not a number (NaN) from batch 20');
    await shows(page, '#notice-list', 'The loss is NaN: the run has diverged');
    await page.locator('#notice-list button').first().click();
    for (const chart of ['loss', 'accuracy'])
      await shows(page, chartPart(chart, 'note'), 'The loss is NaN: the run has diverged');
    await shows(page, chartPart('loss', 'at'), 'Batch 20, epoch 1');
    expect(monitor.browserProblems).toEqual([]);
  });

  it('shows the images of a cell of the confusion matrix, and the matrix of earlier epochs', async () => {
    const runId = '20261124-140000-matrix';
    await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit(`?run=${runId}`);
    await page.locator('#matrix td[tabindex="0"]').focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'End', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft'])
      await page.keyboard.press(key);
    await shows(page, '#matrix-sentence', '2 classified as 5: 30 times');
    await page.locator('#epoch-slider').fill('1');
    await shows(page, field('confusion-note'), 'Epoch 1');
    await shows(page, '#timeline-text', 'Batch 20 of 60, epoch 1');
    await page.locator('#matrix tbody tr').nth(3).locator('td').nth(6).click();
    await shows(page, '#matrix-sentence', '3 classified as 6: 90 times');
    await page.locator('#cell-samples canvas').first().waitFor();
    expect(await page.locator('#cell-samples canvas').count()).toBe(1);
    // The sentence describes the images, not the cell under the pointer.
    const pointed = page.locator('#matrix tbody tr').nth(2).locator('td').nth(5);
    await pointed.hover();
    await shows(page, '#matrix-sentence', '3 classified as 6: 90 times');
    await page.keyboard.press('Escape');
    await counts(page, '#cell-samples canvas', 0);
    await shows(page, '#matrix-sentence', '2 classified as 5');
    expect(await page.locator('#class-rows li:not([aria-hidden])').count()).toBe(10);
    expect(monitor.browserProblems).toEqual([]);
  });

  it('closes the export menu after use, and reports whether a link was copied', async () => {
    const runId = '20261124-170000-menu';
    await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit(`?run=${runId}`);
    const summary = page.locator('#export summary');
    const isOpen = (): Promise<boolean> =>
      page.locator('#export').evaluate((menu) => 'open' in menu && !!menu.open);
    await summary.click();
    // The items are loaded when the menu is opened for the first time.
    await page.locator('#export .menu-body :is(a, button)').first().waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Escape');
    expect(await isOpen()).toBe(false);
    expect(await summary.evaluate((element) => element === document.activeElement)).toBe(true);
    await summary.click();
    await page.locator('#charts').click({ position: { x: 2, y: 2 } });
    expect(await isOpen()).toBe(false);
    await summary.click();
    await page.locator('#smoothing').focus();
    expect(await isOpen()).toBe(false);

    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const copy = async (): Promise<void> => {
      await summary.click();
      await page.locator('#copy-link').click();
      expect(await isOpen()).toBe(false);
    };
    await copy();
    await shows(page, '#export-note', 'Link copied.');
    await shows(page, '#announcer', /^Link copied\.$/);
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(`run=${runId}`);
    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
    await copy();
    await shows(page, '#export-note', 'The link could not be copied. Copy it from the address bar.');
    expect(monitor.browserProblems).toEqual([]);
  });

  it('keeps the target when a new one is out of bounds, and removes it when the field is emptied', async () => {
    const page = await monitor.visit();
    const target = page.locator('#target');
    await target.fill('95');
    await target.press('Enter');
    await page.waitForURL(/target=0.95/);
    await target.fill('150');
    await target.press('Enter');
    await shows(page, '#target-problem', 'Expected a target from 0 to 100 %, got “150”.');
    await page.locator('#axis').selectOption('epoch');
    await page.waitForURL(/x=epoch/);
    expect(page.url()).toContain('target=0.95');
    await target.fill('');
    await target.press('Enter');
    await page.waitForURL(/target=none/);
  });

  it('shows the most confident mistakes first, and filters samples', async () => {
    const runId = '20261124-150000-samples';
    await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, '#sample-grid .sample:first-child .sr-only', 'classified as');
    expect(await page.locator('#sample-grid .sample').first().getAttribute('class')).toContain('wrong');
    await page.locator('[data-outcome="wrong"]').click();
    await counts(page, '#sample-grid .sample', 3);
    expect(await page.locator('#sample-grid .sample-mark').allTextContents()).toEqual(['✗', '✗', '✗']);
    await page.locator('#sample-class').selectOption('3');
    await counts(page, '#sample-grid .sample', 1);
  });
});
