import { once } from 'node:events';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { expect, jest, test } from '@jest/globals';
import { Traffic } from '../../src/sockets/traffic.ts';
import { afterTest } from '../support/cleanup.ts';

test('traffic adds up the unread bytes of all open connections, at most every 50 ms', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
  afterTest(() => jest.useRealTimers());
  const traffic = new Traffic();
  const streams = [new PassThrough(), new PassThrough()];
  for (const stream of streams) traffic.add(stream as unknown as Socket);
  for (const stream of streams) {
    stream.cork();
    stream.write('x'.repeat(1_000));
  }
  expect(traffic.unreadBytes).toBe(2_000);
  streams[0]!.destroy();
  await once(streams[0]!, 'close');
  jest.advanceTimersByTime(49);
  expect(traffic.unreadBytes).toBe(2_000);
  jest.advanceTimersByTime(2);
  expect(traffic.unreadBytes).toBe(1_000);
  expect(traffic.connections).toBe(1);
});
