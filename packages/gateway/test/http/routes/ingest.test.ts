import { describe, expect, test } from '@jest/globals';
import { closeCodes, decodeLive, runListSchema, validate } from '@mnist-monitor/shared';
import { sampleRun, sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { toNewEvent } from '../../../src/store/store.ts';
import { Connection, connect, range, refusalStatus, seqsOf } from '../../support/connection.ts';
import { startGateway } from '../../support/gateway.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { helloOf, openPublisher, publish } from '../../support/publisher.ts';
import { until } from '../../support/until.ts';

const run = sampleRun({ runId: 'a', epochs: 2, batchesPerEpoch: 10 });

const finish = run.at(-1)!;
/** Each character takes six bytes as JSON: 930 kB that fit the schema. */
const files = Array.from({ length: 100 }, () => '\u0001'.repeat(1_550));
const largeEvent = { ...finish, seq: 2, data: { ...finish.data, files } };

async function eventsOf(url: string, runId: string) {
  const response = await fetch(`${url}/api/runs/${runId}/events?limit=2000`);
  return ((await response.json()) as { events: { seq: number; type: string; data: object }[] }).events;
}

describe('ingest', () => {
  test('resumes a run after its last stored event, and a new run at the start (P-15)', async () => {
    const gateway = await startGateway();
    const first = await openPublisher(gateway.ingestUrl, helloOf('a'));
    expect(first.after).toBe(0);
    first.send(run.slice(0, 4));
    await first.acked(4);
    first.connection.socket.close();
    const second = await openPublisher(gateway.ingestUrl, helloOf('a', { publisherId: 'publisher-2' }));
    expect(second.after).toBe(4);
  });

  test('acknowledges only committed events, and many with one ack (P-16, P-21)', async () => {
    const store = new MemoryStore();
    const gateway = await startGateway({ store });
    const publisher = await openPublisher(gateway.ingestUrl, helloOf('a'));
    const viewer = await connect(gateway.liveUrl);
    await viewer.until(({ type }) => type === 'live');

    let commit: (() => void) | undefined;
    const append = store.append.bind(store);
    store.append = async (...args) => {
      await new Promise<void>((resolve) => (commit = resolve));
      return append(...args);
    };
    const received: { type: string; seq: number }[] = [];
    for (const { socket } of [publisher.connection, viewer])
      socket.on('message', (data) => received.push(JSON.parse(String(data))));

    publisher.send(run);
    await until(() => commit !== undefined);
    await fetch(`${gateway.url}/healthz`);
    expect(received).toEqual([]);
    store.append = append;
    commit!();
    await publisher.acked(run.length);
    const acks = received.filter(({ type }) => type === 'ack');
    expect(acks.at(-1)).toEqual({ type: 'ack', seq: run.length });
    expect(acks.length).toBeLessThanOrEqual(3);
    expect(seqsOf(await viewer.until(({ type }) => type === 'run.finished'))).toEqual(range(1, run.length));
  });

  test('ignores and acknowledges events that are stored already (P-22)', async () => {
    const gateway = await startGateway();
    const publisher = await publish(gateway.ingestUrl, run.slice(0, 6));
    publisher.send(run.slice(2, 4));
    expect(await publisher.acked(6)).toEqual([{ type: 'ack', seq: 6 }]);
    publisher.send(run.slice(4, 8));
    await publisher.acked(8);
    expect((await eventsOf(gateway.url, 'a')).map(({ seq }) => seq)).toEqual(range(1, 8));
  });

  test.each([
    [
      'an event with a value of the wrong type',
      { ...run[1], data: { ...run[1]!.data, epoch: 'one' } },
      /data\.epoch/,
    ],
    ['an event of an unknown type', { ...run[1], type: 'weather', data: {} }, /"weather"/],
    ['an event with an invalid time', { ...run[1], time: 'noon' }, /time/],
    ['an event with the time of a zone', { ...run[1], time: '2026-11-24T10:00:00+01:00' }, /time/],
    [
      'an accuracy in percent',
      { ...run[1], data: { ...run[1]!.data, accuracy: 93.1 } },
      /data\.accuracy: expected a number from 0 to 1, or "NaN", got 93\.1$/,
    ],
    [
      'a field twice',
      JSON.stringify(run[1]).replace('"v":1', '"v":1,"seq":2'),
      /expected each field once, got "seq" twice$/,
    ],
    [
      'unknown fields nested too deep',
      { ...run[1], note: JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) },
      /expected at most 32 nested objects and lists, got more$/,
    ],
    ['an event over 900 kB', largeEvent, /expected an event of at most 921600 bytes, got 9\d{5}$/],
  ])(
    'answers %s with a reject and stores a notice in its place (P-5, P-11, P-17, P-240, P-244, S-30)',
    async (_what, bad, about) => {
      const gateway = await startGateway();
      const publisher = await publish(gateway.ingestUrl, run.slice(0, 1));
      publisher.connection.socket.send(typeof bad === 'string' ? bad : JSON.stringify(bad));
      publisher.send(run.slice(2, 4));
      const [reject] = await publisher.acked(4);
      expect(reject).toMatchObject({ type: 'reject', seq: 2, code: 'message.invalid' });
      const events = await eventsOf(gateway.url, 'a');
      expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
      expect(events[1]).toMatchObject({
        type: 'notice',
        data: { level: 'error', code: 'event.rejected', message: expect.stringMatching(about) },
      });
    },
  );

  test('keeps an event byte for byte: viewers and exports receive unknown fields and numbers as published (P-9)', async () => {
    const gateway = await startGateway();
    const publisher = await publish(gateway.ingestUrl, run.slice(0, 1));
    const viewer = await connect(`${gateway.liveUrl}?run=a&after=1`);
    const texts: string[] = [];
    viewer.socket.on('message', (data) => texts.push(String(data)));
    await viewer.until(({ type }) => type === 'live');
    // As Python writes it: with spaces, UTC as an offset, and an integer that JavaScript cannot represent.
    const json = JSON.stringify({ ...run[1], time: '2026-11-24T10:00:00.123456+00:00' }).replace(
      '"v":1',
      '"v": 1,\t"host": {"seed": 12345678901234567890, "accuracy": 1.50}',
    );
    publisher.connection.socket.send(json.replace('"v": 1,', '"v": 1,\r\n'));
    await publisher.acked(2);
    const stored = json.replace('"v": 1,', '"v": 1,  ');
    const lines = await (await fetch(`${gateway.url}/api/runs/a/export.jsonl`)).text();
    expect(lines.split('\n')[1]).toBe(stored);
    expect(await (await fetch(`${gateway.url}/api/runs/a/events?after=1`)).text()).toBe(
      `{"events":[${stored}],"nextAfter":null}`,
    );
    await until(() => texts.includes(stored));
    const summary = (await (await fetch(`${gateway.url}/api/runs/a`)).json()) as Record<string, unknown>;
    expect(summary).toMatchObject({ lastEventAt: '2026-11-24T10:00:00.123456Z', batch: run[1]!.data });
    expect(JSON.stringify(summary)).not.toContain('seed": 1');
  });

  test('reads runs that an older gateway stored with an accuracy in percent (P-7)', async () => {
    const store = new MemoryStore();
    const old = run.map((event) =>
      event.type === 'batch' ? { ...event, data: { ...event.data, accuracy: 93.1 } } : event,
    );
    await store.append('a', old.map(toNewEvent));
    const gateway = await startGateway({ store });
    const viewer = await connect(`${gateway.liveUrl}?run=a`);
    const [hello, ...events] = await viewer.until(({ type }) => type === 'run.finished');
    expect(hello!.run).toMatchObject({ batch: { accuracy: 93.1 } });
    expect(events.map((event) => decodeLive(JSON.stringify(event))[0]!.ok)).toEqual(run.map(() => true));
    const lines = await (await fetch(`${gateway.url}/api/runs/a/export.jsonl`)).text();
    expect(lines).toBe(old.map((event) => `${toNewEvent(event).json}\n`).join(''));
  });

  test('closes a publisher whose URL has a parameter, and names the parameter (P-73, S-28)', async () => {
    const gateway = await startGateway();
    const connection = await connect(`${gateway.ingestUrl}?token=x`);
    expect(await connection.closed).toEqual({
      code: closeCodes.invalid.code,
      reason: 'unknown parameter "token": expected no parameters',
    });
  });

  test.each([
    ['a seq is missing', run[2]!, 'outOfOrder'],
    ['an invalid event skips a seq', { ...run[2], data: {} }, 'outOfOrder'],
    ['the event belongs to another run', { ...run[1], runId: 'b' }, 'invalid'],
    ['the envelope is invalid', { ...run[1], v: 2 }, 'invalid'],
    ['the seq is no number', { ...run[1], seq: 'two' }, 'invalid'],
    ['the run is no id', { ...run[1], runId: '../a' }, 'invalid'],
    ['a second hello arrives', helloOf('a'), 'invalid'],
  ] as const)('closes when %s (P-23, P-24, P-25)', async (_what, message, name) => {
    const gateway = await startGateway();
    const publisher = await publish(gateway.ingestUrl, run.slice(0, 1));
    publisher.connection.send(message);
    expect((await publisher.connection.closed).code).toBe(closeCodes[name].code);
    expect(await eventsOf(gateway.url, 'a')).toHaveLength(1);
  });

  test.each([
    ['an event', run[0]!, 'invalid'],
    ['a hello of another protocol', helloOf('a', { protocol: 3 }), 'invalid'],
    ['a hello without a run', helloOf(''), 'invalid'],
    ['a hello of a run named latest', helloOf('latest'), 'invalid'],
  ] as const)('closes when the first message is %s (P-4, P-25)', async (_what, message, name) => {
    const gateway = await startGateway();
    const connection = await connect(gateway.ingestUrl);
    connection.send(message);
    expect((await connection.closed).code).toBe(closeCodes[name].code);
  });

  test('closes when the first message has a repeated field, and names the field (P-11)', async () => {
    const gateway = await startGateway();
    const connection = await connect(gateway.ingestUrl);
    connection.socket.send(JSON.stringify(helloOf('a')).replace('{', '{"runId":"b",'));
    expect(await connection.closed).toEqual({
      code: closeCodes.invalid.code,
      reason: 'expected hello or wait: expected each field once, got "runId" twice',
    });
  });

  test('closes when a text is not JSON, and when no hello arrives (P-246, S-31)', async () => {
    const gateway = await startGateway({ limits: { helloTimeoutMs: 20 } });
    const invalid = await connect(gateway.ingestUrl);
    invalid.socket.send('{"type":');
    expect((await invalid.closed).code).toBe(closeCodes.invalid.code);
    const silent = await connect(gateway.ingestUrl);
    expect((await silent.closed).code).toBe(closeCodes.helloTimeout.code);
  });

  test('closes a publisher that sends a binary message, also in place of hello (P-1)', async () => {
    const gateway = await startGateway();
    const early = await connect(gateway.ingestUrl);
    early.socket.send(Buffer.from(JSON.stringify(helloOf('a'))));
    expect((await early.closed).code).toBe(closeCodes.invalid.code);
    const publisher = await publish(gateway.ingestUrl, run.slice(0, 1));
    publisher.connection.socket.send(Buffer.from(JSON.stringify(run[1])));
    expect((await publisher.connection.closed).code).toBe(closeCodes.invalid.code);
    expect(await eventsOf(gateway.url, 'a')).toHaveLength(1);
  });

  test('closes a publisher that sends a message over 1 MB, counts it, and continues (P-239, S-30)', async () => {
    const gateway = await startGateway();
    const connection = await connect(gateway.ingestUrl);
    connection.socket.send('x'.repeat(1024 * 1024 + 1));
    expect((await connection.closed).code).toBe(closeCodes.tooBig.code);
    expect(gateway.closings).toEqual(['tooBig']);
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toContain('monitor_connections_closed_total{endpoint="ingest",name="tooBig"} 1');
  });

  test('reads no faster than the publisher reads its replies, and closes one that reads none (P-247, S-41)', async () => {
    const gateway = await startGateway({ limits: { stallTimeoutMs: 100 } });
    const publisher = await publish(gateway.ingestUrl, run.slice(0, 1));
    const { socket } = publisher.connection;
    socket.pause();
    const unread = async (): Promise<number> => {
      const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
      return Number(/monitor_unread_bytes\{endpoint="ingest"\} (\d+)/.exec(metrics)?.[1]);
    };
    let mostUnread = 0;
    // Each reply is ten times as large as its event; the system holds the first megabytes.
    for (let seq = 2; !gateway.closings.includes('slow'); seq++) {
      if (socket.bufferedAmount < 1_000_000) publisher.connection.send({ v: 1, runId: 'a', seq });
      if (seq % 500 === 0) mostUnread = Math.max(mostUnread, await unread());
    }
    expect(mostUnread).toBeLessThan(2_000_000);
    socket.resume();
    expect((await publisher.connection.closed).code).toBe(closeCodes.slow.code);
  });

  test('requires the token when one is set (S-4)', async () => {
    const gateway = await startGateway({ token: 'sesame' });
    for (const token of [undefined, '', 'Sesame', 'sesame ']) {
      const connection = await connect(gateway.ingestUrl);
      connection.send(helloOf('a', { token }));
      expect((await connection.closed).code).toBe(closeCodes.unauthorized.code);
    }
    expect((await openPublisher(gateway.ingestUrl, helloOf('a', { token: 'sesame' }))).after).toBe(0);
  });

  test('refuses publishers beyond the limit (P-256)', async () => {
    const gateway = await startGateway({ limits: { publishers: 2 } });
    await publish(gateway.ingestUrl, run.slice(0, 2));
    // Connected before the limit was reached, like many publishers after a restart.
    const late = await connect(gateway.ingestUrl);
    await openPublisher(gateway.ingestUrl, helloOf('b'));
    expect(await refusalStatus(gateway.ingestUrl)).toBe(503);
    late.send(helloOf('c'));
    expect((await late.closed).code).toBe(closeCodes.tooMany.code);
  });

  test('limits the connections of one network, as reported by a trusted proxy (P-258, S-33)', async () => {
    const limits = { socketsPerAddress: 1 };
    const gateway = await startGateway({ limits, token: 'sesame', proxies: ['127.0.0.1'] });
    const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });
    for (const [first, second, other] of [
      ['192.0.2.1', '192.0.2.1', '192.0.2.2'],
      ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1'],
    ] as const) {
      await connect(gateway.ingestUrl, from(first));
      expect(await refusalStatus(gateway.ingestUrl, from(second))).toBe(429);
      await connect(gateway.ingestUrl, from(other));
    }
  });

  test('accepts publishers although others connect and send nothing (P-257, S-34)', async () => {
    const gateway = await startGateway({
      limits: { publishers: 1, pendingHellos: 3, closeTimeoutMs: 60_000 },
    });
    const silent = [];
    for (let client = 0; client < 5; client++) silent.push(await connect(gateway.ingestUrl));
    for (const connection of silent) connection.socket.pause();
    expect((await openPublisher(gateway.ingestUrl, helloOf('a'))).after).toBe(0);
    const [oldest] = silent;
    oldest!.socket.resume();
    expect((await oldest!.closed).code).toBe(closeCodes.helloTimeout.code);
  });

  test('gives a run to one publisher at a time (P-26, S-45)', async () => {
    const gateway = await startGateway();
    const holder = await publish(gateway.ingestUrl, run.slice(0, 2));
    const other = await connect(gateway.ingestUrl);
    other.send(helloOf('a', { publisherId: 'publisher-2' }));
    expect((await other.closed).code).toBe(closeCodes.runTaken.code);
    holder.send(run.slice(2, 4));
    await holder.acked(4);
  });

  test('closes the older connection of a publisher that reconnects, without losing its events (P-27)', async () => {
    const store = new MemoryStore();
    const gateway = await startGateway({ store });
    const older = await publish(gateway.ingestUrl, run.slice(0, 2));
    let appending = false;
    let commit = (): void => {};
    const append = store.append.bind(store);
    store.append = async (...args) => {
      appending = true;
      await new Promise<void>((resolve) => (commit = resolve));
      return append(...args);
    };
    older.send(run.slice(2, 5));
    await until(() => appending);
    const newer = openPublisher(gateway.ingestUrl, helloOf('a'));
    expect((await older.connection.closed).code).toBe(closeCodes.replaced.code);
    commit();
    expect((await newer).after).toBe(5);
  });

  test('reads nothing more of a publisher while too many of its events wait for the disk (P-248, S-41)', async () => {
    const store = new MemoryStore();
    const gateway = await startGateway({ store, limits: { uncommittedBytes: 100_000 } });
    const publisher = await publish(gateway.ingestUrl, run.slice(0, 1));
    const append = store.append.bind(store);
    let write = (): void => {};
    store.append = async (...args) => {
      await new Promise<void>((resolve) => {
        write = resolve;
      });
      return append(...args);
    };
    const received = async (): Promise<number> => {
      const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
      return Number(/monitor_received_bytes_total\{endpoint="ingest"\} (\d+)/.exec(metrics)?.[1]);
    };
    // 24 MB: more than the buffers of the system hold.
    const data = { ...finish.data, files: files.map((file) => file.slice(0, 1_000)) };
    publisher.send(range(2, 41).map((seq) => ({ ...finish, seq, data }) as typeof finish));
    let [last, bytes] = [0, 0];
    while (bytes < 100_000 || bytes > last) [last, bytes] = [bytes, await received()];
    expect(bytes).toBeLessThan(5_000_000);
    store.append = append;
    write();
    await publisher.acked(41);
  });

  test('loses no event of a publisher whose socket it pauses for a while (S-41)', async () => {
    const store = new MemoryStore();
    const gateway = await startGateway({ store, limits: { uncommittedBytes: 2_000, commitEvents: 3 } });
    const viewer = new Connection(gateway.liveUrl);
    const publisher = await openPublisher(gateway.ingestUrl, helloOf('a'));
    publisher.send(run);
    await publisher.acked(run.length);
    expect(seqsOf(await viewer.until(({ type }) => type === 'run.finished'))).toEqual(range(1, run.length));
  });

  test('closes as internal, which permits a retry, after an internal error (P-156)', async () => {
    const store = new MemoryStore();
    const gateway = await startGateway({ store });
    const publisher = await publish(gateway.ingestUrl, run.slice(0, 2));
    const append = store.append.bind(store);
    store.append = () => Promise.reject(new Error('disk full'));
    publisher.send(run.slice(2, 4));
    expect((await publisher.connection.closed).code).toBe(closeCodes.internal.code);
    store.append = append;
    const again = await openPublisher(gateway.ingestUrl, helloOf('a'));
    expect(again.after).toBe(2);
  });

  test('reports whether the publisher of a run is connected', async () => {
    const gateway = await startGateway();
    const connected = async () => {
      const response = await fetch(`${gateway.url}/api/runs/a`);
      return ((await response.json()) as { connected: boolean }).connected;
    };
    const publisher = await publish(gateway.ingestUrl, run.slice(0, 2));
    expect(await connected()).toBe(true);
    publisher.connection.socket.close();
    await publisher.connection.closed;
    expect(await connected()).toBe(false);
  });

  test('validates events by the protocol version of the hello (P-14, P-39)', async () => {
    const gateway = await startGateway();
    const [started] = sampleRun({ runId: 'one' });
    const own = sampleRunOfVersion2('two');
    const one = await openPublisher(gateway.ingestUrl, helloOf('one'));
    const batch = { ...own[1]!, runId: 'one', seq: 2 };
    one.send([started!, batch]);
    const replies = await one.acked(2);
    expect(replies.find(({ type }) => type === 'reject')).toMatchObject({ seq: 2, code: 'message.invalid' });
    const two = await openPublisher(
      gateway.ingestUrl,
      helloOf('two', { protocol: 2, publisherId: 'publisher-2' }),
    );
    two.send(own);
    const accepted = await two.acked(own.length);
    expect(accepted.filter(({ type }) => type === 'reject')).toEqual([]);
    const summary = await (await fetch(`${gateway.url}/api/runs/two`)).json();
    expect(summary).toMatchObject({
      status: 'completed',
      bestAccuracy: 0.5,
      started: { name: 'A small language model' },
    });
    const found = validate(
      runListSchema,
      await (await fetch(`${gateway.url}/api/runs?search=baseline`)).json(),
    );
    expect(found.ok && found.value.runs.map(({ runId }) => runId)).toEqual(['two']);
  });
});
