import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { EventBody, MonitorEvent } from '@mnist-monitor/shared';
import type { Page } from 'playwright-core';
import { violationsInBothThemes } from './support/axe.ts';
import { findChromium } from './support/browser.ts';
import { useMonitor } from './support/monitor.ts';
import { overflowWidth } from './support/page-content.ts';
import { counts, field, runOf, shows } from './support/page-elements.ts';
import { snapshotFile } from './support/snapshot-file.ts';

const chromiumPath = findChromium();
const side = 28;

/** Layers of a network with one convolution, and the snapshot of weights that read a vertical stroke as one class. */
const layers = ['conv1:conv2d', 'relu1:relu', 'flatten:flatten', 'fc:dense'].map((text) => {
  const [name = '', type = ''] = text.split(':');
  return { name, type, outputShape: [1], parameters: 0 };
});
function strokeSnapshot(upright: number): Buffer {
  const isMiddle = (position: number): boolean => position >= side / 2 - 3 && position < side / 2 + 3;
  const weight = new Int8Array(side * side * 10);
  for (let pixel = 0; pixel < side * side; pixel++)
    if (isMiddle(pixel % side)) weight[pixel * 10 + upright] = 100;
  const identity = new Int8Array(9);
  identity[4] = 100;
  const tensor = (name: string, shape: number[], values: Int8Array, scale = 0.001) => ({
    ...{ name, shape, values, scales: new Float32Array(shape.at(-1) ?? 1).fill(scale) },
  });
  return snapshotFile([
    tensor('conv1.weight', [3, 3, 1, 1], identity, 0.01),
    tensor('conv1.bias', [1], new Int8Array(1)),
    tensor('fc.weight', [side * side, 10], weight),
    tensor('fc.bias', [10], new Int8Array(10)),
  ]);
}

(chromiumPath ? describe : describe.skip)('an image inside the network', () => {
  const monitor = useMonitor(chromiumPath);

  /** Publishes a run whose snapshots at batches 10, 30 and 60 read a vertical stroke as 4, 7 and 7. */
  const follow = async (runId: string) => {
    const [started, ...others] = runOf(runId);
    const folder = join(monitor.runs, runId, 'snapshots');
    mkdirSync(folder, { recursive: true });
    const snapshots = [
      [10, 4],
      [30, 7],
      [60, 7],
    ].map(([step = 0, upright = 0]): EventBody => {
      // Each file differs from the others, as the weights of a run do.
      const file = Buffer.concat([strokeSnapshot(upright), Buffer.alloc(step)]);
      const digest = createHash('sha256').update(file).digest('hex');
      writeFileSync(join(folder, `${digest}.safetensors`), file);
      return { type: 'snapshot', data: { step, digest, bytes: file.length } };
    });
    const pixels = Array.from({ length: side * side }, (_, at) => (at % side === 14 ? 255 : 0));
    const images: EventBody = {
      type: 'probe',
      data: {
        step: 1,
        size: 1,
        images: { first: 0, indices: [47], labels: [7], pixels: Buffer.from(pixels).toString('base64') },
      },
    };
    const model = { layers, parameters: 7_850 };
    const bodies = [
      { ...started, data: { ...started?.data, model } },
      images,
      ...others.slice(0, -1),
      ...snapshots,
      ...others.slice(-1),
    ];
    const events = bodies.map((body, index) => ({
      ...{ v: 1, runId, time: started?.time },
      ...body,
      seq: index + 1,
    })) as MonitorEvent[];
    await monitor.publish({ runId, events });
    return monitor.visit(`?run=${runId}`);
  };
  const draw = async (page: Page) => {
    await page.locator('#draw-open').click();
    const box = await page.locator('.pad').boundingBox();
    if (!box) throw new Error('expected the pad to be seen');
    const x = box.x + box.width / 2;
    await page.mouse.move(x, box.y + box.height * 0.2);
    await page.mouse.down();
    await page.mouse.move(x, box.y + box.height * 0.8, { steps: 5 });
    await page.mouse.up();
  };

  it('is read by every snapshot, with its second guess, and follows the timeline', async () => {
    const page = await follow('20261130-180000-drawn');
    await draw(page);
    await shows(page, '.drawn-read', /7.*sure.*or else/);
    await shows(page, field('draw-note'), 'Weights of batch 60');
    await shows(page, field('examine-history'), 'Read as 7 from batch 30 on; before that mostly as 4.');
    await counts(page, '.examine-history .cell.top', 3);
    await page.locator('#timeline-position').fill('11');
    await shows(page, field('examine-reading'), /4 with .* at batch 10/);
    await shows(page, field('draw-note'), 'Weights of batch 10');
    await page.locator('.examine-table summary').click();
    await counts(page, '.examine-table tbody tr', 3);
    expect(monitor.browserProblems).toEqual([]);
  });

  it('is a test image that is chosen, with what mattered, filters and maps of the nearest snapshot', async () => {
    const page = await follow('20261130-181000-chosen');
    await page.locator('#examine-choice').selectOption('7');
    await shows(page, '#examine', 'Test image 47, true class 7');
    await shows(page, field('examine-history'), 'Read as 7 from batch 30 on, which is right');
    await page.locator('#examine-mattered summary').focus();
    await page.keyboard.press('Enter');
    await shows(page, field('examine-mattered'), /^The answer 7 rests most on the/);
    await counts(page, '.examine-occlusion rect', 49);
    await page.locator('#examine-maps summary').click();
    await shows(page, '[data-layer="conv1"]', 'conv1: 1 map of 28 × 28, 1 of them active');
    await shows(page, '[data-layer="filters"]', '1 filter of the first layer');
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#maps-json').click()]);
    expect(download.suggestedFilename()).toBe('maps-20261130-181000-chosen.json');
    await page.locator('.examine-history svg').click({ position: { x: 5, y: 5 } });
    await shows(page, '#timeline-text', 'Batch 10 of 60');
    await shows(page, '#examine-maps', 'With the weights of batch 10');
    expect(await violationsInBothThemes(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await overflowWidth(page)).toBe(0);
    expect(monitor.browserProblems).toEqual([]);
  });

  it('has a history through which the keyboard moves the timeline', async () => {
    const page = await follow('20261130-183000-keys');
    await page.locator('#sample-grid .image-button').first().click();
    await counts(page, '.examine-history .cell.top', 3);
    const readings = page.locator('#examine-readings');
    await readings.focus();
    await page.keyboard.press('ArrowLeft');
    await shows(page, '#timeline-text', 'Batch 30 of 60');
    await page.keyboard.press('Home');
    await shows(page, '#timeline-text', 'Batch 10 of 60');
    await page.waitForFunction(() =>
      document.querySelector('#examine-readings')?.getAttribute('aria-valuetext')?.startsWith('batch 10: '),
    );
    expect(await readings.getAttribute('aria-label')).toMatch(
      /^Probabilities of the classes over the run\. Read as /,
    );
    await page.keyboard.press('End');
    await shows(page, '#timeline-text', 'Now: batch 60');
    expect(await readings.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.locator('#examine-mattered summary').click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('#mattered-csv').click(),
    ]);
    expect(readFileSync(await download.path(), 'utf8').split('\n')).toHaveLength(51);
    expect(monitor.browserProblems).toEqual([]);
  });

  it('says so when the worker cannot be loaded', async () => {
    const page = await follow('20261130-182000-lost');
    await page.route(/network-worker/, (route) => route.abort());
    await page.locator('#examine-choice').selectOption('7');
    await shows(page, '#examine .alarm', 'No snapshot can read the image: the worker cannot be loaded.');
  });
});
