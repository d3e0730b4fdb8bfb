import { expect, test } from '@jest/globals';
import { clientOf } from '../../src/trust/client.ts';

const forwarded = { 'x-forwarded-for': '203.0.113.7' };

test.each([
  ['directly', { headers: {} }, { address: '10.0.0.1', proxy: 'none' }],
  [
    'through a proxy that --proxies names',
    { headers: forwarded, ip: '203.0.113.7' },
    { address: '203.0.113.7', proxy: 'named' },
  ],
  ['through another proxy', { headers: forwarded }, { address: '10.0.0.1', proxy: 'unnamed' }],
  [
    'through a proxy that adds no header',
    { headers: {}, raw: { httpVersion: '1.0' } },
    { address: '10.0.0.1', proxy: 'unnamed' },
  ],
  [
    'in a version older than HTTP/1.0',
    { headers: {}, raw: { httpVersion: '0.9' } },
    { address: '10.0.0.1', proxy: 'unnamed' },
  ],
])('a request that arrives %s names its client (S-25)', (_how, request, client) => {
  const direct = { raw: { httpVersion: '1.1' }, ip: '10.0.0.1', socket: { remoteAddress: '10.0.0.1' } };
  expect(clientOf({ ...direct, ...request })).toEqual(client);
});
