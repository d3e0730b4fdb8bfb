import { describe, expect, test } from '@jest/globals';
import {
  type MissingUpgradeRequest,
  missingUpgrade,
  unknownAddress,
} from '../../../src/http/plugins/proxy-errors.ts';
import { startGateway } from '../../support/gateway.ts';

const forwarded = { 'x-forwarded-for': '203.0.113.7' };
const at = (url: string, headers: Record<string, string> = forwarded): string =>
  unknownAddress({ url, headers, raw: { httpVersion: '1.1' } }).message;

describe('a request for an unknown address', () => {
  test.each([
    ['/monitor/', '/monitor'],
    ['/monitor/?run=a', '/monitor'],
    ['/monitor/index.html', '/monitor'],
    ['/monitor/assets/index-1.js', '/monitor'],
    ['/user/x/proxy/5000/', '/user/x/proxy/5000'],
    ['/user/x/proxy/5000/live', '/user/x/proxy/5000'],
    ['/a/b/api/runs?limit=1', '/a/b'],
  ])('through a proxy that does not remove its prefix is answered with that prefix: %s', (url, prefix) => {
    expect(at(url)).toBe(
      `nothing is at ${url}; a proxy in front has to remove ${prefix} from the path (docs/proxy.md)`,
    );
  });

  test.each(['/favicon.ico', '/api/run', '/api/runs/a/modle/x', '/docs/', '/live/', '/assets/', '/monitor'])(
    'through a proxy gets no advice when the path has no prefix: %s',
    (url) => expect(at(url)).toBe(`nothing is at ${url}`),
  );

  test('that did not come through a proxy gets no advice', () => {
    expect(at('/monitor/', {})).toBe('nothing is at /monitor/');
  });

  test.each(['//live', '//api/runs', '//live/check'])(
    'with two slashes at its start gets advice about them: %s',
    (url) => {
      expect(at(url)).toBe(
        `nothing is at ${url}; a proxy in front has to forward one slash less: with nginx, end location with a slash (docs/proxy.md)`,
      );
    },
  );
});

test.each<[MissingUpgradeRequest, string]>([
  [{ headers: {}, raw: { httpVersion: '1.1' } }, 'expected a WebSocket upgrade at /live'],
  [
    { headers: { 'sec-websocket-key': 'x' }, raw: { httpVersion: '1.0' } },
    'expected a WebSocket upgrade at /live, got HTTP/1.0 without Upgrade; a proxy in front has to use HTTP/1.1 and forward Upgrade and Connection (docs/proxy.md)',
  ],
])(
  'a request at /live without Upgrade gets advice if a WebSocket key shows that a proxy removed it: %p',
  (request, message) => {
    expect(missingUpgrade(request)).toMatchObject({ code: 'request.invalid', message });
  },
);

test('wrong settings of a proxy are logged, up to a limit', async () => {
  const gateway = await startGateway({ limits: { proxyWarningBurst: 4 } });
  const paths = ['/monitor/', '/monitor/live', '//live', '//api/runs', '/nothing'];
  for (const path of paths)
    expect((await fetch(gateway.url + path, { headers: forwarded })).status).toBe(404);
  const upgrade = { 'sec-websocket-key': 'x' };
  for (const headers of [upgrade, upgrade])
    expect((await fetch(`${gateway.url}/live`, { headers })).status).toBe(400);
  const warnings = gateway.log.map((line) => JSON.parse(line)).filter(({ level }) => level === 40);
  expect(warnings).toEqual([
    expect.objectContaining({ detail: expect.stringMatching(/remove \/monitor from the path/) }),
    expect.objectContaining({ detail: expect.stringMatching(/remove \/monitor from the path/) }),
    expect.objectContaining({ detail: expect.stringMatching(/one slash less/) }),
    expect.objectContaining({ detail: expect.stringMatching(/one slash less/) }),
  ]);
});
