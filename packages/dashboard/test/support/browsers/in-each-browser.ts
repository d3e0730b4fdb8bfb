import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, jest } from '@jest/globals';
import { type TestGateway, useGateway } from '../gateway.ts';
import { launchChromium, launchFirefox } from './puppeteer-browser.ts';
import type { Look, Tab, TestBrowser, WindowSize } from './test-browser.ts';
import { launchWebKit } from './webkit-browser.ts';

export const browserNames = ['Chromium', 'Firefox', 'WebKit'] as const;
export type BrowserName = (typeof browserNames)[number];

/** A gateway and a browser for the tests of a `describe` block. */
export interface Site extends TestGateway {
  readonly browserName: BrowserName;
  /** Folder of the files that pages save. */
  readonly downloads: string;
  /** Opens the page. The test closes no tab: WebKit has one at a time, which the next visit closes. */
  visit(query?: string, size?: WindowSize): Promise<Tab>;
}

export interface SiteOptions {
  look?: Look;
  /** Flags of the gateway. */
  flags?: readonly string[];
}

export const desktop: WindowSize = { width: 1440, height: 900 };
export const phone: WindowSize = { width: 390, height: 844 };

/** Defines tests for every browser, in a block with the title "… in Firefox". A browser that is not installed is skipped. */
export function inEachBrowser(
  title: string,
  define: (site: Site) => void,
  { look = { theme: 'light' }, flags = [] }: SiteOptions = {},
): void {
  for (const name of browserNames) {
    const launch = findBrowser(name);
    (launch ? describe : describe.skip)(`${title} in ${name}`, () => {
      define(useSite(name, () => launch?.(look) as Promise<TestBrowser>, flags));
    });
  }
}

function useSite(
  browserName: BrowserName,
  launch: () => Promise<TestBrowser>,
  flags: readonly string[],
): Site {
  let browser: TestBrowser | undefined;
  let tab: Tab | undefined;
  const closeTab = async (): Promise<void> => {
    await tab?.close();
    tab = undefined;
  };
  jest.setTimeout(60_000);
  const site = Object.assign(useGateway(flags), { browserName }) as {
    -readonly [K in keyof Site]: Site[K];
  };
  beforeAll(async () => {
    browser = await launch();
    site.downloads = browser.downloads;
  });
  afterEach(closeTab);
  afterAll(() => browser?.close());
  site.visit = async (query = '', size = desktop) => {
    await closeTab();
    tab = await (browser as TestBrowser).open(size);
    await tab.goto(new URL(query, `${site.url}/`).href);
    return tab;
  };
  return site;
}

/** The packages of Debian that contain each browser. */
const packages: Record<BrowserName, string> = {
  Chromium: 'chromium',
  Firefox: 'firefox-esr',
  WebKit: 'webkit2gtk-driver and xvfb',
};

/**
 * Returns what launches a browser; undefined when it is not installed, or when `BROWSERS` lists others.
 * @throws Error when it is not installed in CI, where a skipped test would go unnoticed.
 */
export function findBrowser(name: BrowserName): ((look: Look) => Promise<TestBrowser>) | undefined {
  const wanted = process.env.BROWSERS?.toLowerCase().split(',') ?? [];
  if (wanted.length > 0 && !wanted.includes(name.toLowerCase())) return undefined;
  const launch = launchers[name]();
  if (launch) return launch;
  const sentence = `${name} was not found (Debian: ${packages[name]})`;
  if (process.env.CI === 'true') throw new Error(`The tests in ${name} cannot run: ${sentence}.`);
  process.stdout.write(`The tests in ${name} are skipped: ${sentence}.\n`);
  return undefined;
}

const launchers: Record<BrowserName, () => ((look: Look) => Promise<TestBrowser>) | undefined> = {
  Chromium: () => {
    const path = firstOf([process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser']);
    return path ? (look) => launchChromium(path, look) : undefined;
  },
  Firefox: () => {
    const path = firstOf([process.env.FIREFOX_PATH, '/usr/bin/firefox-esr', '/usr/bin/firefox']);
    return path ? (look) => launchFirefox(path, look) : undefined;
  },
  WebKit: () => {
    const [driver, displayServer] = [firstOf(['/usr/bin/WebKitWebDriver']), firstOf(['/usr/bin/Xvfb'])];
    // Debian has a folder for each processor architecture.
    const libraries = existsSync('/usr/lib') ? readdirSync('/usr/lib') : [];
    const browser = firstOf(
      libraries.map((folder) => join('/usr/lib', folder, 'webkit2gtk-4.1/MiniBrowser')),
    );
    return driver && displayServer && browser
      ? (look) => launchWebKit({ driver, displayServer, browser }, look)
      : undefined;
  },
};

const firstOf = (paths: readonly (string | undefined)[]): string | undefined =>
  paths.find((path) => path !== undefined && existsSync(path));
