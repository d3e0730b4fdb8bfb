import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import type { QueuedStart } from '@mnist-monitor/shared';
import { findChromium } from './support/browser.ts';
import { useMonitor } from './support/monitor.ts';
import { chooseRunAction, field, runOf, shows } from './support/page-elements.ts';

const chromiumPath = findChromium();
const run = (runId: string) => ({
  runId,
  events: runOf(runId).slice(0, 9),
  commands: ['pause', 'stop'] as const,
});

(chromiumPath ? describe : describe.skip)('a gateway with a command token', () => {
  const monitor = useMonitor(chromiumPath, ['--command-token', 'open sesame, open wide']);

  it('makes the page ask for the token when needed, again when it is wrong, and keep it for the tab only', async () => {
    const received = new EventEmitter();
    const onCommand = () => {
      received.emit('command');
      return { ok: true } as const;
    };
    const publisher = await monitor.publish({ ...run('20261124-130000-safe'), onCommand });
    const page = await monitor.visit();
    const enter = async (token: string): Promise<void> => {
      await page.locator('#token-form [name="token"]').fill(token);
      await page.keyboard.press('Enter');
    };
    await page.locator('#pause-run').click();
    await enter('please');
    await shows(page, field('token-error'), 'The gateway did not accept this token.');
    // The wrong token has closed the connection.
    await shows(page, field('health-state'), 'Live');
    await Promise.all([once(received, 'command'), enter('open sesame, open wide')]);
    await page.locator('#controls:not([aria-busy])').waitFor();
    await Promise.all([once(received, 'command'), page.locator('#pause-run').click()]);
    expect(publisher.commands).toHaveLength(2);
    // The token of the tab is sent with changes, too.
    await page.locator('#edit-run').click();
    await page.locator('#edit-form [name="name"]').fill('Named with the token');
    await page.keyboard.press('Enter');
    await shows(page, field('title'), 'Named with the token');
    expect(JSON.stringify(publisher.commands)).not.toContain('sesame');
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain('sesame');
    expect(monitor.browserProblems).toEqual([]);
  });

  it('makes the form for a new run ask once, when it is submitted', async () => {
    const queue: QueuedStart[] = [];
    await monitor.publish({
      ...{ ...run('20261124-135000-form'), commands: ['enqueue', 'listQueue'] },
      onCommand: ({ id, command, data }) => {
        if (command === 'enqueue') queue.push({ queuedId: id, data: data ?? {} });
        return { ok: true, queue };
      },
    });
    const page = await monitor.visit();
    await page.locator('#new-run-open').click();
    // The estimate is there after the queue has been asked for.
    await shows(page, field('new-run-estimate'), /^\S/);
    expect(await page.locator('#token-dialog').count()).toBe(0);
    await page.getByRole('button', { name: 'Add to queue' }).click();
    await page.locator('#token-form [name="token"]').fill('please');
    await page.keyboard.press('Enter');
    await shows(page, field('token-error'), 'The gateway did not accept this token.');
    // The page has connected again since, and has read the queue.
    await shows(page, field('health-state'), 'Live');
    expect(await page.locator('#token-dialog').count()).toBe(1);
    await page.locator('#token-form [name="token"]').fill('open sesame, open wide');
    await page.keyboard.press('Enter');
    await shows(page, field('new-run-added'), 'Added to the queue, at position 1.');
    await shows(page, field('queue-note'), '1 run waits');
    expect(queue).toHaveLength(1);
    expect(monitor.browserProblems).toEqual([]);
  });

  it('changes nothing, on the page either, when the viewer cancels the question for the token', async () => {
    const [runId, other] = ['20261124-131000-kept', '20261124-131100-other'];
    for (const each of [runId, other]) (await monitor.publish({ runId: each, events: runOf(each) })).close();
    const page = await monitor.visit(`?run=${runId}&with=${other}`);
    await shows(page, field('title'), runId);
    await page.locator('#runs-open').click();
    const stored = async (): Promise<unknown[]> => {
      const response = await fetch(`${monitor.url}/api/runs?search=1311`);
      return ((await response.json()) as { runs: { pinned: boolean }[] }).runs.map(({ pinned }) => pinned);
    };
    const cancelToken = async (): Promise<void> => {
      await page.locator('#token-form').waitFor();
      await page.locator('#token-form [data-close]').click();
      await page.locator('#token-form').waitFor({ state: 'detached' });
    };
    const address = page.url();
    for (const each of [runId, other]) {
      await chooseRunAction(page, each, 'delete');
      await page.locator('#confirm-dialog button[value="yes"]').click();
      await cancelToken();
      await page.locator(`[data-run="${each}"] [data-control="menu"]:focus`).waitFor();
      expect(page.url()).toBe(address);
    }
    await chooseRunAction(page, other, 'pin');
    await cancelToken();
    await page.locator(`[data-run="${other}"] [data-control="menu"]:focus`).waitFor();
    expect(await stored()).toEqual([false]);
    await chooseRunAction(page, other, 'edit');
    await page.locator('#edit-form [name="name"]').fill('Not saved');
    await page.keyboard.press('Enter');
    await cancelToken();
    expect(await page.locator('#edit-form [name="name"]').inputValue()).toBe('Not saved');
    await page.locator('#edit-form button[type="button"]').click();

    // With the token, the deleted run leaves the comparison.
    await chooseRunAction(page, other, 'delete');
    await page.locator('#confirm-dialog button[value="yes"]').click();
    await page.locator('#token-form [name="token"]').fill('open sesame, open wide');
    await page.keyboard.press('Enter');
    await page.locator(`.run[data-run="${other}"]`).waitFor({ state: 'detached' });
    expect(await stored()).toEqual([]);
    await page.waitForURL((url) => !url.search.includes(other));
    expect(monitor.browserProblems).toEqual([]);
  });
});

(chromiumPath ? describe : describe.skip)(
  'a gateway that other machines reach without a command token',
  () => {
    const monitor = useMonitor(chromiumPath, ['--bind', '0.0.0.0']);

    it('shows no controls, and the reason', async () => {
      await monitor.publish(run('20261124-140000-off'));
      const page = await monitor.visit();
      await shows(
        page,
        field('controls-note'),
        'Controls are off: this gateway is reached from other machines; set --command-token to allow them.',
      );
      expect(await page.locator('#pause-run').isVisible()).toBe(false);
      expect(await page.locator('#edit-run').count()).toBe(0);
      expect(monitor.browserProblems).toEqual([]);
    });
  },
);
