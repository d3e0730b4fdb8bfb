import { afterAll, afterEach, beforeAll, jest } from '@jest/globals';
import { timeFactor } from '@mnist-monitor/shared/testing';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchChromium } from './browser.ts';
import { countCoverage } from './coverage.ts';
import { type TestGateway, useGateway } from './gateway.ts';

/** A gateway and a browser, for all tests of a file. */
export interface Monitor extends TestGateway {
  readonly browser: Browser;
  /** Opens the page, and collects errors and warnings of the browser in `browserProblems`. */
  visit(query?: string, options?: VisitOptions): Promise<Page>;
  /** Errors, warnings and violations of the content security policy, in any page since the test began. */
  readonly browserProblems: string[];
}

export interface VisitOptions extends BrowserContextOptions {
  /** Address of the page, by default that of the gateway. */
  at?: string;
}

/** Starts a gateway and Chromium before the tests of a file. Closes pages and publishers after each test, the rest at the end. */
export function useMonitor(
  chromiumPath: string | undefined,
  flags: readonly string[] = [],
  browserFlags: readonly string[] = [],
): Monitor {
  const opened: (() => unknown)[] = [];
  const monitor = Object.assign(useGateway(flags), { browserProblems: [] as string[] }) as {
    -readonly [K in keyof Monitor]: Monitor[K];
  };

  jest.setTimeout(60_000);
  beforeAll(async () => {
    monitor.browser = await launchChromium(chromiumPath as string, browserFlags);
  });
  afterEach(async () => {
    for (const close of opened.splice(0)) await close();
    monitor.browserProblems.length = 0;
  });
  afterAll(() => monitor.browser?.close());

  monitor.visit = async (query = '', { at, ...options } = {}) => {
    const context = await monitor.browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    const page = await context.newPage();
    const writeCoverage = await countCoverage(page);
    opened.push(() => writeCoverage().finally(() => context.close()));
    page.setDefaultTimeout(20_000 * timeFactor());
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) monitor.browserProblems.push(message.text());
    });
    page.on('pageerror', (error) => monitor.browserProblems.push(String(error)));
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    await page.goto(new URL(query, at ?? `${monitor.url}/`).href);
    return page;
  };
  return monitor;
}
