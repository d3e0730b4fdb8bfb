import { afterEach, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import {
  type ConnectionState,
  closeCodes,
  commandSchema,
  connectLive,
  encode,
  type LiveClient,
  type LiveClientMessage,
  type LiveClientOptions,
  type LiveStatus,
  liveSubprotocols,
  validate,
  type WebSocketConstructor,
} from '../../src/index.ts';
import { sampleRun } from '../../src/testing/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeGateway, helloFor } from '../support/fake-gateway.ts';

const run = sampleRun({ runId: 'a' });
const newerRun = sampleRun({ runId: 'b' });

describe('connectLive', () => {
  let client: LiveClient | undefined;
  afterEach(() => client?.close());

  /** Starts a client that records everything it reports as a list of short texts, such as `a1` for event 1 of run a. */
  function start(url: string, options: Partial<LiveClientOptions> = {}) {
    const records: string[] = [];
    const waiting = new Set<() => void>();
    const record = (text: string): void => {
      records.push(text);
      for (const wake of waiting) wake();
    };
    client = connectLive({
      url,
      WebSocket: WebSocket as unknown as WebSocketConstructor,
      onHello: (hello) => record(`hello ${hello.run?.runId ?? 'none'}`),
      onEvent: ({ runId, seq }) => record(`${runId}${seq}`),
      onLive: (seq) => record(`live ${seq}`),
      onGap: ({ from, to }) => record(`gap ${from}-${to}`),
      onInvalid: () => record('invalid'),
      onState: (state: ConnectionState) =>
        record('reason' in state ? `${state.name}: ${state.reason}` : state.name),
      ...options,
    });
    const waitFor = async (text: string): Promise<void> => {
      while (!records.includes(text))
        await new Promise<void>((resolve) => {
          waiting.add(resolve);
        });
    };
    /** Returns the records about runs, without connection states. */
    const runRecords = (): string[] =>
      records.filter((text) => !/^(connecting|open$|waiting|closed)/.test(text));
    return { records, waitFor, runRecords };
  }

  test('reads the events of a bundle one by one, and skips only invalid ones', async () => {
    const gateway = await FakeGateway.open();
    const { waitFor, runRecords } = start(gateway.url);
    const connection = await gateway.accept();
    connection.send(helloFor('a'));
    const wrong = { ...run[2], data: {} };
    connection.socket.send(encode({ type: 'events', events: [run[0], run[1], wrong, run[3], run[1]] }));
    connection.send({ type: 'live', seq: 4 });
    await waitFor('live 4');
    expect(runRecords()).toEqual(['hello a', 'a1', 'a2', 'invalid', 'a4', 'live 4']);
  });

  test('requests the latest run with the newest subprotocol, and reports what arrives', async () => {
    const gateway = await FakeGateway.open();
    const { waitFor, runRecords, records } = start(gateway.url);
    const connection = await gateway.accept();
    expect(connection.protocol).toBe(liveSubprotocols[0]);
    expect(Object.fromEntries(connection.query)).toEqual({ run: 'latest', bundle: 'true' });
    connection.send(helloFor('a'), run[0]!, run[1]!, { type: 'live', seq: 2 }, run[2]!);
    await waitFor('a3');
    expect(runRecords()).toEqual(['hello a', 'a1', 'a2', 'live 2', 'a3']);
    expect(records.slice(0, 2)).toEqual(['connecting', 'open']);
  });

  test('requests the run, position and types of its options', async () => {
    const gateway = await FakeGateway.open();
    start(gateway.url, { run: 'a', after: 7, types: ['batch', 'epoch'] });
    const { query } = await gateway.accept();
    expect(Object.fromEntries(query)).toMatchObject({ run: 'a', after: '7', types: 'batch,epoch' });
  });

  test('reconnects after a lost connection and continues where it was (P-89)', async () => {
    const gateway = await FakeGateway.open();
    const { waitFor, runRecords, records } = start(gateway.url);
    const first = await gateway.accept();
    first.send(helloFor('a'), ...run.slice(0, 5));
    await waitFor('a5');
    first.socket.terminate();
    const second = await gateway.accept();
    expect(Object.fromEntries(second.query)).toMatchObject({ run: 'latest', after: '5', afterRun: 'a' });
    second.send(helloFor('a', 6), run[5]!);
    await waitFor('a6');
    expect(runRecords().filter((text) => text !== 'hello a')).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'a6']);
    expect(records).toContain('waiting: connection lost');
  });

  test('reports no event twice and none of another run', async () => {
    const gateway = await FakeGateway.open();
    const { waitFor, runRecords } = start(gateway.url);
    const connection = await gateway.accept();
    connection.send(helloFor('a'), run[0]!, run[1]!, run[0]!, newerRun[2]!, run[1]!, run[2]!);
    await waitFor('a3');
    expect(runRecords()).toEqual(['hello a', 'a1', 'a2', 'a3']);
  });

  test('starts from the first event when another run begins (P-88)', async () => {
    const gateway = await FakeGateway.open();
    const { waitFor, runRecords } = start(gateway.url);
    const connection = await gateway.accept();
    connection.send(helloFor('a'), run[0]!, run[1]!, helloFor('b'), newerRun[0]!);
    await waitFor('b1');
    expect(runRecords()).toEqual(['hello a', 'a1', 'a2', 'hello b', 'b1']);
    connection.socket.terminate();
    expect(Object.fromEntries((await gateway.accept()).query)).toMatchObject({ after: '1', afterRun: 'b' });
  });

  test('does not request events again that a gap skipped or a filter left out (P-89)', async () => {
    const gateway = await FakeGateway.open();
    const { waitFor } = start(gateway.url);
    const connection = await gateway.accept();
    connection.send(helloFor('a'), run[0]!, { type: 'gap', from: 2, to: 8 }, { type: 'live', seq: 10 });
    await waitFor('live 10');
    connection.socket.terminate();
    expect((await gateway.accept()).query.get('after')).toBe('10');
  });

  test('ignores unknown fields, and skips events of unknown types (P-8)', async () => {
    const gateway = await FakeGateway.open();
    const { waitFor, runRecords } = start(gateway.url);
    const connection = await gateway.accept();
    const weather = { ...run[1]!, type: 'weather', data: { rain: true } };
    const later = { ...run[2]!, host: 'x', data: { ...run[2]!.data, added: [1] } };
    for (const message of [{ ...helloFor('a'), added: 1 }, run[0], weather, later])
      connection.socket.send(encode(message as never));
    connection.send({ type: 'live', seq: 3 });
    await waitFor('live 3');
    expect(runRecords()).toEqual(['hello a', 'a1', 'invalid', 'a3', 'live 3']);
  });

  test('skips messages that do not match the protocol (P-8)', async () => {
    const gateway = await FakeGateway.open();
    const { waitFor, runRecords } = start(gateway.url);
    const connection = await gateway.accept();
    connection.send(helloFor('a'));
    for (const text of ['', '{', '{"type":"weather"}', 'null']) connection.socket.send(text);
    connection.send(run[0]!);
    await waitFor('a1');
    expect(runRecords()).toEqual(['hello a', 'invalid', 'invalid', 'invalid', 'invalid', 'a1']);
  });

  test.each(Object.entries(closeCodes).filter(([, { retry }]) => !retry))(
    'stops when the gateway closes the connection with %s (P-155)',
    async (_name, { code }) => {
      const gateway = await FakeGateway.open();
      const { waitFor, records } = start(gateway.url);
      (await gateway.accept()).socket.close(code, 'because');
      await waitFor('closed: because');
      expect(records).toEqual(['connecting', 'open', 'closed: because']);
    },
  );

  test('reconnects when the gateway closes the connection with goingAway (P-155)', async () => {
    const gateway = await FakeGateway.open();
    const { records } = start(gateway.url);
    (await gateway.accept()).socket.close(closeCodes.goingAway.code);
    await gateway.accept();
    expect(records).toContain('waiting: goingAway');
  });

  test('keeps a connection while heartbeats arrive, and drops it after 2.5 intervals without one (P-90)', async () => {
    const gateway = await FakeGateway.open();
    const clock = new FakeClock();
    const { waitFor, records } = start(gateway.url, { clock });
    const connection = await gateway.accept();
    connection.send(helloFor('a', 1, 300), run[0]!);
    await waitFor('a1');
    clock.advance(700);
    connection.send({ type: 'heartbeat', time: '2026-11-24T10:00:00.000Z' }, { type: 'live', seq: 1 });
    await waitFor('live 1');
    clock.advance(749);
    expect(records.at(-1)).toBe('live 1');
    clock.advance(1);
    expect(records.at(-1)).toBe('waiting: no sign of life from the gateway');
    clock.advance(500); // The first delay is at most 500 ms.
    expect(Object.fromEntries((await gateway.accept()).query)).toMatchObject({ after: '1' });
  });

  test('reports changes of the store and of runs', async () => {
    const gateway = await FakeGateway.open();
    const reported: object[] = [];
    const { waitFor } = start(gateway.url, {
      onStore: ({ state, message }) => reported.push({ state, message }),
      onAnnotated: ({ runId, title }) => reported.push({ runId, title }),
      onRemoved: (runId) => reported.push({ removed: runId }),
    });
    const connection = await gateway.accept();
    connection.send(
      helloFor('a'),
      { type: 'store', state: 'failing', message: 'No space is left.' },
      { type: 'annotated', runId: 'b', title: 'Deeper', note: null, pinned: true },
      { type: 'removed', runId: 'b' },
      run[0]!,
    );
    await waitFor('a1');
    expect(reported).toEqual([
      { state: 'failing', message: 'No space is left.' },
      { runId: 'b', title: 'Deeper' },
      { removed: 'b' },
    ]);
  });

  test('reports everything as one stream of messages', async () => {
    const gateway = await FakeGateway.open();
    const stream: LiveClientMessage[] = [];
    const { waitFor } = start(gateway.url, {
      onMessage: (message) => stream.push(message),
    });
    const connection = await gateway.accept();
    const controls = [
      helloFor('a'),
      { type: 'store', state: 'failing', message: 'No space is left.' },
      { type: 'trainers', waiting: 1 },
      { type: 'gap', from: 1, to: 2 },
    ] as const;
    connection.send(...controls, run[2]!, { type: 'heartbeat', time: run[2]!.time });
    connection.socket.send('{');
    connection.socket.close(closeCodes.runDeleted.code, 'deleted');
    await waitFor('closed: deleted');
    expect(stream).toEqual([
      { type: 'connection', state: { name: 'connecting' } },
      { type: 'connection', state: { name: 'open' } },
      controls[0],
      controls[1],
      controls[2],
      controls[3],
      { type: 'event', event: run[2] },
      { type: 'invalid', description: expect.stringMatching(/^expected JSON/) },
      { type: 'connection', state: { name: 'closed', reason: 'deleted', code: 'runDeleted' } },
    ]);
  });

  test('reads a run from its start if an earlier run with the same id was removed', async () => {
    const gateway = await FakeGateway.open();
    const { waitFor, runRecords } = start(gateway.url);
    const connection = await gateway.accept();
    connection.send(helloFor('a'), run[0]!, run[1]!, { type: 'removed', runId: 'a' }, helloFor(null));
    await waitFor('hello none');
    connection.send(helloFor('a'), run[0]!, { type: 'live', seq: 1 });
    await waitFor('live 1');
    expect(runRecords()).toEqual(['hello a', 'a1', 'a2', 'hello none', 'hello a', 'a1', 'live 1']);
  });

  test('reads a run from its start if it is removed and begins again at once, in a feed without positions', async () => {
    const gateway = await FakeGateway.open();
    const { waitFor, runRecords } = start(gateway.url);
    const connection = await gateway.accept();
    connection.send(helloFor('a'), run[0]!, run[1]!, { type: 'removed', runId: 'a' }, helloFor('a'), run[0]!);
    connection.send({ type: 'live', seq: 1 });
    await waitFor('live 1');
    expect(runRecords()).toEqual(['hello a', 'a1', 'a2', 'hello a', 'a1', 'live 1']);
  });

  test('waits longer after each lost connection, and as briefly as at first after a hello', async () => {
    const gateway = await FakeGateway.open();
    const clock = new FakeClock();
    const delays: number[] = [];
    let lost = (): void => {};
    const onState = (state: ConnectionState): void => {
      if (state.name !== 'waiting') return;
      delays.push(state.retryInMs);
      lost();
    };
    const { waitFor } = start(gateway.url, { clock, random: () => 1, onState });
    for (const attempt of [1, 2, 3, 4, 5]) {
      const connection = await gateway.accept();
      if (attempt === 4) {
        connection.send(helloFor('a'));
        await waitFor('hello a');
      }
      const isLost = new Promise<void>((resolve) => {
        lost = resolve;
      });
      connection.socket.terminate();
      await isLost;
      clock.advance(delays.at(-1)!);
    }
    expect(delays).toEqual([500, 1_000, 2_000, 500, 1_000]);
  });

  test('explains that the runtime has no WebSocket', () => {
    const { WebSocket: before } = globalThis as { WebSocket?: unknown };
    const set = (value: unknown) =>
      Object.defineProperty(globalThis, 'WebSocket', { value, configurable: true, writable: true });
    set(undefined);
    expect(() => connectLive({ url: 'ws://localhost:5000/live' })).toThrow(
      new TypeError('expected a WebSocket: this runtime has none; pass one as options.WebSocket'),
    );
    set(before);
  });

  test('sends commands for the run that it follows, and resolves them with their answers', async () => {
    const gateway = await FakeGateway.open();
    const { waitFor } = start(gateway.url);
    const connection = await gateway.accept();
    connection.send(helloFor('a'));
    await waitFor('hello a');
    const answer = client!.command('setLearningRate', { learningRate: 0.005 }, { token: 'sesame' });
    const sent = await connection.receive();
    expect(validate(commandSchema, sent).ok).toBe(true);
    expect(sent).toEqual({
      type: 'command',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      command: 'setLearningRate',
      data: { learningRate: 0.005 },
      token: 'sesame',
      runId: 'a',
    });
    const result = { type: 'commandResult', id: sent.id, ok: true } as const;
    connection.send({ ...result, id: 'of-another' }, result);
    expect(await answer).toEqual(result);
  });

  test('sends commands about the queue for the run that it follows, and resolves with the queue', async () => {
    const gateway = await FakeGateway.open();
    const { waitFor } = start(gateway.url);
    const connection = await gateway.accept();
    connection.send(helloFor('a'));
    await waitFor('hello a');
    const answer = client!.command(
      'enqueue',
      { epochs: 3, name: 'Deeper', tags: ['sweep'] },
      { by: 'sweep.py' },
    );
    const added = await connection.receive();
    const data = { epochs: 3, name: 'Deeper', tags: ['sweep'] };
    expect(added).toMatchObject({ command: 'enqueue', data, by: 'sweep.py', runId: 'a' });
    const queue = [{ queuedId: added.id, data, by: 'sweep.py' }];
    connection.send({ type: 'commandResult', id: added.id, ok: true, queue });
    expect(await answer).toMatchObject({ ok: true, queue });
    client!.command('moveQueued', { queuedId: added.id, position: 0 });
    expect(await connection.receive()).toMatchObject({
      command: 'moveQueued',
      data: { position: 0 },
      runId: 'a',
    });
    client!.command('listQueue', {}, { runId: 'b' });
    expect(await connection.receive()).toMatchObject({ command: 'listQueue', runId: 'b' });
    client!.command('cancelQueued', { queuedId: added.id });
    expect(await connection.receive()).toMatchObject({
      command: 'cancelQueued',
      data: { queuedId: added.id },
      runId: 'a',
    });
  });

  test('sends the command start without a run', async () => {
    const gateway = await FakeGateway.open();
    const { waitFor } = start(gateway.url);
    const connection = await gateway.accept();
    connection.send(helloFor('a'));
    await waitFor('hello a');
    client!.command('start', { epochs: 2 });
    expect(await connection.receive()).toEqual({
      type: 'command',
      id: expect.any(String),
      command: 'start',
      data: { epochs: 2 },
    });
  });

  test('sends a command again unchanged if the connection is lost before the answer (P-147)', async () => {
    const gateway = await FakeGateway.open();
    const { waitFor } = start(gateway.url);
    const first = await gateway.accept();
    first.send(helloFor('a'));
    await waitFor('hello a');
    const answer = client!.command('stop');
    const sent = await first.receive();
    first.socket.terminate();
    const second = await gateway.accept();
    second.send(helloFor('b'), helloFor('b'));
    expect(await second.receive()).toEqual(sent);
    expect(sent).toMatchObject({ runId: 'a' });
    second.send({ type: 'commandResult', id: sent.id, ok: true });
    expect(await answer).toMatchObject({ ok: true });
  });

  test('resolves a command at once with command.not_connected without a connection', async () => {
    const gateway = await FakeGateway.open();
    start(gateway.url);
    expect(await client!.command('pause')).toMatchObject({ ok: false, code: 'command.not_connected' });
    expect((await gateway.accept()).query.get('run')).toBe('latest');
  });

  test('resolves a command with command.timeout when it is closed before the answer', async () => {
    const gateway = await FakeGateway.open();
    const { waitFor } = start(gateway.url);
    const connection = await gateway.accept();
    connection.send(helloFor('a'));
    await waitFor('hello a');
    const answer = client!.command('pause', {}, { id: 'my-own-id' });
    await connection.receive();
    client!.close();
    expect(await answer).toMatchObject({ id: 'my-own-id', ok: false, code: 'command.timeout' });
  });

  test('reports the status of runs and the number of waiting trainers', async () => {
    const gateway = await FakeGateway.open();
    const reported: unknown[] = [];
    const { waitFor } = start(gateway.url, {
      onStatus: (status) => reported.push(status),
      onTrainers: (waiting) => reported.push(waiting),
    });
    const connection = await gateway.accept();
    const status: LiveStatus = {
      ...{ type: 'status', runId: 'b', status: 'paused', connected: true },
      ...{ commands: ['resume'], viewers: 3 },
    };
    connection.send(helloFor('a'), status, { type: 'trainers', waiting: 2 }, run[0]!);
    await waitFor('a1');
    expect(reported).toEqual([status, 2]);
  });

  test('reconnects at once on retryNow, but only while it waits', async () => {
    const gateway = await FakeGateway.open();
    const { waitFor, records } = start(gateway.url);
    const first = await gateway.accept();
    first.send(helloFor('a'));
    await waitFor('hello a');
    client!.retryNow();
    first.socket.close(closeCodes.goingAway.code);
    await waitFor('waiting: goingAway');
    const before = performance.now();
    client!.retryNow();
    client!.retryNow();
    await gateway.accept();
    expect(performance.now() - before).toBeLessThan(250); // The shortest wait is half of 500 ms.
    expect(records.filter((text) => text === 'connecting')).toHaveLength(2);
    client!.close();
    client!.retryNow();
    expect(records.at(-1)).toBe('closed: closed by this client');
  });

  test('reports nothing and does not reconnect once it is closed', async () => {
    const gateway = await FakeGateway.open();
    const { records } = start(gateway.url);
    const connection = await gateway.accept();
    client?.close();
    connection.send(helloFor('a'), run[0]!);
    await new Promise((resolve) => connection.socket.once('close', resolve));
    expect(records.at(-1)).toBe('closed: closed by this client');
  });

  test('does not reconnect when it is closed while it waits', async () => {
    const gateway = await FakeGateway.open();
    const { waitFor, records } = start(gateway.url);
    (await gateway.accept()).socket.close(closeCodes.goingAway.code);
    await waitFor('waiting: goingAway');
    client?.close();
    await waitFor('closed: closed by this client');
    expect(records.at(-1)).toBe('closed: closed by this client');
  });
});
