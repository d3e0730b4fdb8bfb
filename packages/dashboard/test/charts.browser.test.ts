import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun, sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { findChromium } from './support/browser.ts';
import { useMonitor } from './support/monitor.ts';
import {
  canvasImage,
  chartPart,
  counts,
  drag,
  field,
  plotAreaOf,
  runOf,
  shows,
  untilStep,
} from './support/page-elements.ts';

const chromiumPath = findChromium();

(chromiumPath ? describe : describe.skip)('the charts', () => {
  const monitor = useMonitor(chromiumPath);
  const caption = chartPart('loss', 'caption');

  it('share one cursor, which arrow keys move and which is announced', async () => {
    const runId = '20261124-100000-cursor';
    await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, caption, '60 points');
    await page.locator(chartPart('loss', 'plot')).focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await shows(page, chartPart('loss', 'at'), 'Batch 59, epoch 3');
    await shows(page, chartPart('accuracy', 'at'), 'Batch 59, epoch 3');
    await shows(page, '#announcer', /Loss\. Batch 59, epoch 3: train 0\.\d+, smoothed /);
    await page.keyboard.press('Home');
    await shows(page, chartPart('accuracy', 'at'), 'Batch 1, epoch 1');
    await page.keyboard.press('Escape');
    await shows(page, chartPart('loss', 'at'), 'Latest');
    expect(monitor.browserProblems).toEqual([]);
  });

  it('zoom in and out with drag, keys, wheel and touch', async () => {
    const runId = '20261124-110000-zoom';
    await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, caption, '60 points');
    await drag(page, 'loss', [0.25, 0.75]);
    await shows(page, caption, /^3[0-4] points/);
    await shows(page, chartPart('accuracy', 'caption'), /^3[0-4] points/);

    await page.locator(chartPart('loss', 'plot')).focus();
    await page.keyboard.press('+');
    await shows(page, caption, /^1[5-9] points/);
    await page.keyboard.press('0');
    await shows(page, caption, '60 points');

    await plotAreaOf(page, 'loss').hover();
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -300);
    await page.keyboard.up('Control');
    await shows(page, caption, /^3[0-4] points/);
    await page.locator('#zoom-reset').click();
    await shows(page, caption, '60 points');

    const { x, y, width } = (await plotAreaOf(page, 'loss').boundingBox()) as {
      x: number;
      y: number;
      width: number;
    };
    const session = await page.context().newCDPSession(page);
    const touch = (type: string, shares: number[]): Promise<unknown> =>
      session.send('Input.dispatchTouchEvent', {
        type: type as 'touchStart',
        touchPoints: shares.map((share, id) => ({ x: x + width * share, y: y + 40, id })),
      });
    await touch('touchStart', [0.4, 0.6]);
    await touch('touchMove', [0.3, 0.7]);
    await touch('touchEnd', []);
    await shows(page, caption, /^3[0-4] points/);
    await plotAreaOf(page, 'loss').dblclick();
    await shows(page, caption, '60 points');
    expect(monitor.browserProblems).toEqual([]);
  });

  it('keep zoom and scroll position when data arrives, until the viewer chooses to follow', async () => {
    const runId = '20261124-120000-still';
    const events = runOf(runId, 10);
    const half = untilStep(events, 100);
    const publisher = await monitor.publish({ runId, events: events.slice(0, half) });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, caption, '100 points');
    await drag(page, 'loss', [0.1, 0.3]);
    await shows(page, caption, /^\d\d points/);
    await page.evaluate(() => scrollTo(0, 150));
    const before = await page.locator(caption).textContent();
    const zoomedImage = await canvasImage(page, 'loss');

    publisher.send(...events.slice(half, untilStep(events, 150)));
    await shows(page, field('stream-received'), String(untilStep(events, 150)));
    await page.waitForFunction(
      () => document.querySelector<HTMLElement>('#loss-chart')?.dataset.points === '150',
    );
    await shows(page, caption, before as string);
    expect(await page.evaluate(() => scrollY)).toBe(150);
    await page.mouse.move(5, 5);
    expect(await canvasImage(page, 'loss')).toBe(zoomedImage);

    await page.locator('#follow').click();
    await shows(page, '#follow', 'Following');
    publisher.send(...events.slice(untilStep(events, 150), untilStep(events, 190)));
    await page.waitForFunction(
      () => document.querySelector<HTMLElement>('#loss-chart')?.dataset.points === '190',
    );
    expect(await canvasImage(page, 'loss')).not.toBe(zoomedImage);
    expect(page.url()).toContain('run=');
    await page.waitForURL(/zoom=last/);
  });

  it('do not change while the view is paused, and then show everything that arrived', async () => {
    const runId = '20261124-130000-held';
    const events = runOf(runId);
    const publisher = await monitor.publish({ runId, events: events.slice(0, untilStep(events, 20)) });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, caption, '20 points');
    await page.locator('#view-pause').click();
    publisher.send(...events.slice(untilStep(events, 20), untilStep(events, 30)));
    const unseen = untilStep(events, 30) - untilStep(events, 20);
    await shows(page, '#view-pause', `Unfreeze, ${unseen} new`);
    expect(await page.locator(caption).textContent()).toBe('20 points');
    await page.locator('#view-pause').click();
    await shows(page, caption, '30 points');
  });

  it('keep every spike of a downsampled run, and count the points', async () => {
    const runId = '20261124-140000-long';
    const events = sampleRun({ runId, epochs: 1, batchesPerEpoch: 6_000 }).filter(
      ({ type }) => type === 'batch' || type === 'run.started',
    );
    const spiked = events.map((event, index): MonitorEvent => {
      const data =
        event.type === 'batch' && event.data.step === 3_000 ? { ...event.data, loss: 50 } : event.data;
      return { ...event, seq: index + 1, data } as MonitorEvent;
    });
    await monitor.publish({ runId, events: spiked });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(
      page,
      caption,
      /^[1-3](,\d\d\d)? ?\d* of 6,000 points|^\d+ of 6,000 points|^\d,\d+ of 6,000 points/,
    );
    const inkAtTop = await page.locator('#loss-chart').evaluate((card) => {
      const canvas = card.querySelector('canvas') as HTMLCanvasElement;
      const over = (card.querySelector('.u-over') as HTMLElement).getBoundingClientRect();
      const box = canvas.getBoundingClientRect();
      const ratio = canvas.width / box.width;
      const pixels = (share: number): Set<string> => {
        const x = Math.round((over.left - box.left + over.width * share - 3) * ratio);
        const y = Math.round((over.top - box.top + over.height * 0.12) * ratio);
        const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(x, y, 6, 1);
        return new Set(Array.from({ length: 6 }, (_, pixel) => data.slice(pixel * 4, pixel * 4 + 4).join()));
      };
      return { spike: pixels(0.5).size, elsewhere: pixels(0.55).size };
    });
    expect(inkAtTop.elsewhere).toBe(1);
    expect(inkAtTop.spike).toBeGreaterThan(1);

    // Downsampling keeps other points of the run on each chart, but the cursor is at the same batch on all of them.
    await plotAreaOf(page, 'loss').hover({ position: { x: 101, y: 80 } });
    await shows(page, chartPart('loss', 'at'), /^Batch \d/);
    const cursorTitle = await page.locator(chartPart('loss', 'at')).textContent();
    for (const chart of ['accuracy', 'rate', 'speed'])
      expect(await page.locator(chartPart(chart, 'at')).textContent()).toBe(cursorTitle);
    await drag(page, 'loss', [0.49, 0.51]);
    await shows(page, caption, /^1\d\d points/);
  });

  it('of a run that has ended have as many points as the window has room for', async () => {
    const runId = '20261124-145000-resized';
    await monitor.publish({ runId, events: runOf(runId, 1, 3_000) });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, caption, /^[\d,]+ of 3,000 points/);
    const hasPoints = (min: number, max: number) =>
      page.waitForFunction(
        ([selector, least, most]) => {
          const text = document.querySelector(selector)?.textContent ?? '';
          const count = Number.parseInt(text.replace(',', ''), 10);
          return count >= least && count <= most;
        },
        [caption, min, max] as const,
      );
    await hasPoints(300, 1_500);
    await page.setViewportSize({ width: 390, height: 844 });
    await hasPoints(50, 299);
    await page.setViewportSize({ width: 1440, height: 900 });
    await hasPoints(300, 1_500);
  });

  it('are available as tables', async () => {
    const runId = '20261124-150000-table';
    const events = runOf(runId);
    const publisher = await monitor.publish({ runId, events: events.slice(0, untilStep(events, 5)) });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, caption, '5 points');
    await page.getByRole('button', { name: 'Loss: show the numbers' }).click();
    await shows(page, `${chartPart('loss', 'table')} caption`, 'Loss at 5 points');
    publisher.send(...events.slice(untilStep(events, 5)));
    await shows(page, `${chartPart('loss', 'table')} caption`, 'Loss at 21 points');
    expect(await page.locator(`${chartPart('loss', 'table')} tbody tr`).count()).toBe(21);
    expect(
      await page
        .locator(`${chartPart('loss', 'table')} th`)
        .first()
        .textContent(),
    ).toBe('Batch');
  });

  it('have axes of batches, epochs, training time and clock, linear and logarithmic', async () => {
    const runId = '20261124-160000-axes';
    await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, caption, '60 points');
    const seen = new Set([await canvasImage(page, 'loss')]);
    for (const axis of ['epoch', 'elapsed', 'clock', 'step']) {
      await page.locator('#axis').selectOption(axis);
      await page.waitForURL(new RegExp(`x=${axis}`));
      await shows(page, caption, '60 points');
      seen.add(await canvasImage(page, 'loss'));
    }
    await page.locator('#log-x').check();
    await page.waitForURL(/x=step-log/);
    seen.add(await canvasImage(page, 'loss'));
    await drag(page, 'loss', [0.6, 1]);
    await shows(page, caption, /^[34]\d points/);
    const zoomed = await page.locator(caption).textContent();
    await page.locator('#log-x').uncheck();
    await page.waitForURL(/x=step&/);
    await shows(page, caption, zoomed as string);
    await page.locator('#zoom-reset').click();
    await page.locator('#loss-chart').getByRole('button', { name: 'Linear' }).click();
    await page.waitForURL(/loss=linear/);
    seen.add(await canvasImage(page, 'loss'));
    await page.locator('#smoothing').fill('0');
    await shows(page, '#smoothing-value', 'off');
    await page.waitForURL(/smoothing=0&/);
    seen.add(await canvasImage(page, 'loss'));
    expect(seen.size).toBe(7);
    expect(monitor.browserProblems).toEqual([]);
  });

  it('look the same in every browser that opens the link', async () => {
    for (const runId of ['20261124-170000-one', '20261124-170000-two'])
      await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit('?run=20261124-170000-one&with=20261124-170000-two');
    await shows(page, '#run-legend', '20261124-170000-two');
    await page.locator('#smoothing').fill('0.5');
    await page.locator('#axis').selectOption('epoch');
    // Another axis replaces the plot in the next frame.
    await page.locator(`${chartPart('loss', 'plot')}[data-plot-key*='"epoch"']`).waitFor();
    await drag(page, 'loss', [0.2, 0.6]);
    await page.waitForURL(/zoom=/);
    await page.mouse.move(5, 5);
    await shows(page, chartPart('loss', 'at'), 'Latest');
    const other = await monitor.visit(new URL(page.url()).search);
    await shows(other, '#run-legend', '20261124-170000-two');
    await shows(other, caption, (await page.locator(caption).textContent()) as string);
    for (const chart of ['loss', 'accuracy'])
      expect(await canvasImage(other, chart)).toBe(await canvasImage(page, chart));
    expect(await other.locator('#smoothing').inputValue()).toBe('0.5');
    expect(await other.locator('#axis').inputValue()).toBe('epoch');
  });

  it('of several runs have one legend, which hides the curves of a run and lets others stand out', async () => {
    const runIds = ['one', 'two', 'three'].map((name) => `20261124-171000-${name}`);
    const [one, two, three] = runIds;
    for (const runId of runIds) await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit(`?run=${one}&with=${two},${three}`);
    const row = (runId = '') => page.locator(`#run-legend [data-run="${runId}"]`);
    await counts(page, '#run-legend tbody tr', 3);
    await shows(page, caption, '180 points');
    expect(await row(two).textContent()).toMatch(/\d\.\d+.*%.*\d\.\d+.*%/s);
    // Settings that are the same are left out.
    expect(await page.locator('#run-legend th.setting').count()).toBe(0);

    const all = await canvasImage(page, 'loss');
    await row(two).hover();
    await page.locator(`#run-legend .on[data-run="${two}"]`).waitFor();
    await shows(page, chartPart('loss', 'items'), `${two?.slice(-3)}`);
    await page.mouse.move(5, 5);
    await page.waitForFunction(
      (image) => document.querySelector<HTMLCanvasElement>('#loss-chart canvas')?.toDataURL() === image,
      all,
    );
    await page.getByRole('button', { name: `Highlight ${three}` }).press('Enter');
    await page.waitForURL(new RegExp(`pin=${three}`));
    await page.getByRole('button', { name: `Hide ${two}` }).press('Enter');
    await page.waitForURL(new RegExp(`hide=${two}`));
    await shows(page, caption, '120 points');
    // Under the cursor, the legend has the values of a batch.
    await page.locator(chartPart('loss', 'plot')).focus();
    await page.keyboard.press('Home');
    await shows(page, '#run-legend [data-part="at"]', 'Batch 1, epoch 1');
    await shows(page, '#announcer', new RegExp(`Batch 1, epoch 1: ${one} .*, ${three} `));
    await page.keyboard.press('Escape');

    // The link shows the same to others, and the image has the runs that are drawn.
    const other = await monitor.visit(new URL(page.url()).search);
    await shows(other, caption, '120 points');
    await other.locator(`#run-legend .on[data-run="${three}"]`).waitFor();
    const [file] = await Promise.all([
      other.waitForEvent('download'),
      other.locator(chartPart('loss', 'picture')).click(),
    ]);
    expect(file.suggestedFilename()).toBe(`${one}-${three}-loss.png`.replaceAll('_', '-'));

    await other.getByRole('button', { name: 'Show all 3' }).click();
    await other.getByRole('button', { name: 'Unpin' }).click();
    await shows(other, caption, '180 points');
    await other.waitForURL((url) => !/hide|pin/.test(url.search));
    expect(monitor.browserProblems).toEqual([]);
  });

  it('can be saved as an image and as data, and fill the screen', async () => {
    const runId = '20261124-180000-export';
    await monitor.publish({ runId, events: runOf(runId) });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, caption, '60 points');
    const download = async (press: () => Promise<unknown>): Promise<[name: string, bytes: Buffer]> => {
      const [file] = await Promise.all([page.waitForEvent('download'), press()]);
      return [file.suggestedFilename(), readFileSync(await file.path())];
    };
    const [imageName, png] = await download(() => page.locator(chartPart('loss', 'picture')).click());
    expect(imageName).toBe(`${runId}-loss.png`);
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    // At least twice the pixels of the chart on the screen in each direction.
    const plot = await page.locator(chartPart('loss', 'plot')).boundingBox();
    expect(png.readUInt32BE(16)).toBe(2 * (plot?.width ?? 0));
    expect(png.readUInt32BE(20)).toBeGreaterThan(2 * (plot?.height ?? Number.POSITIVE_INFINITY));
    expect(await page.locator('.image-plot').count()).toBe(0);
    await page.locator('#export summary').click();
    const [, csv] = await download(() => page.locator('#export-csv').click());
    expect(csv.toString().trim().split('\n').length).toBeGreaterThan(60);
    await page.locator('#export summary').click();
    const [, lines] = await download(() => page.locator('#export-json').click());
    expect(lines.toString().trim().split('\n')).toHaveLength(runOf(runId).length);

    await page.locator(chartPart('loss', 'full')).click();
    await page.locator('#loss-chart.full').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('#loss-chart:not(.full)').waitFor();
    await page.keyboard.press('u');
    await page.locator('#loss-chart.full').waitFor();
    await page.keyboard.press('u');
    await page.locator('#loss-chart:not(.full)').waitFor();
    expect(monitor.browserProblems).toEqual([]);
  });

  it('can be exported for spreadsheets, and for tools that cannot read NaN', async () => {
    const runId = '20261124-190000-variants';
    await monitor.publish({ runId, events: sampleRunOfVersion2(runId) });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, field('phase'), 'Completed');
    const exported = async (id: string): Promise<Buffer> => {
      await page.locator('#export summary').click();
      const [file] = await Promise.all([page.waitForEvent('download'), page.locator(id).click()]);
      return readFileSync(await file.path());
    };
    const csv = await exported('#export-csv');
    expect((await exported('#export-csv-bom')).equals(Buffer.concat([Buffer.from('\ufeff'), csv]))).toBe(
      true,
    );
    expect((await exported('#export-json')).toString()).toContain('"grad/norm":"NaN"');
    const withNull = (await exported('#export-json-null')).toString();
    expect(withNull).toContain('"grad/norm":null');
    expect(withNull).not.toContain('NaN');
    expect(monitor.browserProblems).toEqual([]);
  });
});
