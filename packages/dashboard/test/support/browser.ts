import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const candidates = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/**
 * Returns the path of Chromium; undefined when it is not installed.
 * @throws Error when it is not installed in CI, where a skipped test would go unnoticed.
 */
export function findChromium(): string | undefined {
  const found = candidates.find((path) => path && existsSync(path));
  if (found) return found;
  const sentence = 'no Chromium was found (set CHROMIUM_PATH to one)';
  if (process.env.CI === 'true') throw new Error(`The browser tests cannot run: ${sentence}.`);
  process.stdout.write(`The browser tests of the dashboard are skipped: ${sentence}.\n`);
  return undefined;
}

/** Launches a headless browser that makes no requests of its own. */
export function launchChromium(executablePath: string, flags: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...flags,
    ],
  });
}
