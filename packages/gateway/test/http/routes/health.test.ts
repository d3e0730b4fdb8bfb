import { expect, test } from '@jest/globals';
import { MonitorError } from '@mnist-monitor/shared';
import { startGateway } from '../../support/gateway.ts';
import { MemoryStore } from '../../support/memory-store.ts';

test('the gateway is healthy while it responds, and ready while its store works (P-175, P-176)', async () => {
  const store = new MemoryStore();
  const { url } = await startGateway({ store });
  expect(await (await fetch(`${url}/healthz`)).json()).toMatchObject({ status: 'ok' });
  expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'ready' });

  store.check = () => Promise.reject(new MonitorError('store.vanished', 'the database was removed'));
  const response = await fetch(`${url}/readyz`);
  expect(response.status).toBe(503);
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(await response.json()).toMatchObject({
    ...{ status: 503, code: 'store.vanished' },
    since: expect.any(String),
  });
  expect(response.headers.get('retry-after')).toBe('10');
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});
