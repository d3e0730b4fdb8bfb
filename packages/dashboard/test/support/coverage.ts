import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** The folder for Chromium's counters, which `npm run coverage` sets; undefined when nothing is counted. */
const folder = process.env.PAGE_COVERAGE;

/** Counts which parts of a page's scripts run. Returns the function that writes the counters; it is called before the page closes. */
export async function countCoverage(page: Page): Promise<() => Promise<void>> {
  if (folder === undefined) return async () => {};
  await page.coverage.startJSCoverage({ resetOnNavigation: false });
  return async () => {
    // A test may have closed the page itself.
    const scripts = page.isClosed() ? [] : await page.coverage.stopJSCoverage();
    await writeFile(join(folder, `${randomUUID()}.json`), JSON.stringify(scripts));
  };
}
