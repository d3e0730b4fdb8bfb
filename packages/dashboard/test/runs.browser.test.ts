import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent, Version1Event } from '@mnist-monitor/shared';
import type { Page } from 'playwright-core';
import { violationsInBothThemes } from './support/axe.ts';
import { findChromium } from './support/browser.ts';
import {
  bareRun,
  epochsOnlyRun,
  languageModelRun,
  longTextRun,
  metricsRun,
  regressionRun,
} from './support/kinds-of-runs.ts';
import { useMonitor } from './support/monitor.ts';
import { chartPart, chooseRunAction, counts, field, runOf, shows } from './support/page-elements.ts';
import { strokeWeights, withStrokeNetwork } from './support/stroke-network.ts';

const chromiumPath = findChromium();

(chromiumPath ? describe : describe.skip)('runs', () => {
  const monitor = useMonitor(chromiumPath);
  const caption = chartPart('loss', 'caption');

  it('are paused, adjusted and stopped by the viewer', async () => {
    const runId = '20261124-100000-steered';
    const events = runOf(runId).slice(0, 12);
    const publisher = await monitor.publish({
      runId,
      events,
      commands: ['pause', 'resume', 'stop', 'setLearningRate'],
      onCommand: ({ command, data }) =>
        command === 'setLearningRate' && 'learningRate' in data && data.learningRate < 0.005
          ? { ok: false, code: 'command.refused', message: 'the schedule decides' }
          : { ok: true },
    });
    const page = await monitor.visit();
    await page.locator('#pause-run').click();
    publisher.send(notice(runId, 13, { code: 'run.paused', message: 'Paused by a viewer.' }));
    await shows(page, field('phase'), 'Paused');
    await shows(page, '#notice-list', 'Paused by a viewer.');
    await page.locator('#pause-run').filter({ hasText: 'Resume' }).click();
    publisher.send(notice(runId, 14, { code: 'run.resumed', message: 'Resumed by a viewer.' }));
    await shows(page, field('phase'), 'Running');

    await page.locator('#rate-input').fill('0.002');
    await page.locator('#rate-form button').click();
    await shows(page, `${field('controls-note')}.alarm`, 'The schedule decides.');
    expect(await page.locator('#rate-input').inputValue()).toBe('0.01');
    await page.locator('#rate-input').fill('1000');
    await page.locator('#rate-input').press('Enter');
    await shows(
      page,
      `${field('controls-note')}.alarm`,
      'The learning rate must be a number from 1e-8 to 100',
    );
    expect(await page.locator('#rate-input').inputValue()).toBe('0.01');
    await page.locator('#rate-input').fill('0.005');
    await page.locator('#rate-input').press('Enter');
    await shows(page, `${field('controls-note')}:not(.alarm)`, 'Learning rate 0.005 from the next batch on.');
    await page.locator('#stop-run').click();
    await page.locator('#confirm-dialog button[value="no"]').click();
    await page.locator('#stop-run').click();
    await page.locator('#confirm-dialog button[value="yes"]').click();
    await publisher.waitForCommands(5);
    expect(publisher.commands.map(({ command, data }) => [command, data])).toEqual([
      ['pause', {}],
      ['resume', {}],
      ['setLearningRate', { learningRate: 0.002 }],
      ['setLearningRate', { learningRate: 0.005 }],
      ['stop', {}],
    ]);
    expect(monitor.browserProblems).toEqual([]);
  });

  it('are started from a form, and displayed at once', async () => {
    const runId = '20261124-110000-begun';
    const trainer = await monitor.publish({
      commands: ['start'],
      onCommand: () => ({ ok: true, runId }),
    });
    const page = await monitor.visit();
    await page.locator('#new-run-open').click();
    await page.locator('#new-run-fields [name="epochs"]').fill('2');
    await page.locator('#new-run-fields [name="batchSize"]').fill('128');
    await page.locator('#new-run-fields [name="engine"]').selectOption('wasm');
    await page.locator('#new-run-form button[type="submit"]').click();
    await page.locator('#new-run-dialog').waitFor({ state: 'hidden' });
    expect(trainer.commands).toMatchObject([
      { command: 'start', data: { epochs: 2, batchSize: 128, engine: 'wasm' } },
    ]);
    await monitor.publish({ runId, events: runOf(runId).slice(0, 5) });
    await shows(page, field('title'), runId);
  });

  it('are repeated with changed settings, and a refused setting is named by its label', async () => {
    const runId = '20261124-112000-repeated';
    await monitor.publish({ runId, events: runOf(runId) });
    const trainer = await monitor.publish({
      commands: ['start'],
      onCommand: () => ({
        ...{ ok: false, code: 'command.refused' },
        message: '--train-size: expected at most 60000, got 70000',
      }),
    });
    const page = await monitor.visit(`?run=${runId}`);
    await shows(page, field('phase'), 'Completed');
    await page.locator('#new-run-open').click();
    await page.getByRole('radio', { name: /^As this run/, checked: true }).waitFor();
    const trainSize = page.getByLabel('Training images');
    await trainSize.fill('70000');
    await page.locator('#new-run-form button[type="submit"]').click();
    await shows(page, field('new-run-error'), 'Training images: expected at most 60000, got 70000.');
    expect(await trainSize.getAttribute('aria-invalid')).toBe('true');
    expect(await trainSize.evaluate((input) => input === document.activeElement)).toBe(true);
    const asBefore = { epochs: 3, batchSize: 512, learningRate: 0.01, schedule: 'constant', engine: 'auto' };
    const sent = { ...asBefore, augment: false, seed: 42, trainSize: 70_000, testSize: 10_000 };
    expect(trainer.commands.at(-1)?.data).toEqual(sent);

    // Choosing a recipe fills in the settings that it determines, and keeps the others.
    await page.getByLabel('Recipe').selectOption('best');
    const value = (name: string) => page.locator(`#new-run-fields [name="${name}"]`).inputValue();
    expect(await value('learningRate')).toBe('0.006');
    expect(await value('trainSize')).toBe('70000');
    expect(monitor.browserProblems).toEqual([]);
  });

  it('show why a command was refused', async () => {
    const runId = '20261124-115000-deaf';
    const onCommand = () => ({ ok: false, code: 'command.refused', message: 'not while it saves' }) as const;
    await monitor.publish({ runId, events: runOf(runId).slice(0, 9), commands: ['pause'], onCommand });
    const page = await monitor.visit();
    await page.locator('#pause-run').click();
    await shows(page, field('controls-note'), 'Not while it saves.');
    expect(monitor.browserProblems).toEqual([]);
  });

  it('are listed, found, named, pinned and deleted', async () => {
    for (const runId of ['20261124-120000-kept', '20261124-120100-gone'])
      (await monitor.publish({ runId, events: runOf(runId) })).close();
    const page = await monitor.visit('?run=20261124-120000-kept');
    await shows(page, caption, '60 points');
    await page.locator('#runs-open').click();
    const row = (runId: string): string => `#run-list .run:has-text("${runId}")`;
    await shows(page, row('20261124-120000-kept'), 'Completed');
    await shows(page, row('20261124-120000-kept'), '18 s');
    await shows(page, row('20261124-120000-kept'), /97\.00\s%/);
    await page.locator('#runs-filter').fill('120000-kept');
    await counts(page, '#run-list .run', 1);

    await chooseRunAction(page, '20261124-120000-kept', 'edit');
    await page.locator('#edit-form [name="name"]').fill('The good one');
    await page.locator('#edit-form [name="tags"]').fill('talk, baseline');
    await page.locator('#edit-form [name="note"]').fill('Kept for the talk');
    await page.locator('#edit-form button[type="submit"]').click();
    await shows(page, row('20261124-120000-kept'), 'The good one');
    await shows(page, row('20261124-120000-kept'), 'Kept for the talk');
    await shows(page, field('title'), 'The good one');
    await shows(page, '.hero-tags', 'baseline');
    await focusIs(page, 'Actions for The good one');
    await chooseRunAction(page, 'The good one', 'edit');
    await page.locator('#edit-form :focus').waitFor();
    await page.keyboard.press('Escape');
    await focusIs(page, 'Actions for The good one');
    expect(await page.locator('#runs-dialog').isVisible()).toBe(true);
    await page.locator('#runs-filter').fill('baseline');
    await shows(page, '#runs-note', '1 of 1 run.');
    await shows(page, row('20261124-120000-kept'), 'talk');
    await chooseRunAction(page, 'The good one', 'pin');
    await shows(page, row('20261124-120000-kept'), 'pinned');
    await focusIs(page, 'Actions for The good one');

    // The open list shows a run that begins.
    const late = '20261124-120200-late';
    await page.locator('#runs-filter').fill('');
    await page.getByRole('button', { name: 'Actions for 20261124-120100-gone' }).focus();
    await monitor.publish({ runId: late, events: runOf(late).slice(0, 9) });
    await shows(page, row(late), 'Running');
    await focusIs(page, 'Actions for 20261124-120100-gone');

    await page.locator('#runs-filter').fill('120100-gone');
    await shows(page, '#runs-note', '1 of 1 run.');
    await chooseRunAction(page, '20261124-120100-gone', 'delete');
    await page.locator('#confirm-dialog button[value="yes"]').click();
    await page.locator(row('20261124-120100-gone')).waitFor({ state: 'detached' });
    await focusIs(page, 'Find runs');
    const { runs } = (await (await fetch(`${monitor.url}/api/runs`)).json()) as {
      runs: { runId: string; name: string | null; tags: string[]; pinned: boolean }[];
    };
    expect(runs.find(({ runId }) => runId.endsWith('gone'))).toBeUndefined();
    expect(runs.find(({ runId }) => runId.endsWith('kept'))).toMatchObject({
      name: 'The good one',
      tags: ['talk', 'baseline'],
      pinned: true,
    });
    expect(monitor.browserProblems).toEqual([]);
  });

  it('are named and tagged in the header, on every page, until the name is removed', async () => {
    const runId = '20261124-123000-labelled';
    const events = runOf(runId).map((event) =>
      event.type === 'run.started'
        ? { ...event, data: { ...event.data, name: 'As sent', tags: ['own'] } }
        : event,
    );
    (await monitor.publish({ runId, events })).close();
    // A name that was given with an older gateway.
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ title: 'Former title' });
    await fetch(`${monitor.url}/api/runs/${runId}`, { method: 'PATCH', headers, body });
    const [page, other] = [await monitor.visit(`?run=${runId}`), await monitor.visit(`?run=${runId}`)];
    await shows(page, field('title'), 'Former title');
    await shows(page, '.hero-tags', 'own');
    await page.locator('#edit-run').press('Enter');
    await page.locator('[name="name"]:focus').waitFor();
    expect(await page.locator('[name="name"]').inputValue()).toBe('Former title');
    await page.keyboard.press('Escape');
    await page.locator('#edit-run:focus').press('Enter');
    expect(await violationsInBothThemes(page, '#hero')).toEqual([]);

    await page.locator('[name="tags"]').fill('x'.repeat(41));
    await page.keyboard.press('Enter');
    await shows(page, '#edit-form .form-error', 'Tags: expected at most 40 characters in each, got 41');
    await page.locator('[name="name"]').fill('Renamed');
    await page.locator('[name="tags"]').fill('own, sweep');
    await page.keyboard.press('Enter');
    await page.locator('#edit-run:focus').waitFor();
    for (const each of [page, other]) {
      await shows(each, field('title'), 'Renamed');
      await shows(each, '.hero-tags', 'sweep');
    }
    await page.locator('#edit-run').click();
    await page.locator('[name="name"]').fill('');
    await page.locator('[name="tags"]').fill('');
    await page.locator('#edit-form button[type="submit"]').click();
    await shows(other, field('title'), runId);
    await other.locator('.hero-tags').waitFor({ state: 'detached' });
    expect(monitor.browserProblems).toEqual([]);
  });

  it('are listed in pages, and found on any of them', async () => {
    const runIds = Array.from({ length: 102 }, (_, index) => `paged-${index}`);
    for (const runId of runIds)
      (await monitor.publish({ runId, events: runOf(runId, 1).slice(0, 2) })).close();
    const page = await monitor.visit();
    await page.locator('#runs-open').click();
    await page.locator('#runs-filter').fill('paged');
    await shows(page, '#runs-note', '100 of 102 runs.');
    await page.locator('#runs-more').click();
    await shows(page, '#runs-note', '102 of 102 runs.');
    await page.locator('#runs-more').waitFor({ state: 'detached' });
    await page.locator('#runs-filter').fill('paged-0');
    await shows(page, '#runs-note', '1 of 1 run.');
    expect(await page.locator('#run-list .run').count()).toBe(1);
    await page.locator('#runs-filter').fill('nothing like this');
    await shows(page, '#runs-note', 'No run contains these words.');
    await page.locator('#runs-filter').fill('');
    expect(monitor.browserProblems).toEqual([]);
  });

  it('are compared: curves together, differences to the first run, and settings side by side', async () => {
    const [first, second] = ['20261124-130000-first', '20261124-130100-second'];
    await monitor.publish({ runId: first, events: runOf(first) });
    const other = runOf(second, 2).map((event) =>
      event.type === 'run.started'
        ? { ...event, data: { ...event.data, config: { ...event.data.config, learningRate: 0.05 } } }
        : event,
    );
    await monitor.publish({ runId: second, events: other });
    const page = await monitor.visit(`?run=${first}`);
    await shows(page, caption, '60 points');
    await page.locator('#runs-open').click();
    await page.getByLabel(`Select ${second}`).check();
    await page.getByRole('button', { name: 'Compare with the run on display' }).click();
    await page.locator('#runs-dialog').waitFor({ state: 'detached' });
    await shows(page, '#run-legend', second);
    // The legend of a chart has the first run and, with its difference, the one under the pointer.
    await page.locator(`#run-legend [data-run="${second}"]`).hover();
    await shows(page, chartPart('loss', 'items'), /\([+−]/);
    // A compared run that is named keeps its new name here, although its own connection is closed.
    await fetch(`${monitor.url}/api/runs/${second}`, {
      ...{ method: 'PATCH', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ name: 'Larger steps' }),
    });
    await shows(page, '#compare-table thead', 'Larger steps');
    await shows(page, '#run-legend', 'Larger steps');
    await shows(page, '#compare-table', 'Test accuracy');
    const accuracy = page.locator('#compare-table tr').filter({ hasText: 'Best test accuracy' });
    expect(await accuracy.textContent()).toMatch(/%.*%.*[−+]/);
    const rate = page.locator('#compare-table tr').filter({ hasText: 'Learning rate' });
    expect(await rate.textContent()).toMatch(/0\.01.*0\.05/);
    await page.waitForURL(new RegExp(`with=${second}`));
    expect(monitor.browserProblems).toEqual([]);
  });

  it('that are deleted while they are compared or watched lose their curve and are reported in one line', async () => {
    const [watched, compared, left] = ['a-watched', 'b-compared', 'c-left'];
    for (const runId of [watched, compared, left])
      (await monitor.publish({ runId, events: runOf(runId) })).close();
    const page = await monitor.visit(`?run=${watched}&with=${compared},${left}`);
    const remove = async (runId: string) => {
      const isFree = async () => (await fetch(`${monitor.url}/api/runs/${runId}`, { method: 'DELETE' })).ok;
      while (!(await isFree())) await page.waitForTimeout(50);
    };
    const items = '#run-legend';
    await shows(page, items, compared);
    await shows(page, items, left);
    await remove(compared);
    await shows(page, field('compare-note'), /^Run b-compared was deleted\. /);
    await page.waitForFunction(
      ([selector, runId]) => !document.querySelector(selector!)?.textContent?.includes(runId!),
      [items, compared],
    );
    expect(await page.locator('#compare-table').textContent()).not.toContain(compared);
    expect(await page.locator(items).textContent()).toContain(left);

    await remove(watched);
    await shows(page, '#banner', 'Run a-watched was deleted.');
    await shows(page, field('phase'), 'Deleted');
    await page.getByRole('button', { name: 'Follow the latest' }).click();
    await page.locator('#banner').waitFor({ state: 'hidden' });
    expect(monitor.browserProblems).toEqual([]);
  });

  it('are compared up to twelve at a time', async () => {
    const runIds = Array.from({ length: 13 }, (_, index) => `20261124-1350${index + 10}-many`);
    for (const runId of runIds) await monitor.publish({ runId, events: runOf(runId, 1) });
    const page = await monitor.visit(`?run=${runIds[0]}&with=nowhere,${runIds.slice(1, 10).join()}`);
    await shows(page, field('compare-note'), /^There is no run nowhere\. /);
    await page.locator('#runs-open').click();
    await page.locator('#runs-filter').fill('many');
    await shows(page, '#runs-note', '13 of 13 runs.');
    await page.getByLabel('Select all runs').check();
    await shows(page, '.selection-note', '13 runs selected. At most 12 can be compared.');
    expect(await page.locator('[data-bulk="compare"]').count()).toBe(0);
    await page.getByLabel(`Select ${runIds[12]}`).press(' ');
    await focusIs(page, `Select ${runIds[12]}`);
    await page.getByRole('button', { name: 'Compare 12 runs' }).press('Enter');
    await counts(page, '#compare-table thead th', 12);
    // Beside the names of the rows, which stay in view, the heads have room for theirs.
    const heads = page.locator('#compare-table thead th .compared');
    for (const name of await heads.evaluateAll((all) =>
      all.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth),
    ))
      expect(name).toBeLessThanOrEqual(0);
    const edges = await page.locator('#compare-table thead').evaluate((head) => {
      head.closest('.scroll')?.scrollTo({ left: 10_000 });
      const box = head.closest('.scroll')?.getBoundingClientRect();
      const [row, last] = [head.querySelector('td'), head.querySelector('th:last-child')];
      return [
        (row?.getBoundingClientRect().left ?? 0) - (box?.left ?? 0),
        (box?.right ?? 0) - (last?.getBoundingClientRect().right ?? 0),
      ];
    });
    for (const distance of edges) expect(Math.abs(distance)).toBeLessThan(2);
    expect(
      await page
        .locator('.run-legend .cut')
        .evaluateAll((all) => all.filter((name) => name.scrollWidth > name.clientWidth).length),
    ).toBe(0);
    // The run on display stays the baseline.
    await shows(page, '#compare-table thead th:nth-child(2)', runIds[0] ?? '');
    await page.locator('#runs-open').click();
    await chooseRunAction(page, runIds[2] ?? '', 'compare');
    await shows(page, '#runs-note', '10 compared with the run on display.');
    await page.keyboard.press('Escape');
    await counts(page, '#compare-table thead th', 11);
  });

  it('are sorted by their headings, on all pages of the list, and by any setting', async () => {
    const rates = [0.1, 0.001, 0.01];
    for (const [index, learningRate] of rates.entries()) {
      const runId = `20261124-16000${index}-sorted`;
      (await monitor.publish({ runId, events: runWith(runId, { learningRate }, index + 1) })).close();
    }
    const page = await monitor.visit();
    await page.locator('#runs-open').click();
    await page.locator('#runs-filter').fill('-sorted');
    await shows(page, '#runs-note', '3 of 3 runs.');
    const listed = (runs: readonly number[]): Promise<unknown> =>
      page.waitForFunction(
        (wanted) =>
          [...document.querySelectorAll('#run-list .run-name')]
            .map((name) => name.textContent?.at(14))
            .join() === wanted,
        runs.join(),
      );
    await listed([2, 1, 0]);
    await page.getByRole('button', { name: 'Training time' }).press('Enter');
    await listed([0, 1, 2]);
    await shows(page, 'th[aria-sort="ascending"]', 'Training time');
    await page.getByRole('button', { name: 'Training time' }).press('Enter');
    await listed([2, 1, 0]);
    await shows(page, 'th[aria-sort="descending"]', 'Training time');
    await page.getByLabel('Sort by').selectOption({ label: 'Learning rate' });
    await listed([1, 2, 0]);
    await shows(page, '#run-list .run .run-own', '0.001');
    await page.locator('#runs-direction').press('Enter');
    await listed([0, 2, 1]);
    // The list keeps its order until the page is closed.
    await page.keyboard.press('Escape');
    await page.locator('#runs-open').click();
    await listed([0, 2, 1]);
    expect(monitor.browserProblems).toEqual([]);
  });

  it('are selected together, tagged, pinned, saved as a table and deleted, with the keyboard alone', async () => {
    const runIds = [0, 1, 2].map((index) => `20261124-17000${index}-bulk`);
    for (const runId of runIds) (await monitor.publish({ runId, events: runOf(runId, 1) })).close();
    const training = '20261124-170009-bulk';
    await monitor.publish({ runId: training, events: runOf(training, 1).slice(0, 9) });
    const page = await monitor.visit(`?run=${runIds[0]}`);
    await page.locator('#runs-open').press('Enter');
    await page.locator('#runs-filter').fill('-bulk');
    await shows(page, '#runs-note', '4 of 4 runs.');
    await page.getByLabel('Select all runs').press(' ');
    await page.locator('[data-bulk="tags"]').press('Enter');
    await page.locator('#tags-form :focus').fill('x'.repeat(41));
    await page.keyboard.press('Enter');
    await shows(page, '.selection-note', 'Tags: expected at most 40 characters in each');
    await page.locator('#tags-form [name="tags"]').fill('sweep, night');
    await page.keyboard.press('Enter');
    await shows(page, '.selection-note', '4 of 4 runs tagged.');
    await counts(page, '#run-list .run-tags', 4);
    expect(await violationsInBothThemes(page, '#runs-dialog')).toEqual([]);
    await page.locator('[data-bulk="tags"]').press('Enter');
    await page.locator('#tags-form [name="tags"]').fill('night');
    await page.getByRole('button', { name: 'Remove', exact: true }).press('Enter');
    await shows(page, '.selection-note', '4 of 4 runs untagged.');
    await page.locator('[data-bulk="pin"]').press('Enter');
    await shows(page, '.selection-note', '4 of 4 runs pinned.');

    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('[data-bulk="export"]').press('Enter'),
    ]);
    const table = readFileSync(await saved.path(), 'utf8').split('\r\n');
    expect(table).toHaveLength(6);
    expect(table[0]).toContain('run,name,status,tags');
    expect(table.find((line) => line.startsWith(runIds[1] ?? ''))).toContain('completed,sweep,');

    // The run that is still training stays.
    await page.locator('[data-bulk="delete"]').press('Enter');
    await shows(page, '#confirm-title', 'Delete 4 runs?');
    await page.locator('#confirm-dialog button[value="yes"]').press('Enter');
    await shows(page, '.selection-note', /1 run selected\. 3 of 4 runs deleted\..*is held by its trainer/);
    await counts(page, '#run-list .run', 1);
    await page.locator('[data-bulk="clear"]').press('Enter');
    await focusIs(page, 'Find runs');
    await page.locator('.selection-bar').waitFor({ state: 'hidden' });
    expect(monitor.browserProblems).toEqual([expect.stringContaining('409')]);
  });

  it('stay selected only while they are listed, and are named before they are deleted', async () => {
    for (const name of ['kept', 'found']) {
      const runId = `20261124-175000-${name}`;
      (await monitor.publish({ runId, events: runOf(runId, 1) })).close();
    }
    const page = await monitor.visit();
    await page.locator('#runs-open').click();
    await page.locator('#runs-filter').fill('175000');
    await shows(page, '#runs-note', '2 of 2 runs.');
    await page.getByLabel('Select all runs').check();
    await shows(page, '.selection-note', '2 runs selected.');
    await page.locator('#runs-filter').fill('175000 found');
    await shows(page, '.selection-note', '1 run selected.');
    await page.locator('[data-bulk="delete"]').click();
    await shows(page, '#confirm-title', 'Delete 1 run?');
    expect(await page.locator('.confirm-items li').allTextContents()).toEqual(['20261124-175000-found']);
    expect(await violationsInBothThemes(page, '#confirm-dialog')).toEqual([]);
    await page.locator('#confirm-dialog button[value="yes"]').click();
    await shows(page, '.selection-note', '1 of 1 run deleted.');
    await page.locator('#runs-filter').fill('175000');
    await shows(page, '#runs-note', '1 of 1 run.');
    await shows(page, '#run-list', '20261124-175000-kept');
    await page.locator('.selection-bar').waitFor({ state: 'hidden' });
    expect(monitor.browserProblems).toEqual([]);
  });

  it('are points of a scatter plot, read and selected with the keyboard and the pointer, and listed as a table', async () => {
    const values = [
      [0.001, 'a'],
      [0.01, 'b'],
      [0.1, 'c'],
    ] as const;
    for (const [learningRate, name] of values) {
      const runId = `20261124-19000${name}-scatter`;
      (await monitor.publish({ runId, events: runWith(runId, { learningRate }, 1) })).close();
    }
    const page = await monitor.visit();
    await page.locator('#runs-open').click();
    await page.locator('#runs-filter').fill('-scatter');
    await shows(page, '#runs-note', '3 of 3 runs.');
    await page.getByRole('button', { name: 'Scatter', exact: true }).press('Enter');
    await page.locator('#scatter-plot[data-points="3"]').waitFor();
    await shows(page, '#scatter-text', /^3 runs\. Best test accuracy: highest/);
    const plot = page.locator('#scatter-plot');
    await plot.press('End');
    await shows(page, '.scatter-point', '20261124-19000c-scatter: learning rate 0.1, best test accuracy');
    await plot.press('ArrowLeft');
    await shows(page, '.scatter-point', '20261124-19000b-scatter: learning rate 0.01');
    await plot.press(' ');
    await shows(page, '.selection-note', '1 run selected.');
    // The point at the left, with the pointer.
    const mark = page.locator('.scatter-mark');
    await plot.press('Home');
    await shows(page, '.scatter-point', '20261124-19000a-scatter');
    await mark.waitFor();
    const box = (await mark.boundingBox())!;
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await shows(page, '.selection-note', '2 runs selected.');
    expect(await violationsInBothThemes(page, '#runs-dialog')).toEqual([]);
    await page.getByLabel('Across').selectOption({ label: 'Schedule' });
    await shows(page, '.scatter-point', 'schedule constant');
    await page.locator('.scatter-values summary').click();
    await counts(page, '#scatter-table tbody tr', 3);
    // The plot stays when the list is opened again.
    await page.keyboard.press('Escape');
    await page.locator('#runs-open').click();
    await page.locator('#scatter-plot[data-points]').press('Enter');
    await plot.press('Home');
    await plot.press('Enter');
    await page.locator('#runs-dialog').waitFor({ state: 'detached' });
    expect(page.url()).toContain('run=');
    expect(monitor.browserProblems).toEqual([]);
  });

  it('have a menu that Escape, a press outside and a second press close, and that leaves the list open', async () => {
    const runId = '20261124-180000-menu';
    (await monitor.publish({ runId, events: runOf(runId, 1) })).close();
    const page = await monitor.visit(`?run=${runId}`);
    await page.locator('#runs-open').click();
    await page.locator('#runs-filter').fill(runId);
    await shows(page, '#runs-note', '1 of 1 run.');
    const [menu, button] = [page.locator('#run-menu'), page.getByLabel(`Actions for ${runId}`)];
    await button.press('Enter');
    await page.locator('#run-menu button:focus').waitFor();
    expect(await violationsInBothThemes(page, '#runs-dialog')).toEqual([]);
    await page.keyboard.press('ArrowUp');
    await page.locator('#run-menu [data-action="delete"]:focus').waitFor();
    await page.keyboard.press('Escape');
    await menu.waitFor({ state: 'hidden' });
    await focusIs(page, `Actions for ${runId}`);
    await button.click();
    await menu.waitFor();
    await button.click();
    await menu.waitFor({ state: 'hidden' });
    await button.click();
    await page.locator('#runs-title').click();
    await menu.waitFor({ state: 'hidden' });
    expect(await page.locator('#runs-dialog').isVisible()).toBe(true);
    expect(monitor.browserProblems).toEqual([]);
  });

  it.each([1440, 1280, 1024, 390, 320])(
    'of any kind fit into a list that is %p pixels wide',
    async (width) => {
      const kinds = [regressionRun, languageModelRun, epochsOnlyRun, metricsRun, bareRun, longTextRun];
      const prefix = `kinds${width}`;
      for (const [index, kind] of kinds.entries()) {
        const runId = `${prefix}-${index}`;
        const events = kind === languageModelRun ? languageModelRun(runId, 600, 2) : kind(runId);
        (await monitor.publish({ runId, events })).close();
      }
      const page = await monitor.visit('', { viewport: { width, height: 844 } });
      await page.locator('#runs-open').click();
      await page.locator('#runs-filter').fill(prefix);
      await shows(page, '#runs-note', `${kinds.length} of ${kinds.length} runs.`);
      await page.locator('#runs-sort').selectOption({ index: 5 });
      await page.locator('#run-list .sparkline').first().waitFor();
      await page.locator('#run-list .run-own:not(.no-value)').first().waitFor();
      const overflow = await page
        .locator('#runs-dialog')
        .evaluate((dialog) => dialog.scrollWidth - dialog.clientWidth);
      expect(overflow).toBe(0);
      expect(await violationsInBothThemes(page, '#runs-dialog')).toEqual([]);
      expect(monitor.browserProblems).toEqual([]);
    },
  );

  it('classify a drawing with their saved weights, again after each epoch', async () => {
    const runId = '20261124-150000-drawn';
    const events = withStrokeNetwork(runOf(runId, 2));
    const save = (upright: number, level: number): void => {
      mkdirSync(join(monitor.runs, runId), { recursive: true });
      writeFileSync(join(monitor.runs, runId, 'mnist_cnn.safetensors'), strokeWeights({ upright, level }));
    };
    const firstEpoch = events.findIndex(({ type }) => type === 'samples') + 1;
    save(1, 7);
    const publisher = await monitor.publish({ runId, events: events.slice(0, firstEpoch) });
    const page = await monitor.visit(`?run=${runId}`);
    await page.locator('#draw-open').click();
    await shows(page, field('draw-note'), 'Weights of epoch 1');
    await stroke(page, [0.5, 0.15], [0.5, 0.85]);
    await shows(page, '.drawn-read', /^1 \d+\u00a0% sure/);
    save(4, 7);
    publisher.send(...events.slice(firstEpoch));
    await shows(page, field('draw-note'), 'Weights of epoch 2');
    await shows(page, '.drawn-read', /^4 \d+\u00a0% sure/);
    await shows(page, '.drawn-history', /Epoch 1: 1.*Epoch 2: 4/);
    await page.getByRole('button', { name: 'Clear' }).click();
    await stroke(page, [0.15, 0.5], [0.85, 0.5]);
    await shows(page, '.drawn-read', /^7 /);
    expect(monitor.browserProblems).toEqual([]);
  });
});

