import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { closeCodes } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { limits } from '../src/limits.ts';
import { openSqliteStore } from '../src/store/sqlite-store.ts';
import { afterTest, temporaryFolder } from './support/cleanup.ts';
import { connect, range, seqsOf } from './support/connection.ts';
import { startGateway } from './support/gateway.ts';
import { MemoryStore } from './support/memory-store.ts';
import { helloOf, openPublisher } from './support/publisher.ts';
import { openStallableStore } from './support/stallable-store.ts';
import { until } from './support/until.ts';

const run = sampleRun({ runId: 'a', epochs: 2, batchesPerEpoch: 10 });

describe('closing the gateway', () => {
  test('stores and sends the received events, then closes every connection as goingAway (P-268)', async () => {
    const folder = temporaryFolder();
    const gateway = await startGateway({
      store: await openSqliteStore(folder),
      limits: { commitIntervalMs: 60 },
    });
    const viewer = await connect(gateway.liveUrl);
    await viewer.until(({ type }) => type === 'live');
    const publisher = await openPublisher(gateway.ingestUrl, helloOf('a'));
    publisher.send(run.slice(0, 1));
    await publisher.acked(1);
    publisher.send(run.slice(1));
    await publisher.connection.roundTrip();
    const closed = gateway.close();
    await publisher.acked(run.length);
    expect(seqsOf(await viewer.until(({ type }) => type === 'run.finished'))).toEqual(range(1, run.length));
    expect((await publisher.connection.closed).code).toBe(closeCodes.goingAway.code);
    expect((await viewer.closed).code).toBe(closeCodes.goingAway.code);
    await closed;
    const reopened = await openSqliteStore(folder);
    expect(await reopened.lastSeq('a')).toBe(run.length);
    await reopened.close();
  });

  test('cuts connections that do not answer (P-268)', async () => {
    const gateway = await startGateway({ limits: { closeGraceMs: 50 } });
    const viewer = await connect(gateway.liveUrl);
    await viewer.until(({ type }) => type === 'live');
    viewer.socket.pause();
    const publisher = await openPublisher(gateway.ingestUrl, helloOf('a'));
    publisher.connection.socket.pause();
    const halfSent = connectTcp(Number(new URL(gateway.url).port), '127.0.0.1');
    halfSent.on('error', () => {});
    afterTest(() => halfSent.destroy());
    await new Promise<void>((resolve) =>
      halfSent.write('GET /healthz HTTP/1.1\r\nHost: loc', () => resolve()),
    );
    await gateway.close();
    viewer.socket.resume();
    expect([1001, 1006]).toContain((await viewer.closed).code);
  });

  test('cuts connections that arrive while it closes', async () => {
    const gateway = await startGateway({ limits: { closeGraceMs: 300 } });
    const viewer = await connect(gateway.liveUrl);
    await viewer.until(({ type }) => type === 'live');
    viewer.socket.pause(); // Keeps the gateway waiting for the whole `closeGraceMs`.
    const closed = gateway.close();
    const { port, host } = new URL(gateway.url);
    const arriving = ['/live', '/api/runs'].map((path) => {
      const socket = connectTcp(Number(port), '127.0.0.1');
      socket.on('error', () => {}).resume();
      afterTest(() => socket.destroy());
      const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13';
      const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${upgrade}\r\n${key}\r\n\r\n`);
      return socket;
    });
    await Promise.all(arriving.map((socket) => once(socket, 'close')));
    await closed;
  });

  test('answers requests that arrive while it closes, on connections that are open', async () => {
    const gateway = await startGateway({ limits: { closeGraceMs: 60_000 } });
    const viewer = await connect(gateway.liveUrl);
    await viewer.until(({ type }) => type === 'live');
    viewer.socket.pause(); // Keeps the gateway waiting.
    const socket = connectTcp(Number(new URL(gateway.url).port), '127.0.0.1');
    afterTest(() => socket.destroy());
    await once(socket, 'connect');
    const closed = gateway.close();
    socket.write('GET /api/runs HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 200 /);
    viewer.socket.resume();
    await closed;
  });

  test('does not wait forever for a store that does not write', async () => {
    const store = new MemoryStore();
    const gateway = await startGateway({ store, limits: { flushTimeoutMs: 50 } });
    const publisher = await openPublisher(gateway.ingestUrl, helloOf('a'));
    let appending = false;
    store.append = () => {
      appending = true;
      return new Promise(() => {});
    };
    publisher.send(run.slice(0, 1));
    await until(() => appending);
    await gateway.close();
    expect((await publisher.connection.closed).code).toBe(closeCodes.goingAway.code);
  });

  test('ends in time while the disk does not respond, and keeps everything acknowledged (P-268, S-49)', async () => {
    const runs = temporaryFolder();
    const disk = await openStallableStore(runs);
    const limits = { flushTimeoutMs: 50, closeGraceMs: 50, storeCloseTimeoutMs: 50 };
    const gateway = await startGateway({ runs, store: disk.store, limits });
    const viewer = await connect(gateway.liveUrl);
    const publisher = await openPublisher(gateway.ingestUrl, helloOf('a'));
    publisher.send(run.slice(0, 5));
    await publisher.acked(5);
    disk.hold();
    publisher.send(run.slice(5));
    await disk.untilHeld();
    await expect(gateway.close()).rejects.toMatchObject({
      code: 'store.stalled',
      message: 'the store has not closed after 0.05 s; everything acknowledged is on disk',
    });
    for (const { closed } of [publisher.connection, viewer])
      expect((await closed).code).toBe(closeCodes.goingAway.code);
    disk.release();
    await disk.store.close();
    const reopened = await openSqliteStore(runs);
    expect(await reopened.lastSeq('a')).toBeGreaterThanOrEqual(5);
    await reopened.close();
  });

  test('takes at most 9 s with the standard limits, less than the 10 s after which Docker kills (P-268)', () => {
    const { flushTimeoutMs, closeGraceMs, storeCloseTimeoutMs } = limits;
    expect(flushTimeoutMs + 2 * closeGraceMs + storeCloseTimeoutMs).toBe(9_000);
  });
});
