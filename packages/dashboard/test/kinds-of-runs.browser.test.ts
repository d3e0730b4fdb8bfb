import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import type { Page } from 'playwright-core';
import { findChromium } from './support/browser.ts';
import {
  epochsOnlyRun,
  languageModelRun,
  largestStepRun,
  longName,
  longTextRun,
  manyClassRun,
  metricsRun,
  regressionRun,
  thousandClassRun,
  threeClassRun,
  wideTableRun,
} from './support/kinds-of-runs.ts';
import { useMonitor } from './support/monitor.ts';
import { cutTexts, emptyPanels, leakedValues, overflowWidth } from './support/page-content.ts';
import { counts, field, shows } from './support/page-elements.ts';

const chromiumPath = findChromium();

/** Returns the titles of the visible cards and charts. */
const titlesOf = (page: Page): Promise<string[]> =>
  page
    .locator('main :is(.card-head, .section-head) :is(h2, h3):visible')
    .evaluateAll((titles) =>
      titles.map((title) => title.firstChild?.nextSibling?.textContent ?? title.textContent ?? ''),
    );

/**
 * Returns the visible figures and table cells that show a number that does not exist.
 * The delay and the viewers of the connection are unknown until live events and statuses arrive.
 */
const inventedNumbers = (page: Page): Promise<string[]> =>
  page
    .locator(
      '.stats dd:visible, .legend b:visible, .confusion td:visible, .epochs td:visible, .facts dd:visible:not([data-field=stream-delay], [data-field=stream-viewers])',
    )
    .evaluateAll((cells) =>
      cells
        .map((cell) => cell.textContent?.trim() ?? '')
        .filter((text) => /NaN|undefined|null|Infinity|^–$/.test(text)),
    );

const isInView = (cell: Element): boolean => {
  const { left, right } = cell.getBoundingClientRect();
  const box = cell.closest('.card')?.getBoundingClientRect();
  return left >= (box?.left ?? 0) && right <= (box?.right ?? 0);
};

