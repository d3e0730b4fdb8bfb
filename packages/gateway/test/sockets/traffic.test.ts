import { once } from 'node:events';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { Traffic } from '../../src/sockets/traffic.ts';

test('traffic adds up what waits on every connection that is there', async () => {
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
  await delay(60);
  expect(traffic.unreadBytes).toBe(1_000);
  expect(traffic.connections).toBe(1);
});
