import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import type { QueuedStart } from '@mnist-monitor/shared';
import type { Page } from 'playwright-core';
import { violationsInBothThemes } from './support/axe.ts';
import { findChromium } from './support/browser.ts';
import { type Monitor, useMonitor } from './support/monitor.ts';
import { counts, field, runOf, shows } from './support/page-elements.ts';

const chromiumPath = findChromium();
const trainerMain = fileURLToPath(new URL('../../../trainer/dist/src/main.js', import.meta.url));

/** Runs this project's trainer, with a run that is too long to end, until the test calls the returned function. */
function startTrainer({ ingestUrl, runs }: Monitor, runId: string): () => Promise<void> {
  const sizes = '--train-size 64 --test-size 20 --batch-size 4 --epochs 1000 --threads 1 --engine wasm';
  const trainer: ChildProcess = spawn(
    process.execPath,
    [trainerMain, ...sizes.split(' '), '--run-id', runId, '--gateway', ingestUrl, '--runs', runs],
    { stdio: 'ignore' },
  );
  const exited = once(trainer, 'exit');
  return async () => {
    trainer.kill('SIGTERM');
    await exited;
  };
}

const openForm = async (page: Page): Promise<void> => {
  await page.locator('#new-run-open').click();
  await page.locator('#new-run-form').waitFor();
};

const submit = (page: Page, name: string): Promise<void> => page.getByRole('button', { name }).click();

/** Resolves when the page lists exactly these starts, in this order. */
const queueIs = (page: Page, names: readonly string[]): Promise<unknown> =>
  page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll('.queued-name')].map((name) => name.textContent).join() === wanted,
    names.join(),
  );

/** Resolves when the focused button has this name. */
const focusIs = (page: Page, name: string): Promise<unknown> =>
  page.waitForFunction((wanted) => document.activeElement?.getAttribute('aria-label') === wanted, name);

