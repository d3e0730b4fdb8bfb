import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import type { Locator, Page } from 'playwright-core';

/** Selects what the page writes under a name. */
export const field = (name: string): string => `[data-field="${name}"]`;

/** Resolves when something that the selector finds, and that can be seen, has the text. */
export const shows = (page: Page, selector: string, text: string | RegExp): Promise<void> =>
  page.locator(selector).filter({ hasText: text }).first().waitFor();

/** Resolves when the selector finds this number of elements. */
export const counts = (page: Page, selector: string, count: number): Promise<unknown> =>
  page.waitForFunction(([wanted, total]) => document.querySelectorAll(wanted).length === total, [
    selector,
    count,
  ] as const);

/** A part of a chart's card. */
export const chartPart = (chart: string, part: string): string => `#${chart}-chart [data-part="${part}"]`;

/** The area of a chart in which its curves are drawn. */
export const surfaceOf = (page: Page, chart: string): Locator => page.locator(`#${chart}-chart .u-over`);

/** What a chart's canvas holds. */
export const pictureOf = (page: Page, chart: string): Promise<string> =>
  page.locator(`#${chart}-chart canvas`).evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());

/** Drags over a chart, from one share of its width to another. */
export async function drag(page: Page, chart: string, [from, to]: readonly [number, number]): Promise<void> {
  // Another axis or another run makes another plot: the one that stays is meant.
  await surfaceOf(page, chart).scrollIntoViewIfNeeded();
  const box = await surfaceOf(page, chart).boundingBox();
  if (!box) throw new Error(`expected the chart ${chart} to be seen`);
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * from, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * ((from + to) / 2), y);
  await page.mouse.move(box.x + box.width * to, y);
  await page.mouse.up();
}

const stepMs = 300;

/** The events of a run of 20 batches an epoch that ends now. */
export function runOf(runId: string, epochs = 3, batchesPerEpoch = 20): MonitorEvent[] {
  const startedAt = new Date(Date.now() - epochs * batchesPerEpoch * stepMs);
  return sampleRun({ runId, epochs, batchesPerEpoch, startedAt });
}

/** How many of the events it takes to come to a step, and to what is told right behind it. */
export const untilStep = (events: readonly MonitorEvent[], step: number): number =>
  events.findIndex((event) => event.type === 'batch' && event.data.step === step) + 1;
