import { describe, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { findChromium } from './support/browser.ts';
import { useMonitor } from './support/monitor.ts';
import { field, runOf, shows } from './support/page-elements.ts';

const chromiumPath = findChromium();

(chromiumPath ? describe : describe.skip)('a dialog', () => {
  const monitor = useMonitor(chromiumPath);
  const outside = [4, 4] as const;
  const form = (page: Page): Locator => page.locator('#new-run-form');

  /** Opens the form for a new run, whose start the trainer refuses. */
  async function openForm(): Promise<Page> {
    await monitor.publish({
      commands: ['start'],
      onCommand: () => ({ ok: false, code: 'command.refused', message: 'the disk is full' }),
    });
    const page = await monitor.visit();
    await page.locator('#new-run-open').click();
    await form(page).waitFor();
    return page;
  }

  it('stays open, with what was typed, when a selection of text is released outside', async () => {
    const page = await openForm();
    const name = page.getByLabel('Name', { exact: true });
    await name.fill('Wide network');
    const box = (await name.boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(...outside, { steps: 5 });
    await page.mouse.up();
    expect(await name.inputValue()).toBe('Wide network');
    // A click outside would lose what was typed.
    await page.mouse.click(...outside);
    expect(await name.inputValue()).toBe('Wide network');
    await page.keyboard.press('Escape');
    await form(page).waitFor({ state: 'detached' });
    expect(monitor.browserProblems).toEqual([]);
  });

  it('shows why a start was refused, also after a double click', async () => {
    const page = await openForm();
    await page.getByRole('button', { name: 'Start', exact: true }).dblclick();
    await shows(page, field('new-run-error'), 'The disk is full.');
    expect(await form(page).isVisible()).toBe(true);
  });

  it('closes by a click outside, and not by one beside its content', async () => {
    await monitor.publish({ runId: '20261206-100000-d', events: runOf('20261206-100000-d', 1) });
    const page = await monitor.visit();
    await page.locator('#help-open').click();
    const dialog = page.locator('#help-dialog');
    const box = (await dialog.boundingBox())!;
    await page.mouse.click(box.x + 3, box.y + 3);
    expect(await dialog.isVisible()).toBe(true);
    await page.mouse.click(...outside);
    await dialog.waitFor({ state: 'detached' });
  });
});
