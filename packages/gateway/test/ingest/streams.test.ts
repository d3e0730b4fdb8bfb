import { describe, expect, test } from '@jest/globals';
import { closeCodes, MonitorError } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { toNewEvent } from '../../src/store/store.ts';
import { connect, range, seqsOf } from '../support/connection.ts';
import { startGateway } from '../support/gateway.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { helloOf, openPublisher } from '../support/publisher.ts';
import { until } from '../support/until.ts';

const run = sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 20 });

/** Publishes the first `count` events, disconnects, and resolves with the publisher, which has its stream id. */
async function publishFirst(url: string, count: number, hello: object = {}) {
  const publisher = await openPublisher(url, helloOf('a', hello));
  publisher.send(run.slice(publisher.after, count));
  await publisher.acked(count);
  publisher.connection.socket.close();
  await publisher.connection.closed;
  return publisher;
}

async function summaryAt(url: string): Promise<{ stream: string; lastSeq: number }> {
  return (await (await fetch(`${url}/api/runs/a`)).json()) as { stream: string; lastSeq: number };
}

describe('the gateway', () => {
  test('announces the stream of a run before its first event, and stores the run with it (P-113)', async () => {
    const { url, ingestUrl } = await startGateway();
    const first = await openPublisher(ingestUrl, helloOf('a'));
    expect(first.stream).toMatch(/^[0-9a-f]{12}-[0-9a-f]{8}$/);
    first.send(run.slice(0, 3));
    await first.acked(3);
    expect((await summaryAt(url)).stream).toBe(first.stream);
  });

  test('keeps the stream across connections of its publisher and its own restart (P-109, P-116)', async () => {
    const store = new MemoryStore();
    const before = await startGateway({ store });
    const first = await publishFirst(before.ingestUrl, 3);
    const second = await publishFirst(before.ingestUrl, 6, { stream: first.stream, acknowledged: 3 });
    await before.close();
    const { ingestUrl } = await startGateway({ store });
    const third = await publishFirst(ingestUrl, 9, { stream: first.stream, acknowledged: 6 });
    expect([first, second, third].map(({ stream, after }) => [stream, after])).toEqual([
      [first.stream, 0],
      [first.stream, 3],
      [first.stream, 6],
    ]);
  });

  test('renews the stream when acknowledged events are missing, logs that once, and accepts them again (P-117)', async () => {
    const store = new MemoryStore();
    const before = await startGateway({ store });
    const first = await publishFirst(before.ingestUrl, 9);
    await before.close();
    store.loseEnd('a', 5);
    // This gateway has never seen the lost events: only the publisher knows of them.
    const { url, liveUrl, ingestUrl, log } = await startGateway({ store });
    const viewer = await connect(liveUrl);
    await viewer.until(({ type }) => type === 'live');
    const position = { stream: first.stream, acknowledged: 9 };
    const second = await openPublisher(ingestUrl, helloOf('a', position));
    expect(second.after).toBe(5);
    expect(second.stream).not.toBe(first.stream);
    second.send(run.slice(5, 10));
    const seen = await viewer.until(({ seq }) => seq === 10);
    const hellos = seen.filter(({ type }) => type === 'hello');
    expect(hellos).toMatchObject([{ restart: 'otherStream', run: { stream: second.stream } }]);
    expect(seqsOf(seen)).toEqual(range(1, 10));
    expect(await summaryAt(url)).toMatchObject({ stream: second.stream, lastSeq: 10 });
    expect(log.filter((line) => line.includes('has lost events'))).toHaveLength(1);

    // A viewer that saw the lost events starts again, too.
    const back = await connect(`${liveUrl}?run=a&after=9&stream=${first.stream}`);
    const [hello] = await back.until(({ seq }) => seq === 10);
    expect(hello).toMatchObject({ after: 0, restart: 'otherStream' });
  });

  test.each([
    ['the end of a run', 3],
    ['a run', 0],
  ])('asks the publisher of a paused run for what the store has lost: %s (P-274)', async (_, lastSeq) => {
    const store = new MemoryStore();
    const { url, ingestUrl } = await startGateway({ store, limits: { storeCheckMs: 10 } });
    const first = await openPublisher(ingestUrl, helloOf('a'));
    first.send(run.slice(0, 5));
    await first.acked(5);
    store.loseEnd('a', lastSeq);
    // After each failure of the store, the gateway compares what it has shown with the store.
    const failures = [new MonitorError('store.failing', 'the disk has failed')];
    store.check = async () => {
      const failure = failures.pop();
      if (failure) throw failure;
    };
    expect(await first.connection.closed).toMatchObject({ code: closeCodes.outOfOrder.code });
    const position = { stream: first.stream, acknowledged: 5 };
    const second = await openPublisher(ingestUrl, helloOf('a', position));
    expect(second.after).toBe(lastSeq);
    second.send(run.slice(lastSeq, 5));
    await second.acked(5);
    expect(await summaryAt(url)).toMatchObject({ stream: second.stream, lastSeq: 5 });
  });

  test('asks a publisher for what the store has lost after its position was read, and before `resume` (P-274)', async () => {
    const store = new MemoryStore();
    const { ingestUrl } = await startGateway({ store, limits: { storeCheckMs: 10 } });
    const { stream } = await publishFirst(ingestUrl, 5);
    const failures: Error[] = [];
    store.check = async () => {
      const failure = failures.pop();
      if (failure) throw failure;
    };
    // Two summaries are read at a time: the one that is broadcast, and that of the publisher, whose position has been read.
    const read = store.summary.bind(store);
    let reads = 0;
    store.summary = async (runId) => {
      if (++reads === 2) {
        store.loseEnd('a', 3);
        failures.push(new MonitorError('store.failing', 'the disk has failed'));
      }
      await until(() => store.streamOf('a') !== stream);
      return read(runId);
    };
    const second = await openPublisher(ingestUrl, helloOf('a', { stream, acknowledged: 5 }));
    expect(second.after).toBe(5);
    expect(await second.connection.closed).toMatchObject({ code: closeCodes.outOfOrder.code });
  });

  test('accepts a run again that was deleted, from its publisher, in another stream (P-118)', async () => {
    const { url, ingestUrl } = await startGateway();
    const first = await publishFirst(ingestUrl, run.length);
    expect((await fetch(`${url}/api/runs/a`, { method: 'DELETE' })).status).toBe(200);
    const position = { stream: first.stream, acknowledged: run.length };
    const second = await publishFirst(ingestUrl, run.length, position);
    expect(second.after).toBe(0);
    expect(second.stream).not.toBe(first.stream);
    expect(await summaryAt(url)).toMatchObject({ stream: second.stream, lastSeq: run.length });
  });

  test('closes a publisher whose run was replaced by another one, and stores nothing of it (P-119, S-42)', async () => {
    const { url, ingestUrl } = await startGateway();
    const first = await publishFirst(ingestUrl, run.length);
    await fetch(`${url}/api/runs/a`, { method: 'DELETE' });
    const other = await publishFirst(ingestUrl, 4, { publisherId: 'publisher-2' });
    const back = await connect(ingestUrl);
    back.send(helloOf('a', { stream: first.stream, acknowledged: run.length }));
    expect(await back.closed).toMatchObject({ code: closeCodes.otherRun.code });
    expect(await summaryAt(url)).toMatchObject({ stream: other.stream, lastSeq: 4 });
    // The publisher of the other run can continue it.
    const own = { publisherId: 'publisher-2', stream: other.stream, acknowledged: 4 };
    expect((await publishFirst(ingestUrl, 6, own)).after).toBe(4);
  });

  test('closes a publisher whose run was replaced while it is connected as out of order, and stores nothing of it', async () => {
    const store = new MemoryStore();
    const { ingestUrl } = await startGateway({ store });
    const publisher = await openPublisher(ingestUrl, helloOf('a'));
    publisher.send(run.slice(0, 5));
    await publisher.acked(5);
    await store.remove('a');
    await store.append('a', run.slice(0, 5).map(toNewEvent));
    publisher.send(run.slice(5, 7));
    expect(await publisher.connection.closed).toMatchObject({ code: closeCodes.outOfOrder.code });
    expect(await store.lastSeq('a')).toBe(5);
  });

  test('accepts a publisher whose first events were stored late, by a write that seemed to fail', async () => {
    const store = new MemoryStore();
    const { url, ingestUrl } = await startGateway({ store });
    const first = await openPublisher(ingestUrl, helloOf('a'));
    const second = await openPublisher(ingestUrl, helloOf('a', { stream: first.stream, acknowledged: 0 }));
    await store.append('a', run.slice(0, 2).map(toNewEvent), first.stream);
    second.send(run.slice(0, 4));
    expect(await second.connection.closed).toMatchObject({ code: closeCodes.outOfOrder.code });
    const third = await openPublisher(ingestUrl, helloOf('a', { stream: second.stream, acknowledged: 0 }));
    expect([third.after, third.stream]).toEqual([2, first.stream]);
    third.send(run.slice(2, 4));
    await third.acked(4);
    expect(await summaryAt(url)).toMatchObject({ stream: first.stream, lastSeq: 4 });
  });

  test('sends a command that arrives before `resume` after it (P-148)', async () => {
    const store = new MemoryStore();
    const { liveUrl, ingestUrl } = await startGateway({ store });
    const { stream } = await publishFirst(ingestUrl, 3);
    const viewer = await connect(liveUrl);
    await viewer.until(({ type }) => type === 'live');
    const position = store.position.bind(store);
    store.position = async (runId) => {
      store.position = position;
      viewer.send({ type: 'command', id: 'command-1', command: 'pause', runId: 'a' });
      // The gateway handles the messages of a connection in order, so the command has arrived before this answer.
      viewer.send({ type: 'command', id: 'command-2', command: 'pause', runId: 'none' });
      await viewer.until(({ type, id }) => type === 'commandResult' && id === 'command-2');
      return position(runId);
    };
    const back = await connect(ingestUrl);
    back.send(helloOf('a', { stream, acknowledged: 3, commands: ['pause'] }));
    const messages = await back.until(({ type }) => type === 'command');
    expect(messages.map(({ type }) => type)).toEqual(['resume', 'command']);
  });

  test('shortens the origin of a stream id that a publisher has made up', async () => {
    const { ingestUrl } = await startGateway();
    const publisher = await openPublisher(ingestUrl, helloOf('a', { stream: 'x'.repeat(64) }));
    expect(publisher.stream).toMatch(/^x{12}-[0-9a-f]{8}$/);
  });

  test.each([
    ['a number', { stream: 7 }, 'stream'],
    ['an empty text', { stream: '' }, 'stream'],
    ['a text of 65 characters', { stream: 'x'.repeat(65) }, 'stream'],
    ['an object', { stream: {} }, 'stream'],
    ['a publisherId of 7 characters', { publisherId: 'x'.repeat(7) }, 'publisherId'],
    ['a publisherId of 65 characters', { publisherId: 'x'.repeat(65) }, 'publisherId'],
    ['commands that are no list', { commands: 'pause' }, 'commands'],
    ['a negative number of acknowledged events', { stream: 'x-1', acknowledged: -1 }, 'acknowledged'],
    ['a text of acknowledged events', { stream: 'x-1', acknowledged: '9' }, 'acknowledged'],
  ])('refuses a hello with %s by name (P-14)', async (_what, fields, name) => {
    const { ingestUrl } = await startGateway();
    const publisher = await connect(ingestUrl);
    publisher.send(helloOf('a', fields));
    const { code, reason } = await publisher.closed;
    expect(code).toBe(closeCodes.invalid.code);
    expect(reason).toMatch(new RegExp(`^expected hello or wait: ${name}: `));
  });

  test.each(['', 'x'.repeat(65), 'a b', '../x'])('refuses /live?stream=%s by name (P-72)', async (stream) => {
    const { liveUrl } = await startGateway();
    const viewer = await connect(`${liveUrl}?after=1&stream=${encodeURIComponent(stream)}`);
    const { code, reason } = await viewer.closed;
    expect(code).toBe(closeCodes.invalid.code);
    expect(reason).toMatch(/^stream: expected the stream id of a hello or resume/);
  });

  test('does not renew a stream because a viewer asks for events beyond the end (P-112, S-43)', async () => {
    const { url, liveUrl, ingestUrl } = await startGateway();
    const { stream } = await publishFirst(ingestUrl, 5);
    const viewer = await connect(`${liveUrl}?run=a&after=${Number.MAX_SAFE_INTEGER}&stream=${stream}`);
    const seen = await viewer.until(({ type }) => type === 'live');
    expect(seen[0]).toMatchObject({ after: 0, restart: 'beyondEnd' });
    expect(seqsOf(seen)).toEqual(range(1, 5));
    expect((await summaryAt(url)).stream).toBe(stream);
  });

  test('does not renew a stream because another publisher reports a loss while that of the run is connected (S-44)', async () => {
    const { url, liveUrl, ingestUrl } = await startGateway();
    const publisher = await openPublisher(ingestUrl, helloOf('a'));
    publisher.send(run.slice(0, 5));
    await publisher.acked(5);
    const viewer = await connect(liveUrl);
    await viewer.until(({ type }) => type === 'live');
    const { stream } = await summaryAt(url); // Anyone who may read knows it.
    const other = await connect(ingestUrl);
    other.send(helloOf('a', { publisherId: 'publisher-2', stream, acknowledged: 9 }));
    expect((await other.closed).code).toBe(closeCodes.runTaken.code);
    publisher.send(run.slice(5, 7));
    await publisher.acked(7);
    expect(await summaryAt(url)).toMatchObject({ stream, lastSeq: 7 });
    const seen = await viewer.until(({ seq }) => seq === 7);
    expect(seen.filter(({ type }) => type === 'hello')).toEqual([]);
  });

  test('keeps the events of a run whose stream another publisher has renewed, and lets its own publisher continue (S-44)', async () => {
    const { url, ingestUrl } = await startGateway();
    const first = await publishFirst(ingestUrl, 5);
    const lie = { publisherId: 'publisher-2', stream: first.stream, acknowledged: 9 };
    const other = await openPublisher(ingestUrl, helloOf('a', lie));
    other.connection.socket.close();
    await other.connection.closed;
    expect(other.stream).not.toBe(first.stream);
    const back = await openPublisher(ingestUrl, helloOf('a', { stream: first.stream, acknowledged: 5 }));
    expect([back.after, back.stream]).toEqual([5, other.stream]);
    back.send(run.slice(5));
    await back.acked(run.length);
    expect(await summaryAt(url)).toMatchObject({ stream: other.stream, lastSeq: run.length });
  });

  test('gives another ETag to a run that begins again with as many events (P-185)', async () => {
    const { url, ingestUrl } = await startGateway();
    const tagOf = async () => (await fetch(`${url}/api/runs/a/series`)).headers.get('etag');
    await publishFirst(ingestUrl, run.length);
    const before = await tagOf();
    expect(await tagOf()).toBe(before);
    await fetch(`${url}/api/runs/a`, { method: 'DELETE' });
    await publishFirst(ingestUrl, run.length);
    expect(await tagOf()).not.toBe(before);
  });
});
