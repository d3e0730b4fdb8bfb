import type { MonitorEvent, Version1Event } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import type { Locator, Page } from 'playwright-core';

/** Returns the selector of a text that the page updates. */
export const field = (name: string): string => `[data-field="${name}"]`;

/** Resolves when a visible element that matches the selector contains the text. */
export const shows = (page: Page, selector: string, text: string | RegExp): Promise<void> =>
  page.locator(selector).filter({ hasText: text }).first().waitFor();

/** Resolves when the selector finds this number of elements. */
export const counts = (page: Page, selector: string, count: number): Promise<unknown> =>
  page.waitForFunction(([wanted, total]) => document.querySelectorAll(wanted).length === total, [
    selector,
    count,
  ] as const);

/** Returns the selector of a part of a chart's card. */
export const chartPart = (chart: string, part: string): string => `#${chart}-chart [data-part="${part}"]`;

/** Returns the area in which a chart draws its curves. */
export const plotAreaOf = (page: Page, chart: string): Locator => page.locator(`#${chart}-chart .u-over`);

/** Returns the image of a chart's canvas. */
export const canvasImage = (page: Page, chart: string): Promise<string> =>
  page.locator(`#${chart}-chart canvas`).evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());

/** Drags over a chart, from one share of its width to another. */
export async function drag(page: Page, chart: string, [from, to]: readonly [number, number]): Promise<void> {
  // A change of the axis or the run replaces the plot: this waits until the new one is stable.
  await plotAreaOf(page, chart).scrollIntoViewIfNeeded();
  const box = await plotAreaOf(page, chart).boundingBox();
  if (!box) throw new Error(`expected the chart ${chart} to be seen`);
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * from, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * ((from + to) / 2), y);
  await page.mouse.move(box.x + box.width * to, y);
  await page.mouse.up();
}

const stepMs = 300;

/** Returns the events of a run of 20 batches per epoch that ends now. */
export function runOf(runId: string, epochs = 3, batchesPerEpoch = 20): Version1Event[] {
  const startedAt = new Date(Date.now() - epochs * batchesPerEpoch * stepMs);
  return sampleRun({ runId, epochs, batchesPerEpoch, startedAt });
}

/** Returns the number of events up to the batch of a step. */
export const untilStep = (events: readonly MonitorEvent[], step: number): number =>
  events.findIndex((event) => event.type === 'batch' && event.data.step === step) + 1;

/** Chooses an action from the menu of a run in the list of runs, with the keyboard. */
export async function chooseRunAction(page: Page, name: string, action: string): Promise<void> {
  await page.getByLabel(`Actions for ${name}`).press('Enter');
  await page.locator(`#run-menu [data-action="${action}"]`).press('Enter');
}
