import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { EventBody, MonitorEvent } from '@mnist-monitor/shared';
import { violationsInBothThemes } from './support/axe.ts';
import { findChromium } from './support/browser.ts';
import { useMonitor } from './support/monitor.ts';
import { counts, field, runOf, shows } from './support/page-elements.ts';

const chromiumPath = findChromium();
const count = 1_000;

/** Predictions in which every image `i` is read as its class `i % 10`, except those listed, read as the third class after it. */
const predictions = (wrong: readonly number[]): string =>
  Buffer.from(Array.from({ length: count }, (_, at) => (at + (wrong.includes(at) ? 3 : 0)) % 10)).toString(
    'base64',
  );
/** Confidences of 80 %, and of images 52 and 243 of 50 % and 98 %. */
const confidences = Buffer.from(
  Array.from({ length: count }, (_, at) => (at === 52 ? 128 : at === 243 ? 250 : 204)),
).toString('base64');
/** The images that each epoch misreads: 52 always, 243 in the first and third. */
const misread = [[52, 243, 377], [52], [52, 243]];

(chromiumPath ? describe : describe.skip)('the hardest test images', () => {
  const monitor = useMonitor(chromiumPath);
  const follow = async (runId: string) => {
    const labels = Uint8Array.from({ length: count }, (_, at) => at % 10);
    const file = Buffer.concat([Buffer.alloc(count * 784, 60), labels]);
    const digest = createHash('sha256').update(file).digest('hex');
    mkdirSync(join(monitor.runs, runId, 'test-images'), { recursive: true });
    writeFileSync(join(monitor.runs, runId, 'test-images', `${digest}.bin`), file);
    const testImages = { digest, count, width: 28, height: 28, channels: 1 };
    let epoch = 0;
    const events = runOf(runId).map((event) => {
      if (event.type === 'run.started')
        return { ...event, data: { ...event.data, dataset: { ...event.data.dataset, testImages } } };
      if (event.type !== 'epoch') return event;
      return {
        ...event,
        data: {
          ...event.data,
          test: { ...event.data.test, predictions: predictions(misread[epoch++] ?? []), confidences },
        },
      };
    }) as MonitorEvent[] as (MonitorEvent & EventBody)[];
    await monitor.publish({ runId, events });
    return monitor.visit(`?run=${runId}`);
  };

  it('are those that were misread most often, with how their reading changed, at the step of the timeline', async () => {
    const page = await follow('20261130-230000-hard');
    await shows(page, field('misread-note'), '2 misread at epoch 3, 3 at any epoch so far');
    await counts(page, '#misread-grid canvas', 2);
    await shows(page, '#misread [data-index="52"]', 'Misread in 3 of 3 epochs: never read correctly');
    await shows(
      page,
      '#misread [data-index="243"]',
      'Misread in 2 of 3 epochs: learned at epoch 2, forgotten once',
    );
    await page.locator('#misread-all').check();
    await counts(page, '#misread-grid canvas', 3);
    await page.locator('#misread-truth').selectOption('7');
    await counts(page, '#misread-grid canvas', 1);
    await page.locator('#timeline-position').fill('40');
    await shows(page, field('misread-note'), '1 misread at epoch 2, 3 at any epoch so far');
    expect(await violationsInBothThemes(page, '#misread')).toEqual([]);
    expect(monitor.browserProblems).toEqual([]);
  });

  it('are found by how sure the network was, with the keyboard', async () => {
    const page = await follow('20261130-230500-sure');
    const first = page.locator('#misread-grid li').first();
    await shows(page, '#misread-grid li:first-child', '2, read as 5 with 50 %');
    await page.locator('#misread-order').focus();
    await page.keyboard.press('ArrowDown');
    await shows(page, '#misread-grid li:first-child', '3, read as 6 with 98 %');
    await shows(page, '#misread-grid li:first-child', 'Epochs 1 as 6, 2 as 3, 3 as 6');
    expect(await first.getAttribute('data-index')).toBe('243');
    await page.locator('#misread-order').selectOption('leastSure');
    await shows(page, '#misread-grid li:first-child', 'with 50 %');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('#misread-csv').click(),
    ]);
    expect(readFileSync(await download.path(), 'utf8')).toMatch(
      /\n52,2,5,0\.502,3,,0\n243,3,6,0\.980,2,2,1\n$/,
    );
    expect(monitor.browserProblems).toEqual([]);
  });

  it('are where the history of a sample leads to, with the keyboard, also in a run without snapshots', async () => {
    const page = await follow('20261130-231500-sample');
    await shows(page, field('misread-note'), '2 misread');
    const sample = page.locator('#sample-grid .image-button').first();
    const label = (await sample.getAttribute('aria-label')) ?? '';
    expect(label).toMatch(/^Test image \d+\. Look inside the network\.$/);
    await sample.focus();
    await page.keyboard.press('Enter');
    await shows(page, '#examine', label.split('.')[0] as string);
    await shows(page, field('examine-epochs'), 'Epochs 1 to 3 as');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('examine-title');
    expect(await page.locator('#examine .alarm').count()).toBe(0);
    expect(await violationsInBothThemes(page, '#examine')).toEqual([]);
    await page.locator('#examine-cell').focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.id === 'misread-title');
    expect(monitor.browserProblems).toEqual([]);
  });

  it('are shown from a cell of the confusion matrix', async () => {
    const page = await follow('20261130-231000-cell');
    await shows(page, field('misread-note'), '2 misread');
    await page.locator('#matrix tbody tr').nth(2).locator('td').nth(5).click();
    await page.locator('#cell-all').click();
    await counts(page, '#misread-grid canvas', 1);
    await shows(page, '#misread-grid', '2, read as 5');
    expect(monitor.browserProblems).toEqual([]);
  });
});
