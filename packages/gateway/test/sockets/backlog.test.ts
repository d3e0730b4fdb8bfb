import { once } from 'node:events';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { Backlog } from '../../src/sockets/backlog.ts';

test('a backlog adds up what waits on every connection that is there', async () => {
  const backlog = new Backlog();
  const streams = [new PassThrough(), new PassThrough()];
  for (const stream of streams) backlog.add(stream as unknown as Socket);
  for (const stream of streams) {
    stream.cork();
    stream.write('x'.repeat(1_000));
  }
  expect(backlog.bytes).toBe(2_000);
  streams[0]!.destroy();
  await once(streams[0]!, 'close');
  await delay(60);
  expect(backlog.bytes).toBe(1_000);
  expect(backlog.connections).toBe(1);
});
