import { expect, test } from '@jest/globals';
import { startGateway } from '../../support/gateway.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { until } from '../../support/until.ts';

test('requests through a proxy are limited for each of its clients (P-253, S-33)', async () => {
  const store = new MemoryStore();
  const gateway = await startGateway({
    ...{ store, proxies: ['127.0.0.1'], limits: { connectionsPerAddress: 1 } },
  });
  let asked = 0;
  let answer = (): void => {};
  store.summary = () => {
    asked++;
    return new Promise((resolve) => {
      answer = () => resolve(undefined);
    });
  };
  const get = (path: string, address: string) =>
    fetch(gateway.url + path, { headers: { 'x-forwarded-for': address } });
  const first = get('/api/runs/a', '192.0.2.1');
  await until(() => asked === 1);
  const second = await get('/healthz', '192.0.2.1:4711');
  expect([second.status, second.headers.get('retry-after')]).toEqual([429, '10']);
  expect(await second.json()).toMatchObject({ code: 'request.too_many' });
  expect((await get('/healthz', '192.0.2.2')).status).toBe(200);
  // The proxy itself has no limit.
  expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  answer();
  expect((await first).status).toBe(404);
  expect((await get('/healthz', '192.0.2.1')).status).toBe(200);
});
