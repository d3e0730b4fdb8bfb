import { describe, expect, it } from '@jest/globals';
import { findChromium } from './support/browser.ts';
import { field, runOf, shows } from './support/look.ts';
import { useMonitor } from './support/monitor.ts';

const executable = findChromium();
const run = (runId: string) => ({
  runId,
  events: runOf(runId).slice(0, 9),
  commands: ['pause', 'stop'] as const,
});

(executable ? describe : describe.skip)('where a command token is set', () => {
  const monitor = useMonitor(executable, ['--command-token', 'open sesame']);

  it('it is asked for when it is needed, again when it is wrong, and kept for the tab alone', async () => {
    const publisher = await monitor.publish(run('20261124-130000-safe'));
    const page = await monitor.visit();
    const enter = async (token: string): Promise<void> => {
      await page.locator('#token-form [name="token"]').fill(token);
      await page.keyboard.press('Enter');
    };
    const heard = async (count: number): Promise<void> => {
      while (publisher.commands.length < count) await page.waitForTimeout(20);
    };
    await page.locator('#pause-run').click();
    await enter('please');
    await shows(page, field('token-error'), 'The gateway did not accept this token.');
    await enter('open sesame');
    await heard(1);
    await page.locator('#pause-run').click();
    await heard(2);
    expect(JSON.stringify(publisher.commands)).not.toContain('sesame');
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain('sesame');
    expect(monitor.complaints).toEqual([]);
  });
});

(executable ? describe : describe.skip)('where others reach the gateway and no command token is set', () => {
  const monitor = useMonitor(executable, ['--bind', '0.0.0.0']);

  it('the page has no controls, and says why', async () => {
    await monitor.publish(run('20261124-140000-off'));
    const page = await monitor.visit();
    await shows(
      page,
      field('controls-note'),
      'Controls are off because other machines can reach this gateway.',
    );
    expect(await page.locator('#pause-run').isVisible()).toBe(false);
    expect(monitor.complaints).toEqual([]);
  });
});
