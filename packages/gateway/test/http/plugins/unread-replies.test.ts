import { type AddressInfo, connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect, jest, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import Fastify from 'fastify';
import { boundUnreadReplies } from '../../../src/http/plugins/unread-replies.ts';
import type { Limits } from '../../../src/limits.ts';
import { sentBytes } from '../../../src/sockets/sent-bytes.ts';
import { openSqliteStore } from '../../../src/store/sqlite-store.ts';
import { toNewEvent } from '../../../src/store/store.ts';
import { afterTest, temporaryFolder } from '../../support/cleanup.ts';
import { startGateway } from '../../support/gateway.ts';
import { until } from '../../support/until.ts';

const sample = sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 2 });
const message = 'x'.repeat(20_000);
/** 20 MB: more than the buffers of the system hold. */
const run = Array.from({ length: 1_000 }, (_, index) =>
  // The first and the last event are whole, because the summary of a run is read from them.
  index === 0 || index === 999
    ? toNewEvent({ ...sample[Math.min(index, 1)]!, seq: index + 1 })
    : toNewEvent({
        ...{ v: 1, runId: 'a', seq: index + 1, time: sample[0]!.time, type: 'notice' },
        data: { level: 'info', code: 'x', message, step: null },
      }),
);
const largeResponses = {
  export: '/api/runs/a/export.jsonl',
  events: '/api/runs/a/events?limit=2000',
};

async function start(limits: Partial<Limits>) {
  const store = await openSqliteStore(temporaryFolder());
  await store.append('a', run);
  const gateway = await startGateway({ store, limits });
  const { port, host } = new URL(gateway.url);
  /** Sends requests at once and reads no response. */
  const requestWithoutReading = (...paths: string[]): Socket => {
    const socket = connect(Number(port), '127.0.0.1');
    afterTest(() => socket.destroy());
    socket.on('error', () => {});
    socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`).join(''));
    return socket.pause();
  };
  return { store, gateway, requestWithoutReading };
}

const cutsOf = (log: readonly string[]) => log.filter((line) => line.includes('does not read'));

describe('a client that does not read a response', () => {
  test.each(Object.entries(largeResponses))(
    'is disconnected in time, and logged: %s (P-262, S-36)',
    async (_name, path) => {
      const { gateway, requestWithoutReading } = await start({ stallTimeoutMs: 100, stallCheckMs: 10 });
      // A page of events ends at 4 MB, which may fit into the buffers of the system.
      const socket = requestWithoutReading(...Array(8).fill(path));
      await until(() => cutsOf(gateway.log).length > 0);
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.resume();
      await closed;
      expect(cutsOf(gateway.log)).toHaveLength(1);
      expect(JSON.parse(cutsOf(gateway.log)[0]!)).toMatchObject({ level: 30, address: '127.0.0.1' });
    },
  );

  test.each(Object.entries(largeResponses))(
    'keeps only a few pieces of it in memory: %s (S-36)',
    async (_name, path) => {
      const { store, gateway, requestWithoutReading } = await start({
        stallTimeoutMs: 100,
        stallCheckMs: 10,
      });
      let pages = 0;
      const page = store.page.bind(store);
      store.page = (...options) => {
        pages++;
        return page(...options);
      };
      requestWithoutReading(...Array(8).fill(path));
      await until(() => cutsOf(gateway.log).length > 0);
      const { bytes } = JSON.parse(cutsOf(gateway.log)[0]!);
      expect(bytes).toBeLessThan(1_000_000);
      expect(pages).toBeGreaterThan(10);
    },
  );

  test('is disconnected when all unread responses exceed the limit, while others are served (P-263, S-36)', async () => {
    const { gateway, requestWithoutReading } = await start({
      ...{ allUnreadReplyBytes: 600_000, stallTimeoutMs: 60_000, stallCheckMs: 10 },
    });
    for (let client = 0; client < 5; client++) requestWithoutReading(largeResponses.export);
    await until(() => cutsOf(gateway.log).length > 0);
    expect((await fetch(`${gateway.url}${largeResponses.events}`)).status).toBe(200);
  });
});

test('a client that reads gets the whole response, however large', async () => {
  const { gateway } = await start({ stallTimeoutMs: 1_000, stallCheckMs: 10 });
  const text = await (await fetch(`${gateway.url}${largeResponses.export}`)).text();
  expect(text).toBe(run.map(({ json }) => `${json}\n`).join(''));
  const seqs: number[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page = await (await fetch(`${gateway.url}${largeResponses.events}&after=${after}`)).json();
    const { events, nextAfter } = page as { events: { seq: number }[]; nextAfter: number | null };
    seqs.push(...events.map(({ seq }) => seq));
    after = nextAfter;
  }
  expect(seqs).toEqual(run.map(({ seq }) => seq));
});

test('a response that grows before its client is disconnected leaves all of its memory to other responses', async () => {
  const setInterval = jest.spyOn(globalThis, 'setInterval');
  const app = Fastify();
  const limits = {
    allUnreadReplyBytes: 900_000,
    replyPieceBytes: 1,
    stallTimeoutMs: 100,
    stallCheckMs: 60_000,
  };
  boundUnreadReplies(app, limits);
  const check = setInterval.mock.calls.at(-1)![0] as () => void;
  setInterval.mockRestore();
  const body = new Readable({ read() {} });
  const other = 'x'.repeat(100_000);
  app.get('/unread', (_request, reply) => reply.send(body));
  app.get('/other', (_request, reply) => reply.send(other));
  await app.listen({ host: '127.0.0.1', port: 0 });
  afterTest(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  const connected = new Promise<Socket>((resolve) => app.server.once('connection', resolve));
  const client = connect(port, '127.0.0.1');
  afterTest(() => client.destroy());
  client.on('error', () => {});
  client.pause().write('GET /unread HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  const socket = await connected;
  // Fills the buffers of the system, until nothing leaves this process any more.
  let [sent, turns] = [0, 0];
  await until(() => {
    if (socket.writableLength === 0) body.push(Buffer.alloc(64 * 1024));
    const sentNow = sentBytes(socket);
    turns = socket.writableLength > 0 && sentNow === sent ? turns + 1 : 0;
    sent = sentNow;
    return turns === 50;
  });

  check();
  body.push(Buffer.alloc(1_000_000));
  const clock = jest.spyOn(performance, 'now');
  let now = performance.now();
  await until(() => {
    now += limits.stallTimeoutMs;
    clock.mockReturnValue(now);
    check();
    return socket.destroyed;
  });
  clock.mockRestore();

  expect(await (await fetch(`http://127.0.0.1:${port}/other`)).text()).toBe(other);
});