(chromiumPath ? describe : describe.skip)('the page shows', () => {
  const monitor = useMonitor(chromiumPath);

  const open = async (events: readonly MonitorEvent[], width = 1440): Promise<Page> => {
    const runId = events[0]?.runId ?? '';
    await monitor.publish({ runId, events });
    const page = await monitor.visit(`?run=${runId}`, { viewport: { width, height: 900 } });
    await shows(page, field('stream-received'), `${events.length.toLocaleString('en-US')} events`);
    return page;
  };

  const isComplete = async (page: Page): Promise<void> => {
    expect(await cutTexts(page)).toEqual([]);
    // Charts are drawn, with the values of their legends, once they come into view.
    for (const chart of await page.locator('.chart:visible').all()) {
      await chart.scrollIntoViewIfNeeded();
      await chart.locator('.legend b:visible', { hasNotText: /^–$/ }).first().waitFor();
    }
    expect(await inventedNumbers(page)).toEqual([]);
    expect(await leakedValues(page)).toEqual([]);
    expect(await emptyPanels(page)).toEqual([]);
    expect(await overflowWidth(page)).toBe(0);
    expect(monitor.browserProblems).toEqual([]);
  };

  it.each([1440, 390])('a regression without accuracy, epochs and totals, %p pixels wide', async (width) => {
    const page = await open(regressionRun(`20261130-100000-reg${width}`), width);
    await shows(page, field('title'), 'House prices');
    await counts(page, '.chart', 3);
    expect(await page.locator('#accuracy-chart').count()).toBe(0);
    expect(await page.locator('#progress').getAttribute('aria-valuenow')).toBeNull();
    expect(await page.locator('.stat dt').allTextContents()).toEqual(['Loss', 'valid/rmse']);
    expect(await page.locator('.progress-line span').allTextContents()).toEqual([
      'step 120',
      expect.stringMatching(/of training$/),
    ]);
    await shows(page, '.chart h3', longName('feature_share_of_'));
    await shows(page, '#notice-list', 'by tuner.py');
    await isComplete(page);
  });

  it('a language model with 2,000 of its 100,000 steps, and two GPUs', async () => {
    const page = await open(languageModelRun('20261130-110000-lm'));
    await shows(page, '#loss-chart h3', 'nats per token');
    await shows(page, field('speed'), 'tokens per second');
    await page.locator('#system summary').click();
    await shows(page, '#meters', 'GPU 1');
    await shows(page, '[data-metric="perplexity"] h3', 'lower is better');
    expect(await titlesOf(page)).not.toContain('Confusion matrix');
    await isComplete(page);
  });

  it('three classes, one with a long name', async () => {
    const page = await open(threeClassRun('20261130-120000-three'));
    await counts(page, '#matrix tbody td', 9);
    await shows(page, '#class-rows', longName('virginica_'));
    expect(await page.locator('.samples').count()).toBe(0);
    expect(await page.locator('.draw').count()).toBe(0);
    // Steps process samples, and no images of them were sent.
    await shows(page, field('confusion-note'), 'test samples wrong');
    expect(await page.locator('#matrix-sentence').textContent()).toBe('Point at a cell to read it.');
    await page.locator('#matrix tbody td').nth(1).click();
    await shows(page, '#matrix-sentence', 'classified as');
    expect(await page.locator('#cell-samples').textContent()).toMatch(/^\s*$/);
    expect(await page.locator('#matrix thead th').allTextContents()).toEqual(['0', '1', '2']);
    await isComplete(page);
  });

  it.each([1440, 390])(
    'three classes with names that fit above their columns, %p pixels wide',
    async (width) => {
      const page = await open(threeClassRun(`20261130-121000-fit${width}`, 'virginica'), width);
      // The code of the matrix is loaded with the first results.
      await counts(page, '#matrix thead th', 3);
      const heads = page.locator('#matrix thead th');
      expect(await heads.allTextContents()).toEqual(['setosa', 'versicolor', 'virginica']);
      // Each in one line.
      const heights = await heads.evaluateAll((cells) => cells.map(({ clientHeight }) => clientHeight));
      expect(Math.max(...heights)).toBeLessThan(30);
      await isComplete(page);
    },
  );

  it.each([1440, 390])('47 classes in a drawn matrix and a table, %p pixels wide', async (width) => {
    const page = await open(manyClassRun(`20261130-130000-many${width}`), width);
    await shows(page, field('class-summary'), 'of 47 classes below 80');
    await counts(page, '#class-table tbody tr', 12);
    await page.locator('#classes-all').click();
    await counts(page, '#class-table tbody tr', 47);
    await page.locator('[data-sort="precision"]').click();
    await page.locator('[aria-sort="ascending"] [data-sort="precision"]').waitFor();
    const precision = await page.locator('#class-table tbody td:nth-child(4)').allTextContents();
    expect(precision).toEqual([...precision].sort((a, b) => Number.parseFloat(a) - Number.parseFloat(b)));
    await page.locator('#class-search').fill('q');
    await shows(page, '#class-table tbody', 'q');
    await counts(page, '.sample-grid .sample:first-child .ranks li', 10);
    await shows(page, field('calibration-note'), 'expected calibration error');
    await page.locator('.matrix-canvas').hover({ position: { x: 100, y: 100 } });
    await shows(page, '#matrix-sentence', 'classified as');
    // The keyboard goes from mistake to mistake, and each is read to screen readers.
    await page.mouse.move(0, 0);
    await page.locator('.matrix-canvas').focus();
    await page.keyboard.press('PageDown');
    await shows(page, '#matrix-sentence', 'F classified as G: 4 times');
    expect(await page.locator('#matrix-sentence').getAttribute('aria-live')).toBe('polite');
    await page.keyboard.press('ArrowLeft');
    await shows(page, '#matrix-sentence', 'F classified as F, which is right: 36 times');
    await page.keyboard.press('PageDown');
    await page.keyboard.press('Enter');
    await shows(page, '#cell-samples', 'among the samples of this epoch');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.querySelector('#cell-samples')?.textContent?.trim() === '');
    await isComplete(page);
    await page.locator('#help-open').click();
    await shows(page, '#shortcuts', 'Theme');
    expect(await page.locator('#shortcuts', { hasText: 'Draw' }).count()).toBe(0);
  });

  it('1,000 classes from the cells of their matrix that are not 0', async () => {
    const page = await open(thousandClassRun('20261130-140000-thousand'));
    await shows(page, field('class-summary'), 'of 1,000 classes');
    await shows(page, '#classes-all', 'Show all 1,000');
    await page.locator('#class-search').fill('class_');
    await counts(page, '#class-table tbody tr', 1);
    await shows(page, '#class-table', longName('class_'));
    // The matrix is labelled with numbers: the table says which class has which, and finds it by its number.
    await page.locator('#class-search').fill('321');
    await shows(page, '#class-table tbody tr', /321\s+synset 321, kind of animal or thing/);
    await page.locator('#class-search').fill('class_');
    await isComplete(page);
  });

  it('results of classes that no run has announced by their numbers', async () => {
    const runId = '20261130-145000-numbers';
    const events = threeClassRun(runId).map((event) =>
      event.type === 'run.started' ? { ...event, data: { ...event.data, dataset: null } } : event,
    );
    const page = await open(events);
    await counts(page, '#matrix tbody td', 9);
    expect(await page.locator('#matrix thead th').allTextContents()).toEqual(['0', '1', '2']);
    expect(await page.locator('#class-rows li').count()).toBe(4);
    expect(await leakedValues(page)).toEqual([]);
  });

  it('the results of a run that was joined midway, without `run.started`', async () => {
    const events = threeClassRun('20261130-146000-joined').filter(({ type }) => type !== 'run.started');
    const page = await open(events.map((event, index) => ({ ...event, seq: index + 1 })));
    await counts(page, '#matrix tbody td', 9);
    await isComplete(page);
  });

  it('the precision of classes without their recall, and no calibration of empty bins', async () => {
    const runId = '20261130-147000-precision';
    const calibration = Array.from({ length: 15 }, () => ({ count: 0, confidence: null, accuracy: null }));
    const events = threeClassRun(runId).map((event): MonitorEvent => {
      const test = { precision: [0.5, 0.25, 0.125], calibration };
      return event.type === 'epoch' ? { ...event, data: { ...event.data, test } } : event;
    });
    const page = await open(events);
    await shows(page, '#class-rows', /Precision.*50.00\s%.*25.00\s%.*12.50\s%/s);
    await shows(page, '.classes h3', 'Precision by class');
    expect(await page.locator('#class-rows', { hasText: '–' }).count()).toBe(0);
    expect(await page.locator('#calibration').count()).toBe(0);
    await isComplete(page);
  });

  it.each([1440, 390])('the largest step in its column, %p pixels wide', async (width) => {
    const page = await open(largestStepRun(`20261130-172000-large${width}`), width);
    await shows(page, field('batch'), '9,007,199,254,740,991');
    const outside = await page
      .locator(':is(.stat dd:not(.note), .progress-line span)')
      .evaluateAll((values) =>
        values.filter((value) => value.scrollWidth > value.clientWidth).map(({ textContent }) => textContent),
      );
    expect(outside).toEqual([]);
  });

  it('a run that reports epochs and no batches', async () => {
    const page = await open(epochsOnlyRun('20261130-150000-epochs'));
    await page.locator('#loss-chart[data-points="12"]').waitFor();
    expect(await page.locator('.stat dt').allTextContents()).toEqual(['Training accuracy', 'Loss']);
    await shows(page, field('epoch'), 'Epoch 12 of 12');
    await counts(page, '#epoch-rows tr', 12);
    await isComplete(page);
  });

  it.each([1440, 390])('numbers and short words of tables in one line, %p pixels wide', async (width) => {
    const page = await open(wideTableRun(`20261130-171000-table${width}`), width);
    await counts(page, '#matrix tbody td', 144);
    const broken = await page.locator('.figure :is(th, td), #matrix tbody td').evaluateAll((cells) =>
      cells
        .filter((cell) => {
          const range = document.createRange();
          range.selectNodeContents(cell);
          const tops = [...range.getClientRects()].map(({ top }) => Math.round(top));
          return new Set(tops).size > 1 || cell.scrollWidth > cell.clientWidth;
        })
        .map(({ textContent }) => textContent?.trim()),
    );
    expect(broken).toEqual([]);
    // A long table has a button instead of a scroll bar of its own.
    const long = page.locator('.figure', { hasText: 'Six columns' });
    expect(await long.locator('tbody tr').count()).toBe(20);
    await long.getByRole('button', { name: 'show all 30 rows' }).click();
    await long.locator('tbody tr').nth(29).waitFor();
    expect(await long.locator('.scroll').evaluate((box) => box.scrollHeight - box.clientHeight)).toBe(0);
    await long.getByRole('button', { name: 'show fewer rows' }).click();
    await long.locator('tbody tr').nth(20).waitFor({ state: 'detached' });
    // A wide table scrolls in its card, also by the keyboard.
    const scrolled = page.locator('.figure .scroll').first();
    expect(await scrolled.evaluate((box) => box.scrollWidth > box.clientWidth)).toBe(true);
    await scrolled.focus();
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(() => (document.activeElement?.scrollLeft ?? 0) > 0);
    // A pointer over the matrix would choose another cell.
    await page.mouse.move(0, 0);
    await page.locator('#matrix tbody td').first().focus();
    await page.keyboard.press('End');
    await shows(page, '#matrix-sentence', 'class 0 classified as class 11: 111 times');
    expect(await page.locator('#matrix tbody td:focus').evaluate(isInView)).toBe(true);
    expect(await overflowWidth(page)).toBe(0);
  });

  it.each([1440, 390])('long names and texts without a space, %p pixels wide', async (width) => {
    const [runId, other] = [`20261130-170000-long${width}`, `20261130-170100-wide${width}`];
    await monitor.publish({ runId: other, events: longTextRun(other) });
    const page = await open(longTextRun(runId), width);
    await counts(page, '#layers tbody tr', 1);
    await counts(page, '.figure', 1);
    expect(await overflowWidth(page)).toBe(0);
    // Names of classes take two lines at most, and cover nothing.
    await counts(page, '.matrix tbody th', 3);
    const names = page.locator('.class-name, .matrix tbody th .clamp, .sample-prediction .clamp');
    expect(await names.count()).toBeGreaterThan(3);
    for (const height of await names.evaluateAll((all) => all.map(({ clientHeight }) => clientHeight)))
      expect(height).toBeLessThanOrEqual(44);
    const outside = await names.evaluateAll((all) => {
      const endOf = (element: Element | null): number => element?.getBoundingClientRect().right ?? 0;
      return all.filter((name) => endOf(name) > endOf(name.closest('.card'))).length;
    });
    expect(outside).toBe(0);
    await shows(page, '.layers td', /^0\s%$/);
    // A long setting is opened to be read in full.
    const setting = page.locator('.training details', { hasText: 'value_' });
    expect((await setting.locator('summary').textContent())?.length).toBeLessThan(200);
    await setting.locator('summary').click();
    await shows(page, '.training details[open]', 'value_'.padEnd(1_000, 'x'));
    expect(await overflowWidth(page)).toBe(0);
    for (const [opener, dialog] of [
      ['#edit-run', '#edit-form'],
      ['#runs-open', '#runs-dialog[open]'],
    ] as const) {
      await page.locator(opener).click();
      await page.locator(dialog).waitFor();
      expect(await overflowWidth(page)).toBe(0);
      expect(
        await page.locator(dialog).evaluate((element) => element.scrollWidth - element.clientWidth),
      ).toBe(0);
      await page.keyboard.press('Escape');
    }
    const compared = await monitor.visit(`?run=${runId}&with=${other}`, { viewport: { width, height: 900 } });
    await shows(compared, '#compare-table', longName('key_'));
    expect(await overflowWidth(compared)).toBe(0);
    const widest = await compared
      .locator('#compare-table td')
      .evaluateAll((cells) => Math.max(...cells.map(({ clientWidth }) => clientWidth)));
    expect(widest).toBeLessThan(Math.max(width / 2, 320));
    expect(monitor.browserProblems).toEqual([]);
  });

  it('custom metrics that are found by a search, figures and final results', async () => {
    const page = await open(metricsRun('20261130-160000-metrics'));
    await counts(page, '.chart[data-metric]', 8);
    await page.locator('#metrics-all').click();
    await counts(page, '.chart[data-metric]', 30);
    await page.locator('#metric-search').fill('eval 1');
    await shows(page, field('metric-count'), '5 of 30 metrics');
    await counts(page, '.chart[data-metric]', 5);
    await page.waitForURL(/metrics=eval\+1/);
    await page.locator('.chart[data-metric] button', { hasText: 'Log' }).first().click();
    await page.waitForURL(/logMetrics=eval%2Fmetric_1/);
    expect(await page.locator('.figure img').getAttribute('alt')).toBe('A white pixel.');
    await shows(page, '.figure table', 'syllable');
    await shows(page, '#final-results', 'eval/bleu');
    await page.locator('#export summary').click();
    await shows(page, field('export-content'), '30 custom metrics, 2 figures');
    expect(monitor.browserProblems).toEqual([]);
  });
});
