import { setTimeout as delay } from 'node:timers/promises';
import { queryObjects } from 'node:v8';
import { describe, expect, test } from '@jest/globals';
import {
  closeCodes,
  connectLive,
  liveSubprotocols,
  type MonitorEvent,
  type WebSocketConstructor,
} from '@mnist-monitor/shared';
import { sampleRun, sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { WebSocket } from 'ws';
import { WebSocketOnlyMessage } from '../../../src/http/http-server.ts';
import { afterTest } from '../../support/cleanup.ts';
import {
  Connection,
  connect,
  type Message,
  range,
  readRefusal,
  refusalStatus,
  seqsOf,
} from '../../support/connection.ts';
import { startGateway, type TestGateway, useGateway } from '../../support/gateway.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { helloOf, openPublisher, publish } from '../../support/publisher.ts';
import { until } from '../../support/until.ts';

const run = sampleRun({ runId: 'a', epochs: 2, batchesPerEpoch: 10 });
/** 13 MB of events: more than fits into the buffers of both ends and of the system between them. */
const large = range(2, 100).map((seq): MonitorEvent => {
  const samples = run.find((event) => event.type === 'samples')!;
  const items = Array.from({ length: 100 }, (_, index) => samples.data.items[index % 12]!);
  return { ...samples, seq, data: { epoch: 1, items } };
});
const isLive = ({ type }: { type: string }): boolean => type === 'live';
const isFinish = ({ type }: { type: string }): boolean => type === 'run.finished';

/** Resolves when the gateway has this many viewers' connections. */
async function hasLiveConnections({ url }: TestGateway, count: number): Promise<void> {
  const line = `monitor_connections{endpoint="live"} ${count}\n`;
  const metrics = async () => (await fetch(`${url}/metrics`)).text();
  while (!(await metrics()).includes(line)) await delay(5);
}

test('a client follows the run that the query of its url names', async () => {
  const gateway = await startGateway();
  for (const runId of ['a', 'b']) await publish(gateway.ingestUrl, sampleRun({ runId, batchesPerEpoch: 2 }));
  const ids = new Set<string>();
  await new Promise<void>((resolve) => {
    const feed = connectLive({
      url: `${gateway.liveUrl}?run=a`,
      WebSocket: WebSocket as unknown as WebSocketConstructor,
      onEvent: ({ runId }) => ids.add(runId),
      onLive: () => resolve(),
    });
    afterTest(() => feed.close());
  });
  expect([...ids]).toEqual(['a']);
});

test('the upgrade requests of connected viewers and publishers are not kept in memory', async () => {
  const gateway = await startGateway();
  const publisher = await publish(gateway.ingestUrl, run.slice(0, 3));
  const viewers = await Promise.all(
    range(1, 10).map(async () => {
      const viewer = await connect(`${gateway.liveUrl}?run=a`);
      await viewer.until(isLive);
      return viewer;
    }),
  );
  // `queryObjects` collects garbage first. The last request of the connection that is read may still be there.
  expect(queryObjects(WebSocketOnlyMessage)).toBeLessThan(3);
  publisher.send(run.slice(3, 4));
  for (const viewer of viewers) await viewer.until(({ seq }) => seq === 4);
});

describe('the live feed', () => {
  test('sends hello, the history, live, and then each event as it is published (P-76, P-79)', async () => {
    const gateway = await startGateway();
    const publisher = await publish(gateway.ingestUrl, run.slice(0, 10));
    const viewer = await connect(gateway.liveUrl);
    const [hello, ...history] = await viewer.until(isLive);
    expect(hello).toMatchObject({
      type: 'hello',
      server: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      heartbeatMs: 5_000,
      commands: 'open',
      waitingTrainers: 0,
      run: { runId: 'a', status: 'running', connected: true, lastSeq: 10 },
    });
    expect(history.slice(0, -1)).toEqual(JSON.parse(JSON.stringify(run.slice(0, 10))));
    expect(history.at(-1)).toEqual({ type: 'live', seq: 10 });
    publisher.send(run.slice(10));
    expect(seqsOf(await viewer.until(isFinish))).toEqual(range(11, run.length));
  });

  test('has the same summary in hello as the API (P-94)', async () => {
    const gateway = await startGateway();
    await publish(gateway.ingestUrl, run);
    const { run: summary } = await (await connect(gateway.liveUrl)).next();
    const read = async (path: string) => (await fetch(`${gateway.url}/api/runs${path}`)).json();
    expect(summary).toEqual(await read('/a'));
    expect(await read('')).toMatchObject({ runs: [summary] });
  });

  test('continues after the seq that a returning viewer names', async () => {
    const gateway = await startGateway();
    await publish(gateway.ingestUrl, run);
    const viewer = await connect(`${gateway.liveUrl}?run=latest&after=20&afterRun=a`);
    expect(seqsOf(await viewer.until(isLive))).toEqual(range(21, run.length));
  });

  test('sends every viewer each event once, whenever it joins a fast run (P-77)', async () => {
    const long = sampleRun({ runId: 'long', epochs: 8, batchesPerEpoch: 75 });
    const store = new MemoryStore();
    store.pause = () => delay(Math.random() * 3);
    const gateway = await startGateway({ store, limits: { pageEvents: 40 } });
    const publisher = await openPublisher(gateway.ingestUrl, helloOf('long'));

    const watch = async (): Promise<{ from: number; seqs: number[] }> => {
      await delay(Math.random() * 300);
      const from = Math.floor(Math.random() * 3) * 10;
      const viewer = new Connection(`${gateway.liveUrl}?after=${from}&afterRun=long`);
      return { from, seqs: seqsOf(await viewer.until(isFinish)) };
    };
    const viewers = Promise.all(Array.from({ length: 30 }, watch));
    for (let at = 0; at < long.length; at += 20) {
      publisher.send(long.slice(at, at + 20));
      await delay(Math.random() * 12);
    }
    for (const { from, seqs } of await viewers) expect(seqs).toEqual(range(from + 1, long.length));
  });

  test('sends heartbeats while nothing else is sent (P-87)', async () => {
    const gateway = await startGateway({ limits: { heartbeatMs: 20 } });
    const viewer = await connect(gateway.liveUrl);
    const messages = await viewer.until(({ type }) => type === 'heartbeat');
    expect(messages.map(({ type }) => type)).toEqual(['hello', 'live', 'heartbeat']);
    expect(await viewer.next()).toMatchObject({ type: 'heartbeat' });
  });

  test('sends no heartbeat before hello, however long the store takes (P-76)', async () => {
    const store = new MemoryStore();
    const gateway = await startGateway({ store, limits: { heartbeatMs: 20 } });
    await publish(gateway.ingestUrl, run);
    const earlier = await connect(gateway.liveUrl);
    await earlier.until(isLive);
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    store.pause = () => released;
    const viewer = await connect(gateway.liveUrl);
    for (let heartbeats = 0; heartbeats < 3; heartbeats++)
      await earlier.until(({ type }) => type === 'heartbeat');
    release();
    expect(await viewer.next()).toMatchObject({ type: 'hello' });
  });

  test.each(['types=epoch', 'types=epoch&maxRate=5'])(
    'sends heartbeats to a viewer whose filter matches no event: %s (P-87)',
    async (query) => {
      const gateway = await startGateway({ limits: { heartbeatMs: 60 } });
      const publisher = await publish(gateway.ingestUrl, run.slice(0, 1));
      const viewer = await connect(`${gateway.liveUrl}?${query}`);
      await viewer.until(isLive);
      let seq = 1;
      const batch = run.find((event) => event.type === 'batch')!;
      const timer = setInterval(() => publisher.send([{ ...batch, seq: ++seq }]), 10);
      afterTest(() => clearInterval(timer));
      const received: Message[] = [];
      while (seq < 20) received.push(...(await viewer.until(({ type }) => type === 'heartbeat')));
      const types = received.map(({ type }) => type).filter((type) => type !== 'status');
      expect(types.length).toBeGreaterThanOrEqual(2);
      expect(new Set(types)).toEqual(new Set(['heartbeat']));
    },
  );

  test('bundles past events into messages of at most 64 kB, however many are stored together (P-71, P-78, P-244)', async () => {
    const gateway = await startGateway();
    const samples = run.find((event) => event.type === 'samples')!;
    const medium = range(2, 21).map((seq) => ({ ...samples, seq }));
    // Larger than a bundle: a message of its own.
    const own = { ...large[0]!, seq: 22 };
    await publish(gateway.ingestUrl, [run[0]!, ...medium, own]);
    const viewer = new Connection(`${gateway.liveUrl}?bundle=true`);
    const messages = await viewer.until(isLive);
    expect(seqsOf(messages.flatMap((message) => message.events ?? message))).toEqual(range(1, 22));
    const bundles = messages.filter(({ type }) => type === 'events');
    expect(bundles.length).toBeGreaterThan(1);
    for (const bundle of bundles)
      expect(Buffer.byteLength(JSON.stringify(bundle))).toBeLessThanOrEqual(64 * 1024);
  });

  test('disconnects a viewer that answers no ping (P-249)', async () => {
    const gateway = await startGateway({ limits: { pingIntervalMs: 20, pongTimeoutMs: 20 } });
    const viewer = await connect(gateway.liveUrl);
    viewer.socket.pong = () => {};
    const healthy = await connect(gateway.liveUrl);
    expect((await viewer.closed).code).toBe(1006);
    expect(healthy.socket.readyState).toBe(healthy.socket.OPEN);
  });

  test('sends a slow viewer every event, without delaying others (P-104)', async () => {
    const gateway = await startGateway({ limits: { unreadBytes: 100_000 } });
    const publisher = await publish(gateway.ingestUrl, run.slice(0, 1));
    const [late, quick] = [await connect(gateway.liveUrl), await connect(gateway.liveUrl)];
    await Promise.all([late.until(isLive), quick.until(isLive)]);
    late.socket.pause();
    publisher.send(large);
    expect(seqsOf(await quick.until(({ seq }) => seq === large.length + 1))).toEqual(
      range(2, large.length + 1),
    );
    late.socket.resume();
    expect(seqsOf(await late.until(({ seq }) => seq === large.length + 1))).toEqual(
      range(2, large.length + 1),
    );
  });

  test('closes a viewer that stops reading as slow (P-108, S-35)', async () => {
    const gateway = await startGateway({ limits: { unreadBytes: 100_000, stallTimeoutMs: 50 } });
    const publisher = await publish(gateway.ingestUrl, run.slice(0, 1));
    const viewer = await connect(gateway.liveUrl);
    await viewer.until(isLive);
    viewer.socket.pause();
    publisher.send(large);
    await publisher.acked(large.length + 1);
    await until(() => gateway.closings.includes('slow'));
    viewer.socket.resume();
    expect((await viewer.closed).code).toBe(closeCodes.slow.code);
  });

  test('disconnects viewers that stop reading, and sends what they missed when they return (P-108)', async () => {
    const limits = { unreadBytes: 100_000, stallTimeoutMs: 100, closeTimeoutMs: 100 };
    const store = new MemoryStore();
    const gateway = await startGateway({ store, limits });
    const publisher = await publish(gateway.ingestUrl, run.slice(0, 1));
    const stopped = await Promise.all(Array.from({ length: 2 }, () => connect(gateway.liveUrl)));
    for (const viewer of stopped) await viewer.until(isLive);
    for (const { socket } of stopped) socket.pause();
    publisher.send(large);
    await publisher.acked(large.length + 1);
    await until(() => gateway.closings.length === stopped.length);
    // The gateway resets their connections when they do not answer the close frame.
    await hasLiveConnections(gateway, 0);
    for (const { socket } of stopped) socket.resume();
    const second = await startGateway({ store });
    for (const viewer of stopped) {
      await viewer.closed;
      const seen = seqsOf(viewer.takeAll()).at(-1) ?? 1;
      expect(seen).toBeLessThan(large.length + 1);
      const again = await connect(`${second.liveUrl}?after=${seen}&afterRun=a`);
      expect(seqsOf(await again.until(isLive))).toEqual(range(seen + 1, large.length + 1));
      again.socket.terminate();
    }
  }, 60_000);

  test('sends a viewer at most maxRate batches a second, and all other events', async () => {
    const gateway = await startGateway();
    const publisher = await publish(gateway.ingestUrl, run.slice(0, 1));
    const viewer = await connect(`${gateway.liveUrl}?maxRate=0.01`);
    await viewer.until(isLive);
    for (const event of run.slice(1)) {
      publisher.send([event]);
      await publisher.acked(event.seq);
    }
    const got = await viewer.until(isFinish);
    const rest = run.slice(1).filter(({ type }) => type !== 'batch');
    expect(seqsOf(got.filter(({ type }) => type !== 'batch'))).toEqual(rest.map(({ seq }) => seq));
    const batches = got.filter(({ type }) => type === 'batch').map(({ seq }) => seq);
    // The first batch is sent at once; each other one is the newest before an event of another type.
    expect(batches.slice(1).every((seq) => run[seq]!.type !== 'batch')).toBe(true);
    expect(batches.length).toBeLessThanOrEqual(1 + rest.length);
  });

  describe('with an invalid query', () => {
    const gateway = useGateway();

    test.each([
      ['?run=nowhere', 'runNotFound'],
      ['?run=../etc', 'invalid'],
      ['?after=-1', 'invalid'],
      ['?after=', 'invalid'],
      ['?types=batch,bogus', 'invalid'],
      ['?maxRate=0', 'invalid'],
      ['?maxRate=0.009', 'invalid'],
      ['?maxRate=1001', 'invalid'],
      ['?maxRate=fast', 'invalid'],
      ['?complete=perhaps', 'invalid'],
      ['?complete=1', 'invalid'],
      ['?bundle=yes', 'invalid'],
      ['?after=1&after=2', 'invalid', 'after: expected one value, got 2'],
      ['?aftr=1', 'invalid', /^unknown parameter "aftr": expected only run, after, /],
    ] as const)('closes %s as %s (P-4, P-69, P-72)', async (query, name, expected: string | RegExp = /./) => {
      const viewer = new Connection(gateway.liveUrl + query);
      const { code, reason } = await viewer.closed;
      expect(code).toBe(closeCodes[name].code);
      expect(reason).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
    });
  });

  test.each([
    ['a text message', 'anything', 'invalid'],
    ['a binary message', Buffer.from([1]), 'invalid'],
    ['a command with an id of 7 characters', '{"type":"command","id":"1234567","command":"stop"}', 'invalid'],
    ['a message over 16 kB', 'x'.repeat(16_385), 'tooBig'],
  ] as const)(
    'closes a viewer that sends %s, and no other (P-1, P-93, P-235, S-30)',
    async (_kind, message, name) => {
      const gateway = await startGateway();
      const [viewer, other] = [await connect(gateway.liveUrl), await connect(gateway.liveUrl)];
      viewer.socket.send(message);
      expect((await viewer.closed).code).toBe(closeCodes[name].code);
      const publisher = await publish(gateway.ingestUrl, run.slice(0, 1));
      await other.until(({ seq }) => seq === 1);
      publisher.connection.socket.close();
    },
  );

  test('selects the newest subprotocol that a client offers, and sends the newest messages to clients that offer none (P-41, P-75)', async () => {
    const gateway = await startGateway();
    await publish(gateway.ingestUrl, sampleRunOfVersion2('a').slice(0, 3), 2);
    const [newest, older] = liveSubprotocols;
    for (const [offered, selected] of [
      [[older, newest], newest],
      [[older], older],
    ] as const) {
      const viewer = await connect(gateway.liveUrl, { protocol: [...offered] });
      expect(viewer.socket.protocol).toBe(selected);
    }
    const plain = await connect(gateway.liveUrl);
    expect(plain.socket.protocol).toBe('');
    expect(seqsOf(await plain.until(isLive))).toEqual([1, 2, 3]);
  });

  test('refuses foreign origins and hosts before the upgrade (S-6)', async () => {
    const gateway = await startGateway();
    const origin = gateway.url.replace('localhost', '127.0.0.1');
    const headers = { host: new URL(origin).host };
    await connect(gateway.liveUrl, { headers: { ...headers, origin } });
    expect(await refusalStatus(gateway.liveUrl, { headers: { origin: 'http://evil.example' } })).toBe(403);
    expect(await refusalStatus(gateway.liveUrl, { headers: { origin: 'null' } })).toBe(403);
    expect(await refusalStatus(gateway.liveUrl, { headers: { host: 'evil.example' } })).toBe(403);
    expect(await refusalStatus(gateway.ingestUrl, { headers: { origin: 'http://evil.example' } })).toBe(403);
  });

  test('refuses foreign hosts where a container publishes the port on loopback (S-9)', async () => {
    const gateway = await startGateway({ host: '0.0.0.0', bind: '127.0.0.1' });
    await connect(gateway.liveUrl);
    expect(await refusalStatus(gateway.liveUrl, { headers: { host: 'evil.example' } })).toBe(403);
    const open = await startGateway({ host: '0.0.0.0' });
    await connect(open.liveUrl, { headers: { host: 'monitor.example' } });
  });

  test('refuses viewers beyond --viewers with Retry-After, and accepts one when another has left (P-255, P-270, S-33)', async () => {
    const gateway = await startGateway({ viewers: 1 });
    for (let round = 0; round < 5; round++) {
      const viewer = await connect(gateway.liveUrl);
      expect(await readRefusal(gateway.liveUrl)).toMatchObject({
        status: 503,
        retryAfter: '10',
        problem: {
          code: 'server.full',
          status: 503,
          detail: 'all 1 connections are in use: try again later',
        },
      });
      if (round % 2) viewer.socket.terminate();
      else viewer.socket.close();
      await viewer.closed;
      await hasLiveConnections(gateway, 0);
    }
  });

  test('limits the viewers of one address, as reported by a trusted proxy (P-258, P-269, S-33)', async () => {
    const limits = { socketsPerAddress: 1 };
    const gateway = await startGateway({ limits, proxies: ['127.0.0.1'] });
    const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });
    await connect(gateway.liveUrl, from('192.0.2.1'));
    expect(await readRefusal(gateway.liveUrl, from('192.0.2.1'))).toMatchObject({
      status: 429,
      retryAfter: '10',
      problem: { code: 'request.too_many' },
    });
    const check = (address: string) =>
      fetch(`${gateway.url}/live/check`, { method: 'POST', ...from(address) });
    const refusal = await check('192.0.2.1');
    expect([refusal.status, await refusal.json()]).toEqual([
      429,
      expect.objectContaining({
        detail: 'all 1 connections for one address are in use: close some of them',
      }),
    ]);
    expect((await check('192.0.2.2')).status).toBe(200);
    await connect(gateway.liveUrl, from('192.0.2.2'));
    const unproxied = await startGateway({ limits });
    for (let viewer = 0; viewer < 3; viewer++) await connect(unproxied.liveUrl, from('192.0.2.1'));
  });

  test('closes a viewer as internal when its history cannot be read (P-156)', async () => {
    const store = new MemoryStore();
    const gateway = await startGateway({ store, limits: { recentBytes: 0 } });
    await publish(gateway.ingestUrl, run.slice(0, 5));
    store.page = () => Promise.reject(new Error('disk on fire'));
    const viewer = new Connection(gateway.liveUrl);
    expect((await viewer.closed).code).toBe(closeCodes.internal.code);
  });
});
