import { describe, expect, test } from '@jest/globals';
import { closeCodes, MonitorError } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { afterTest } from './support/cleanup.ts';
import { connect, range, seqsOf } from './support/connection.ts';
import { startGateway } from './support/gateway.ts';
import { MemoryStore } from './support/memory-store.ts';
import { helloOf, publish } from './support/publisher.ts';
import { ReconnectingPublisher } from './support/reconnecting-publisher.ts';
import { until } from './support/until.ts';

const run = sampleRun({ runId: 'a', epochs: 2, batchesPerEpoch: 10 });

/** Starts a gateway, with functions that make its store fail and work again. */
async function setUp() {
  const store = new MemoryStore();
  const works = { append: store.append.bind(store), check: store.check };
  const gateway = await startGateway({ store, limits: { storeCheckMs: 20 } });
  const fail = (code: 'store.full' | 'store.read_only' = 'store.full'): void => {
    const error = new MonitorError(code, 'no space is left for the database /srv/runs/monitor.db');
    Object.assign(store, { append: () => Promise.reject(error), check: () => Promise.reject(error) });
  };
  const ready = async () => {
    const answer = await fetch(`${gateway.url}/readyz`);
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  return { store, gateway, fail, repair: () => Object.assign(store, works), ready };
}

describe('a store that cannot write', () => {
  test('is reported by code and time, without the name of a file, until it works again (P-176)', async () => {
    const { fail, repair, ready } = await setUp();
    expect(await ready()).toEqual({ status: 200, body: { status: 'ready' } });
    const before = Date.now();
    fail();
    const { status, body } = await ready();
    expect([status, body]).toEqual([
      503,
      {
        title: 'Service Unavailable',
        status: 503,
        code: 'store.full',
        detail: 'No space is left for the database.',
        since: expect.any(String),
      },
    ]);
    expect(Date.parse(body.since as string)).toBeGreaterThanOrEqual(before);
    expect((await ready()).body.since).toBe(body.since);
    repair();
    while ((await ready()).status !== 200);
  });

  test('closes publishers as storeUnavailable, and accepts none until it works again', async () => {
    const { gateway, fail, repair } = await setUp();
    const publisher = await publish(gateway.ingestUrl, run.slice(0, 2));
    fail();
    publisher.send(run.slice(2, 4));
    const { code, reason } = await publisher.connection.closed;
    expect([code, reason]).toEqual([closeCodes.storeUnavailable.code, 'No space is left for the database.']);
    const other = await connect(gateway.ingestUrl);
    other.send(helloOf('b'));
    expect((await other.closed).code).toBe(closeCodes.storeUnavailable.code);
    repair();
  });

  test('loses nothing: the run continues when it works again, for viewers too (P-81)', async () => {
    const { store, gateway, fail, repair } = await setUp();
    const viewer = await connect(gateway.liveUrl);
    await viewer.until(({ type }) => type === 'live');
    const publisher = new ReconnectingPublisher(gateway.ingestUrl, run);
    publisher.produce(10);
    await until(() => publisher.acked === 10);
    fail();
    publisher.produce(5);
    const untilFailure = await viewer.until(({ type }) => type === 'store');
    expect(untilFailure.at(-1)).toEqual({
      type: 'store',
      state: 'failing',
      message: 'No space is left for the database.',
    });
    expect(publisher.acked).toBe(10);
    publisher.produce(run.length);
    repair();
    const rest = await viewer.until(({ type }) => type === 'run.finished');
    expect(rest).toContainEqual({ type: 'store', state: 'ok', message: '' });
    expect(seqsOf([...untilFailure, ...rest])).toEqual(range(1, run.length));
    expect(await store.lastSeq('a')).toBe(run.length);
  });

  test('is reported to viewers that connect in the meantime (P-81)', async () => {
    const { gateway, fail, repair, ready } = await setUp();
    fail('store.read_only');
    await ready();
    const viewer = await connect(gateway.liveUrl);
    const [hello, state] = [await viewer.next(), await viewer.next()];
    expect([hello.type, state.type, state.state]).toEqual(['hello', 'store', 'failing']);
    repair();
  });

  test('may have stored events of a failed write: viewers receive them once and in order', async () => {
    const { store, gateway } = await setUp();
    const viewer = await connect(gateway.liveUrl);
    const append = store.append.bind(store);
    let fails = true;
    store.append = async (...args) => {
      const seq = await append(...args);
      if (!fails || seq < 5) return seq;
      fails = false;
      throw new MonitorError('store.failing', 'the disk fails');
    };
    const publisher = new ReconnectingPublisher(gateway.ingestUrl, run);
    afterTest(() => publisher.close());
    publisher.produce(7);
    await until(() => !fails);
    publisher.produce(run.length);
    const seen = await viewer.until(({ type }) => type === 'run.finished');
    expect(seqsOf(seen)).toEqual(range(1, run.length));
  });
});
