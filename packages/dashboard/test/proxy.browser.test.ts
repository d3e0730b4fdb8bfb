import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { findChromium } from './support/browser.ts';
import { useMonitor } from './support/monitor.ts';
import { shows } from './support/page-elements.ts';

const chromiumPath = findChromium();

(chromiumPath ? describe : describe.skip)('a proxy that replaces Host, as nginx does by default', () => {
  const monitor = useMonitor(chromiumPath);
  const proxy = createServer((incoming, outgoing) => forward(incoming, outgoing));
  beforeAll(() => once(proxy.listen(0, '127.0.0.1'), 'listening'));
  afterAll(() => {
    proxy.close();
    proxy.closeAllConnections();
  });

  function forward({ method, url, headers }: IncomingMessage, outgoing: ServerResponse): void {
    const { hostname, port, host } = new URL(monitor.url);
    const upstream = request(
      { hostname, port, method, path: url, headers: { ...headers, host } },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    upstream.on('error', () => outgoing.destroy());
    upstream.end();
  }

  it('makes the page show why the gateway refuses it (S-8)', async () => {
    const page = await (await monitor.browser.newContext()).newPage();
    const { port } = proxy.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}/`);
    const reason = `expected the Origin "${monitor.url}", one that --origins names, or none, got "http://127.0.0.1:${port}"; a proxy in front has to forward Host (docs/proxy.md)`;
    await shows(page, '#banner', `The gateway refuses this page: ${reason}. Retrying`);
    await page.context().close();
  });
});
