import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type BrowserContext, type KeyInput, type LaunchOptions, type Page } from 'puppeteer-core';
import type { Look, Tab, TestBrowser } from './test-browser.ts';

/** Launches Firefox, which is driven through WebDriver BiDi. */
export const launchFirefox = (executablePath: string, look: Look): Promise<TestBrowser> =>
  launch(
    {
      browser: 'firefox',
      executablePath,
      extraPrefsFirefox: {
        // 0 is dark, 1 is light.
        'layout.css.prefers-color-scheme.content-override': look.theme === 'dark' ? 0 : 1,
        // 2 is "always use my colours".
        // As on most desktops: the scrollbar that headless Firefox has takes 12 px and is missing in screenshots.
        'ui.useOverlayScrollbars': 1,
        'browser.display.document_color_use': look.forcedColors ? 2 : 0,
      },
    },
    async () => {},
  );

/** Launches Chromium, which is driven through the Chrome DevTools Protocol. */
export const launchChromium = (executablePath: string, { theme, forcedColors }: Look): Promise<TestBrowser> =>
  launch(
    {
      browser: 'chrome',
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
    },
    async (page) => {
      const session = await page.createCDPSession();
      await session.send('Emulation.setEmulatedMedia', {
        features: [
          { name: 'prefers-color-scheme', value: theme },
          { name: 'forced-colors', value: forcedColors ? 'active' : 'none' },
        ],
      });
    },
  );

/** @param prepare Sets up a new page. */
async function launch(options: LaunchOptions, prepare: (page: Page) => Promise<void>): Promise<TestBrowser> {
  const downloads = mkdtempSync(join(tmpdir(), 'mnist-downloads-'));
  const downloadBehavior = { policy: 'allow', downloadPath: downloads } as const;
  const browser = await puppeteer.launch({ headless: true, downloadBehavior, ...options });
  return {
    downloads,
    async open(size) {
      const context = await browser.createBrowserContext({ downloadBehavior });
      const page = await context.newPage();
      await page.setViewport(size);
      await prepare(page);
      return openTab(context, page);
    },
    async close() {
      await browser.close();
      rmSync(downloads, { recursive: true, force: true });
    },
  };
}

async function openTab(context: BrowserContext, page: Page): Promise<Tab> {
  const problems: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warn'].includes(message.type())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.evaluateOnNewDocument(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  return {
    async goto(url) {
      await page.goto(url);
    },
    evaluate: (run, ...args) =>
      page.evaluate(run as (...args: unknown[]) => unknown, ...args) as Promise<
        Awaited<ReturnType<typeof run>>
      >,
    press: (key) => page.keyboard.press(key as KeyInput),
    type: (text) => page.keyboard.type(text),
    async drag([first, ...others]) {
      if (!first) return;
      await page.mouse.move(...first);
      await page.mouse.down();
      for (const point of others) await page.mouse.move(...point);
      await page.mouse.up();
    },
    resize: (size) => page.setViewport(size),
    screenshot: async () => Buffer.from(await page.screenshot()),
    print: () => page.pdf(),
    problems: async () => problems,
    close: () => context.close(),
  };
}