(chromiumPath ? describe : describe.skip)('the form for a new run', () => {
  const monitor = useMonitor(chromiumPath);

  it("puts starts into the trainer's queue, which two pages show alike, reorder and cancel", async () => {
    const stopTrainer = startTrainer(monitor, '20261130-100000-first');
    try {
      const [page, other] = [await monitor.visit(), await monitor.visit()];
      await shows(page, field('phase'), 'Running');
      // A paused run leaves the processor to the browser.
      await page.locator('#pause-run').click();
      await shows(page, field('phase'), 'Paused');
      await Promise.all([openForm(page), openForm(other)]);
      await shows(page, field('queue-note'), 'The queue is empty.');
      expect(await page.getByRole('button', { name: 'Start', exact: true }).count()).toBe(0);

      await page.locator('[name="tags"]').fill(Array.from({ length: 21 }, (_, index) => index).join());
      await submit(page, 'Add to queue');
      await shows(page, field('new-run-error'), 'Tags: expected at most 20, separated by commas, got 21.');
      await page.locator('[name="name"]').fill('wide');
      await page.locator('[name="tags"]').fill('sweep, baseline');
      await page.locator('[name="epochs"]').fill('2');
      await submit(page, 'Add to queue');
      await shows(page, field('new-run-added'), 'Added to the queue, at position 1.');
      expect(await page.locator(field('new-run-error')).textContent()).toBe('');
      // The form that was sent does not add the same run again, by a second click or by Enter.
      await page.getByRole('button', { name: 'Add to queue', disabled: true }).waitFor();
      await page.locator('[name="name"]').press('Enter');
      await queueIs(other, ['wide']);
      await shows(other, '#queue-list', 'baseline');
      await shows(other, '#queue-list', 'by a viewer of this page');

      await other.locator('[name="name"]').fill('narrow');
      await submit(other, 'Add to queue');
      await queueIs(page, ['wide', 'narrow']);
      expect(await violationsInBothThemes(page, '#new-run-dialog')).toEqual([]);

      // With the keyboard alone: the focus follows the start that moves.
      await page.getByRole('button', { name: 'Move up narrow' }).press('Enter');
      await queueIs(page, ['narrow', 'wide']);
      await focusIs(page, 'Move down narrow');
      await queueIs(other, ['narrow', 'wide']);
      await other.getByRole('button', { name: 'Cancel wide' }).press('Enter');
      await queueIs(other, ['narrow']);
      await focusIs(other, 'Cancel narrow');
      await queueIs(page, ['narrow']);

      // The queued start begins once the run is stopped, and both pages show it.
      await page.keyboard.press('Escape');
      await shows(page, '#notice-list', '“wide” was removed from the queue: 1 run waits.');
      await page.locator('#stop-run').click();
      await page.locator('#confirm-dialog button[value="yes"]').click();
      await shows(page, field('title'), 'narrow');
      await shows(other, field('queue-note'), 'The queue is empty.');
      expect(monitor.browserProblems).toEqual([]);
    } finally {
      await stopTrainer();
    }
  }, 120_000);

  it('shows in one line what the trainer refuses, and reads the queue again', async () => {
    const runId = '20261130-110000-refusing';
    let queue: QueuedStart[] = [{ queuedId: 'command-1', data: { name: 'gone' } }];
    await monitor.publish({
      runId,
      events: runOf(runId).slice(0, 9),
      commands: ['enqueue', 'listQueue', 'moveQueued', 'cancelQueued'],
      onCommand: ({ command }) => {
        if (command === 'listQueue') return { ok: true, queue };
        queue = [];
        return { ok: false, code: 'command.refused', message: 'expected a start that waits' };
      },
    });
    const page = await monitor.visit();
    await openForm(page);
    await queueIs(page, ['gone']);
    await page.getByRole('button', { name: 'Cancel gone' }).click();
    await shows(page, field('queue-note'), 'The queue is empty.');
    await submit(page, 'Add to queue');
    await shows(page, field('new-run-error'), /^Expected a start that waits\.$/);
    expect(monitor.browserProblems).toEqual([]);
  });

  it('is offered on the page of an ended run, and adds to the queue of the trainer that trains another run', async () => {
    const [ended, training] = ['20261130-130000-ended', '20261130-130100-training'];
    (await monitor.publish({ runId: ended, events: runOf(ended) })).close();
    const queue: QueuedStart[] = [];
    const trainer = await monitor.publish({
      ...{ runId: training, events: runOf(training).slice(0, 9) },
      commands: ['enqueue', 'listQueue'],
      onCommand: ({ id, command, data }) => {
        if (command === 'enqueue') queue.push({ queuedId: id, data: data ?? {} });
        return { ok: true, queue };
      },
    });
    const page = await monitor.visit(`?run=${ended}`);
    await shows(page, field('phase'), 'Completed');
    await openForm(page);
    await shows(page, field('new-run-note'), `Run ${training} is training`);
    await page.getByLabel('Name', { exact: true }).fill('Next');
    await submit(page, 'Add to queue');
    await shows(page, field('new-run-added'), 'Added to the queue, at position 1.');
    expect(trainer.commands.at(-1)).toMatchObject({
      command: 'enqueue',
      runId: training,
      data: { name: 'Next' },
    });
    // Without the trainer, the queue does not exist any more.
    trainer.close();
    // The form has been sent: a click outside loses nothing.
    await page.mouse.click(4, 4);
    await page.locator('#new-run-dialog').waitFor({ state: 'detached' });
    await page.locator('#new-run-open').waitFor({ state: 'hidden' });
    expect(monitor.browserProblems).toEqual([]);
  });

  it('is filled by presets, explains its fields, warns of odd values, and estimates the time from an earlier run', async () => {
    const earlier = '20261130-140000-earlier';
    const events = runOf(earlier, 1).map((event) =>
      event.type === 'run.started'
        ? {
            ...event,
            data: { ...event.data, config: { ...event.data.config, recipe: 'default', trainSize: 10_240 } },
          }
        : event,
    );
    (await monitor.publish({ runId: earlier, events })).close();
    await monitor.publish({ commands: ['start'], onCommand: () => ({ ok: true }) });
    const page = await monitor.visit(`?run=${earlier}`);
    await shows(page, field('phase'), 'Completed');
    await openForm(page);
    const value = (name: string) => page.locator(`#new-run-fields [name="${name}"]`).inputValue();
    await page.getByRole('radio', { name: /^As this run/, checked: true }).waitFor();
    await shows(page, field('new-run-estimate'), `at the speed of ${earlier}`);
    // With the arrow keys, as any group of radio buttons.
    await page.getByRole('radio', { name: /^As this run/ }).press('ArrowRight');
    await page.getByRole('radio', { name: /^Default/, checked: true }).press('ArrowRight');
    await page.getByRole('radio', { name: /^Quick look/, checked: true }).waitFor();
    expect([await value('epochs'), await value('trainSize'), await value('learningRate')]).toEqual([
      '1',
      '2048',
      '0.01',
    ]);
    await page.getByRole('radio', { name: /^Best/ }).check();
    expect([await value('optimizer'), await value('augment')]).toEqual(['adamw', 'on']);
    const rate = page.locator('#new-run-fields [name="learningRate"]');
    const help = await rate.evaluate((input) =>
      (input.getAttribute('aria-describedby') ?? '')
        .split(' ')
        .map((id) => document.getElementById(id)?.textContent),
    );
    expect(help).toEqual(['Size of a step, or its peak with one-cycle.', '']);
    await rate.fill('0.6');
    await shows(page, '#new-run-learningRate-warning', '100 times the usual 0.006: the loss may diverge.');
    expect(await page.getByRole('radio', { checked: true }).count()).toBe(0);
    expect(await violationsInBothThemes(page, '#new-run-dialog')).toEqual([]);
    await rate.fill('fast');
    await submit(page, 'Start');
    await shows(
      page,
      field('new-run-error'),
      'Learning rate: expected a number from 1e-8 to 100, got “fast”.',
    );
    expect(await rate.evaluate((input) => input === document.activeElement)).toBe(true);
    // A new network, of whose speed nothing is known.
    await page.getByRole('radio', { name: /^Sprint/ }).check();
    await page.waitForFunction(
      (selector) => document.querySelector(selector)?.textContent?.startsWith('No estimate yet:'),
      field('new-run-estimate'),
    );
    expect(monitor.browserProblems).toEqual([]);
  });

  it('starts a run for each number of a list, and compares those that have begun', async () => {
    const begun = ['20261130-150000-a', '20261130-150001-b'];
    const queue: QueuedStart[] = [];
    const trainer = await monitor.publish({
      commands: ['start', 'enqueue', 'listQueue'],
      onCommand: ({ id, command, data }) => {
        if (command === 'start') return { ok: true, runId: begun[0] ?? '' };
        if (command === 'enqueue') queue.push({ queuedId: id, data: data ?? {} });
        return { ok: true, queue };
      },
    });
    // The page leaves this run to follow the one that it starts, and connects again between two commands.
    const shown = '20261130-145000-shown';
    (await monitor.publish({ runId: shown, events: runOf(shown, 1) })).close();
    const page = await monitor.visit(`?run=${shown}`);
    await openForm(page);
    await page.getByLabel('Name', { exact: true }).fill('Rates');
    const rate = page.locator('#new-run-fields [name="learningRate"]');
    await rate.fill('0.001, 0.003 0.01; 0.03, 0.1');
    await page.locator('#new-run-fields [name="epochs"]').fill('1, 2');
    await submit(page, 'Start');
    await shows(page, field('new-run-error'), 'Only one field may have a list');
    await page.locator('#new-run-fields [name="epochs"]').fill('2');
    await submit(page, 'Start 5 runs');
    await shows(page, field('new-run-added'), '5 of 5 runs added, with the tag “sweep');
    await shows(page, field('sweep-note'), /^\s*0 of 5 runs .*can be compared when two have/s);
    const sent = trainer.commands.filter(({ command }) => command !== 'listQueue');
    expect(sent.map(({ command }) => command)).toEqual(['start', ...Array(4).fill('enqueue')]);
    expect(sent.map(({ data }) => data)).toMatchObject(
      [0.001, 0.003, 0.01, 0.03, 0.1].map((learningRate) => ({
        ...{ name: `Rates, learning rate ${learningRate}`, learningRate, epochs: 2 },
      })),
    );
    await page
      .getByRole('button', { name: /^Start|^Add/, disabled: true })
      .first()
      .waitFor();
    const { tags: [tag = ''] = [] } = (sent[0]?.data ?? {}) as { tags?: string[] };
    for (const runId of begun) {
      const events = runOf(runId, 1).map((event) =>
        event.type === 'run.started' ? { ...event, data: { ...event.data, tags: [tag] } } : event,
      );
      (await monitor.publish({ runId, events })).close();
    }
    await shows(page, field('sweep-note'), '2 of 5 runs');
    expect(await violationsInBothThemes(page, '#new-run-dialog')).toEqual([]);
    await page.getByRole('button', { name: 'Compare 2 runs' }).press('Enter');
    await counts(page, '#compare-table thead th', 2);
    await page.waitForURL(new RegExp(`run=${begun[0]}&with=${begun[1]}`));
    expect(monitor.browserProblems).toEqual([]);
  });

  it('sends the rest of a list when it is submitted again after an error', async () => {
    const runId = '20261130-160000-rest';
    const queue: QueuedStart[] = [];
    let isRefusing = true;
    const trainer = await monitor.publish({
      ...{ runId, events: runOf(runId).slice(0, 9) },
      commands: ['enqueue', 'listQueue'],
      onCommand: ({ id, command, data }) => {
        if (command === 'enqueue' && queue.length === 2 && isRefusing)
          return { ok: false, code: 'command.refused', message: 'the disk is full' };
        if (command === 'enqueue') queue.push({ queuedId: id, data: data ?? {} });
        return { ok: true, queue };
      },
    });
    const page = await monitor.visit();
    await openForm(page);
    await page.locator('#new-run-fields [name="seed"]').fill('1 2 3 4');
    await submit(page, 'Add 4 runs to queue');
    await shows(page, field('new-run-error'), 'The disk is full.');
    await shows(page, field('new-run-added'), '2 of 4 runs added, with the tag “sweep');
    isRefusing = false;
    await submit(page, 'Add 2 runs to queue');
    await shows(page, field('new-run-added'), '4 of 4 runs added');
    expect(await page.locator(field('new-run-error')).textContent()).toBe('');
    expect(queue.map(({ data }) => data.seed)).toEqual([1, 2, 3, 4]);
    expect(new Set(queue.map(({ data }) => data.tags?.join())).size).toBe(1);
    await page.getByRole('button', { name: 'Add to queue', disabled: true }).waitFor();
    expect(trainer.commands.filter(({ command }) => command === 'enqueue')).toHaveLength(5);
    expect(monitor.browserProblems).toEqual([]);
  });

  it.each([1440, 390])('shows a full queue of 50 starts, %p pixels wide', async (width) => {
    const runId = `20261130-120000-full${width}`;
    const queue: QueuedStart[] = Array.from({ length: 50 }, (_, index) => ({
      queuedId: `command-${index}`,
      data: index === 0 ? { name: 'W'.repeat(200), tags: ['W'.repeat(40)] } : { epochs: index },
    }));
    await monitor.publish({
      ...{ runId, events: runOf(runId).slice(0, 9) },
      commands: ['enqueue', 'listQueue'],
      onCommand: () => ({ ok: true, queue }),
    });
    const page = await monitor.visit('', { viewport: { width, height: 844 } });
    await openForm(page);
    await counts(page, '#queue-list > li', 50);
    await shows(page, field('queue-note'), 'The queue is full: 50 runs wait. Cancel one to add another.');
    expect(await page.getByRole('button', { name: 'Add to queue' }).isDisabled()).toBe(true);
    const overflow = await page
      .locator('#new-run-dialog')
      .evaluate((dialog) => dialog.scrollWidth - dialog.clientWidth);
    expect(overflow).toBe(0);
    expect(await violationsInBothThemes(page, '#new-run-dialog')).toEqual([]);
    expect(monitor.browserProblems).toEqual([]);
  });

  it('reports the refusal of a start below the results when it has been closed in the meantime', async () => {
    const runId = '20261130-190000-closed';
    (await monitor.publish({ runId, events: runOf(runId, 1) })).close();
    let refuse = (): void => {};
    const isClosed = new Promise<void>((resolve) => {
      refuse = resolve;
    });
    await monitor.publish({
      commands: ['start'],
      onCommand: async () => {
        await isClosed;
        return { ok: false, code: 'command.refused', message: 'the disk is full' };
      },
    });
    const page = await monitor.visit(`?run=${runId}`);
    await openForm(page);
    await submit(page, 'Start');
    await shows(page, '#new-run-dialog', 'Starting…');
    await page.keyboard.press('Escape');
    await page.locator('#new-run-form').waitFor({ state: 'detached' });
    refuse();
    await shows(page, field('controls-note'), 'New run: The disk is full.');
    await openForm(page);
    expect(await page.locator(field('controls-note')).textContent()).toBe('');
  });
});
