import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { findChromium, launchChromium } from '../../packages/dashboard/dist/test/support/browser.js';
import { afterTest } from '../../packages/gateway/dist/test/support/cleanup.js';
import { startGateway } from '../../packages/gateway/dist/test/support/gateway.js';
import { examples } from './support/program.js';
import { openPublisher, sample } from './support/publish.js';

const chromium = findChromium();

/** Serves the page like any file server. @returns Its origin. */
async function servePage() {
  const html = readFileSync(join(examples, 'web-page/index.html'));
  const server = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end(html),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

/** Opens the page in a browser of its own. */
async function openPage(origin, gateway) {
  const browser = await launchChromium(chromium);
  afterTest(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`${origin}/?gateway=${gateway.url.replace('http', 'ws')}`);
  const displays = (text) => page.getByText(text).first().waitFor();
  return { page, displays };
}

(chromium ? describe : describe.skip)('web-page/index.html', () => {
  test('follows a run and the next one when --origins names its origin', async () => {
    const origin = await servePage();
    const gateway = await startGateway({ origins: [origin] });
    const { page, displays } = await openPage(origin, gateway);
    await displays('No run yet');
    const publisher = await openPublisher(gateway.ingestUrl);
    await publisher.publish(sample);
    await displays('Run example');
    await displays('Run completed: all epochs done');
    expect(await page.locator('#epochs li').allTextContents()).toEqual([
      expect.stringMatching(/^test accuracy \d\d\.\d\d %$/),
      expect.stringMatching(/^test accuracy \d\d\.\d\d %$/),
    ]);
    const inked = await page.evaluate(() => {
      const { width, height } = document.querySelector('canvas');
      const { data } = document.querySelector('canvas').getContext('2d').getImageData(0, 0, width, height);
      return data.some((byte) => byte > 0);
    });
    expect(inked).toBe(true);

    const next = await openPublisher(gateway.ingestUrl, 'next');
    await next.publish([{ ...sample[0], runId: 'next' }]);
    await displays('Run next');
    expect(await page.locator('#epochs li').count()).toBe(0);
  });

  test('is refused when --origins does not name its origin, and displays the missing flag', async () => {
    const origin = await servePage();
    const gateway = await startGateway();
    const { displays } = await openPage(origin, gateway);
    await displays(`with --origins ${origin}?`);
    expect(gateway.log.map((line) => JSON.parse(line).code)).toContain('request.forbidden');
  });
});
