// `npm run screenshots`: trains a small run and takes the screenshots of the documents during and after the run.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { animate } from './apng.js';

const mainOf = (name) => fileURLToPath(new URL(`../packages/${name}/dist/src/main.js`, import.meta.url));
const pictureOf = (name) => fileURLToPath(new URL(`../docs/images/${name}.png`, import.meta.url));
const run = ['--train-size', '6000', '--test-size', '1000', '--epochs', '4', '--batch-size', '64'];
/** Number of frames in the animation, taken at equal steps of the run's progress. */
const frameCount = 14;

const runs = mkdtempSync(join(tmpdir(), 'mnist-screenshots-'));
const common = ['--runs', runs];
const gateway = fork(
  mainOf('gateway'),
  [...common, '--port', '0', '--ingest-port', '0', '--log-level', 'silent'],
  { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
);
const [{ url, ingestUrl }] = await once(gateway, 'message');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});

const openPage = async (options, search = '') => {
  const page = await browser.newPage(options);
  await page.goto(url + search);
  return page;
};
const percentOf = (page) => page.locator('#progress').getAttribute('aria-valuenow').then(Number);
const waitForProgress = (page, percent) =>
  page.waitForFunction(
    (minimum) => Number(document.getElementById('progress')?.ariaValueNow) >= minimum,
    percent,
    { timeout: 600_000, polling: 200 },
  );

const trainer = fork(mainOf('trainer'), [...common, ...run, '--once'], {
  env: { ...process.env, MONITOR_GATEWAY: ingestUrl },
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
});
try {
  const desktop = { viewport: { width: 1440, height: 900 } };
  const light = await openPage({ ...desktop, colorScheme: 'light' });
  const moving = await openPage({ viewport: { width: 1180, height: 720 }, colorScheme: 'light' });
  const frames = [];
  for (let frame = 1; frame <= frameCount; frame++) {
    await waitForProgress(moving, Math.floor((100 * frame) / frameCount));
    await moving.waitForTimeout(200);
    frames.push({ png: await moving.screenshot(), milliseconds: frame === frameCount ? 3_000 : 450 });
    if (frame === Math.ceil(frameCount * 0.7)) {
      await light.screenshot({ path: pictureOf('dashboard-light') });
      console.log(`screenshot during the run, at ${await percentOf(light)} %`);
    }
  }
  writeFileSync(pictureOf('dashboard-moving'), animate(frames));

  const dark = await openPage({ ...desktop, colorScheme: 'dark' });
  await dark.locator('[data-field="phase"]').filter({ hasText: 'Completed' }).waitFor();
  await dark.waitForTimeout(1_000);
  await dark.screenshot({ path: pictureOf('dashboard-dark') });
  const phone = await openPage({
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    hasTouch: true,
  });
  await phone.locator('[data-field="phase"]').filter({ hasText: 'Completed' }).waitFor();
  await phone.waitForTimeout(1_000);
  await phone.screenshot({ path: pictureOf('dashboard-phone') });

  const wall = await openPage({ viewport: { width: 1280, height: 720 } }, '?view=wall');
  await wall.getByText('Completed').first().waitFor();
  await wall.waitForTimeout(1_000);
  await wall.screenshot({ path: pictureOf('wall') });
} finally {
  trainer.kill('SIGTERM');
  await browser.close();
  gateway.kill('SIGTERM');
  await once(gateway, 'exit');
  rmSync(runs, { recursive: true, force: true });
}