/** Returns the events of a run with these settings. */
const runWith = (runId: string, config: object, epochs: number): Version1Event[] =>
  runOf(runId, epochs).map((event) =>
    event.type === 'run.started'
      ? { ...event, data: { ...event.data, config: { ...event.data.config, ...config } } }
      : event,
  );

/** Resolves when the element with this label has the focus. */
const focusIs = (page: Page, name: string): Promise<unknown> =>
  page.waitForFunction((wanted) => document.activeElement?.getAttribute('aria-label') === wanted, name);

function notice(
  runId: string,
  seq: number,
  { code, message }: { code: string; message: string },
): MonitorEvent {
  return {
    ...{ v: 1, runId, seq, time: new Date().toISOString(), type: 'notice' },
    data: { level: 'info', code, message, step: 10 },
  } as MonitorEvent;
}

/** Draws a straight line on the pad. Positions are shares of its side. */
async function stroke(page: Page, from: [x: number, y: number], to: [x: number, y: number]): Promise<void> {
  const box = await page.locator('.pad').boundingBox();
  if (!box) throw new Error('expected the pad to be seen');
  const toPixels = ([x, y]: [number, number]): [number, number] => [
    box.x + box.width * x,
    box.y + box.height * y,
  ];
  await page.mouse.move(...toPixels(from));
  await page.mouse.down();
  await page.mouse.move(...toPixels(to), { steps: 5 });
  await page.mouse.up();
}
