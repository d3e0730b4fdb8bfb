import { expect, test } from '@jest/globals';
import { addressesFor } from '../../../src/http/documents/addresses.ts';

const ingest = { host: '127.0.0.1', port: () => 6001 };
const direct = { headers: {}, ips: [], socket: { localAddress: '10.0.0.7', localPort: 6000 } };

test.each([
  ['http', 'localhost:6000', 'ws', 'localhost:6000'],
  ['http', 'runs.example', 'ws', 'runs.example'],
  ['https', 'runs.example:443', 'wss', 'runs.example'],
  ['http', '[::1]:6000', 'ws', '[::1]:6000'],
  // A client of HTTP/1.0 that names no host, and a host that no URL can have.
  ['http', '', 'ws', '10.0.0.7:6000'],
  ['http', 'a b<script>', 'ws', '10.0.0.7:6000'],
] as const)(
  'a request over %s for the host %p finds the feed at %s://%s',
  (protocol, host, scheme, expected) => {
    const { public: live } = addressesFor({ ...direct, protocol, host }, ingest);
    expect(live).toEqual({ protocol: scheme, host: expected });
  },
);

test.each([
  ['127.0.0.1', '127.0.0.1:6001'],
  ['192.168.1.5', '192.168.1.5:6001'],
  ['::1', '[::1]:6001'],
  ['0.0.0.0', 'runs.example:6001'],
  ['::', 'runs.example:6001'],
])('an ingest port bound to %s is found at %s', (host, expected) => {
  const request = { ...direct, protocol: 'https' as const, host: 'runs.example' };
  expect(addressesFor(request, { ...ingest, host }).ingest).toEqual({ protocol: 'ws', host: expected });
});

test.each([
  [['127.0.0.1', '10.0.0.1'], '/monitor', '/monitor'],
  [['127.0.0.1'], '/monitor', undefined],
  [['127.0.0.1', '10.0.0.1'], '/"><script>', undefined],
])('through %p, the path %p in X-Forwarded-Prefix counts as %p', (ips, prefix, expected) => {
  const request = {
    ...direct,
    ips,
    headers: { 'x-forwarded-prefix': prefix },
    protocol: 'http' as const,
    host: 'a',
  };
  expect(addressesFor(request, ingest).public.pathname).toBe(expected);
});
