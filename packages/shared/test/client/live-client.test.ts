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
  liveSubprotocol,
  validate,
  type WebSocketConstructor,
} from '../../src/index.ts';
import { sampleRun } from '../../src/testing/index.ts';
import { FakeFeed, helloOf } from '../support/fake-gateway.ts';

const run = sampleRun({ runId: 'a' });
const next = sampleRun({ runId: 'b' });

describe('the live client', () => {
  let client: LiveClient | undefined;
  afterEach(() => client?.close());

  /** Starts a client that keeps what it hears, as one list of words. */
  function start(url: string, options: Partial<LiveClientOptions> = {}) {
    const heard: string[] = [];
    const waiting = new Set<() => void>();
    const hear = (word: string): void => {
      heard.push(word);
      for (const wake of waiting) wake();
    };
    client = connectLive({
      url,
      WebSocket: WebSocket as unknown as WebSocketConstructor,
      onHello: (hello) => hear(`hello ${hello.run?.runId ?? 'none'}`),
      onEvent: ({ runId, seq }) => hear(`${runId}${seq}`),
      onLive: (seq) => hear(`live ${seq}`),
      onGap: ({ from, to }) => hear(`gap ${from}-${to}`),
      onInvalid: () => hear('invalid'),
      onState: (state: ConnectionState) =>
        hear('reason' in state ? `${state.name}: ${state.reason}` : state.name),
      ...options,
    });
    const hears = async (word: string): Promise<void> => {
      while (!heard.includes(word))
        await new Promise<void>((resolve) => {
          waiting.add(resolve);
        });
    };
    /** What was heard about runs: connection states left out. */
    const story = (): string[] => heard.filter((word) => !/^(connecting|open$|waiting|closed)/.test(word));
    return { heard, hears, story };
  }

  test('takes bundles of events as what they hold, and leaves out only what does not fit', async () => {
    const feed = await FakeFeed.open();
    const { hears, story } = start(feed.url);
    const visit = await feed.visit();
    visit.say(helloOf('a'));
    const wrong = { ...run[2], data: {} };
    visit.socket.send(encode({ type: 'events', events: [run[0], run[1], wrong, run[3], run[1]] }));
    visit.say({ type: 'live', seq: 4 });
    await hears('live 4');
    expect(story()).toEqual(['hello a', 'a1', 'a2', 'invalid', 'a4', 'live 4']);
  });

  test('asks for the latest run in its subprotocol and hands on what comes', async () => {
    const feed = await FakeFeed.open();
    const { hears, story, heard } = start(feed.url);
    const visit = await feed.visit();
    expect(visit.protocol).toBe(liveSubprotocol);
    expect(Object.fromEntries(visit.query)).toEqual({ run: 'latest', bundle: 'true' });
    visit.say(helloOf('a'), run[0]!, run[1]!, { type: 'live', seq: 2 }, run[2]!);
    await hears('a3');
    expect(story()).toEqual(['hello a', 'a1', 'a2', 'live 2', 'a3']);
    expect(heard.slice(0, 2)).toEqual(['connecting', 'open']);
  });

  test('asks for what it is told to', async () => {
    const feed = await FakeFeed.open();
    start(feed.url, { run: 'a', after: 7, types: ['batch', 'epoch'] });
    const { query } = await feed.visit();
    expect(Object.fromEntries(query)).toMatchObject({ run: 'a', after: '7', types: 'batch,epoch' });
  });

  test('comes back after a lost connection and goes on where it was', async () => {
    const feed = await FakeFeed.open();
    const { hears, story, heard } = start(feed.url);
    const first = await feed.visit();
    first.say(helloOf('a'), ...run.slice(0, 5));
    await hears('a5');
    first.socket.terminate();
    const second = await feed.visit();
    expect(Object.fromEntries(second.query)).toMatchObject({ run: 'latest', after: '5', afterRun: 'a' });
    second.say(helloOf('a', 6), run[5]!);
    await hears('a6');
    expect(story().filter((word) => word !== 'hello a')).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'a6']);
    expect(heard).toContain('waiting: connection lost');
  });

  test('hands on no event twice and none of another run', async () => {
    const feed = await FakeFeed.open();
    const { hears, story } = start(feed.url);
    const visit = await feed.visit();
    visit.say(helloOf('a'), run[0]!, run[1]!, run[0]!, next[2]!, run[1]!, run[2]!);
    await hears('a3');
    expect(story()).toEqual(['hello a', 'a1', 'a2', 'a3']);
  });

  test('starts again from 1 when another run begins', async () => {
    const feed = await FakeFeed.open();
    const { hears, story } = start(feed.url);
    const visit = await feed.visit();
    visit.say(helloOf('a'), run[0]!, run[1]!, helloOf('b'), next[0]!);
    await hears('b1');
    expect(story()).toEqual(['hello a', 'a1', 'a2', 'hello b', 'b1']);
    visit.socket.terminate();
    expect(Object.fromEntries((await feed.visit()).query)).toMatchObject({ after: '1', afterRun: 'b' });
  });

  test('does not ask again for what a gap said was skipped, or a filter left out', async () => {
    const feed = await FakeFeed.open();
    const { hears } = start(feed.url);
    const visit = await feed.visit();
    visit.say(helloOf('a'), run[0]!, { type: 'gap', from: 2, to: 8 }, { type: 'live', seq: 10 });
    await hears('live 10');
    visit.socket.terminate();
    expect((await feed.visit()).query.get('after')).toBe('10');
  });

  test('leaves out what does not fit the protocol and goes on', async () => {
    const feed = await FakeFeed.open();
    const { hears, story } = start(feed.url);
    const visit = await feed.visit();
    visit.say(helloOf('a'));
    for (const text of ['', '{', '{"type":"weather"}', 'null']) visit.socket.send(text);
    visit.say(run[0]!);
    await hears('a1');
    expect(story()).toEqual(['hello a', 'invalid', 'invalid', 'invalid', 'invalid', 'a1']);
  });

  test.each(Object.entries(closeCodes).filter(([, { retry }]) => !retry))(
    'gives up when it is closed as %s',
    async (_name, { code }) => {
      const feed = await FakeFeed.open();
      const { hears, heard } = start(feed.url);
      (await feed.visit()).socket.close(code, 'because');
      await hears('closed: because');
      expect(heard).toEqual(['connecting', 'open', 'closed: because']);
    },
  );

  test('comes back when it is closed as goingAway', async () => {
    const feed = await FakeFeed.open();
    const { heard } = start(feed.url);
    (await feed.visit()).socket.close(closeCodes.goingAway.code);
    await feed.visit();
    expect(heard).toContain('waiting: goingAway');
  });

  test('drops a connection that has been silent for two and a half heartbeats', async () => {
    const feed = await FakeFeed.open();
    const { hears, heard } = start(feed.url);
    const visit = await feed.visit();
    visit.say(helloOf('a', 1, 20), run[0]!);
    await hears('a1');
    expect(Object.fromEntries((await feed.visit()).query)).toMatchObject({ after: '1' });
    expect(heard).toContain('waiting: no sign of life from the gateway');
  });

  test('hands on what is said of the store and of runs', async () => {
    const feed = await FakeFeed.open();
    const said: object[] = [];
    const { hears } = start(feed.url, {
      onStore: ({ state, message }) => said.push({ state, message }),
      onAnnotated: ({ runId, title }) => said.push({ runId, title }),
      onRemoved: (runId) => said.push({ removed: runId }),
    });
    const visit = await feed.visit();
    visit.say(
      helloOf('a'),
      { type: 'store', state: 'failing', message: 'No space is left.' },
      { type: 'annotated', runId: 'b', title: 'Deeper', note: null, pinned: true },
      { type: 'removed', runId: 'b' },
      run[0]!,
    );
    await hears('a1');
    expect(said).toEqual([
      { state: 'failing', message: 'No space is left.' },
      { runId: 'b', title: 'Deeper' },
      { removed: 'b' },
    ]);
  });

  test('reports everything as one stream of messages', async () => {
    const feed = await FakeFeed.open();
    const stream: LiveClientMessage[] = [];
    const { hears } = start(feed.url, {
      onMessage: (message) => stream.push(message),
    });
    const visit = await feed.visit();
    const controls = [
      helloOf('a'),
      { type: 'store', state: 'failing', message: 'No space is left.' },
      { type: 'trainers', waiting: 1 },
      { type: 'gap', from: 1, to: 2 },
    ] as const;
    visit.say(...controls, run[2]!, { type: 'heartbeat', time: run[2]!.time });
    visit.socket.send('{');
    visit.socket.close(closeCodes.runDeleted.code, 'deleted');
    await hears('closed: deleted');
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

  test('takes a run from its beginning that was removed and begins anew under its name', async () => {
    const feed = await FakeFeed.open();
    const { hears, story } = start(feed.url);
    const visit = await feed.visit();
    visit.say(helloOf('a'), run[0]!, run[1]!, { type: 'removed', runId: 'a' }, helloOf(null));
    await hears('hello none');
    visit.say(helloOf('a'), run[0]!, { type: 'live', seq: 1 });
    await hears('live 1');
    expect(story()).toEqual(['hello a', 'a1', 'a2', 'hello none', 'hello a', 'a1', 'live 1']);
  });

  test('stays as long as heartbeats come', async () => {
    const feed = await FakeFeed.open();
    const { hears, heard } = start(feed.url);
    const visit = await feed.visit();
    visit.say(helloOf('a', 1, 300)); // Without one for 750 ms, it would leave.
    for (let beat = 0; beat < 20; beat++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      visit.say({ type: 'heartbeat', time: '2026-11-24T10:00:00.000Z' });
    }
    visit.say(run[0]!);
    await hears('a1');
    expect(heard.filter((word) => word.startsWith('waiting'))).toEqual([]);
  });

  test('sends commands about the run that it follows, and hands on their answers', async () => {
    const feed = await FakeFeed.open();
    const { hears } = start(feed.url);
    const visit = await feed.visit();
    visit.say(helloOf('a'));
    await hears('hello a');
    const answer = client!.command('setLearningRate', { learningRate: 0.005 }, { token: 'sesame' });
    const asked = await visit.heard();
    expect(validate(commandSchema, asked).ok).toBe(true);
    expect(asked).toEqual({
      type: 'command',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      command: 'setLearningRate',
      data: { learningRate: 0.005 },
      token: 'sesame',
      runId: 'a',
    });
    const result = { type: 'commandResult', id: asked.id, ok: true } as const;
    visit.say({ ...result, id: 'of-another' }, result);
    expect(await answer).toEqual(result);
  });

  test('leaves the run out of a start', async () => {
    const feed = await FakeFeed.open();
    const { hears } = start(feed.url);
    const visit = await feed.visit();
    visit.say(helloOf('a'));
    await hears('hello a');
    client!.command('start', { epochs: 2 });
    expect(await visit.heard()).toEqual({
      type: 'command',
      id: expect.any(String),
      command: 'start',
      data: { epochs: 2 },
    });
  });

  test('sends a command again, as it was, when the connection was cut before the answer', async () => {
    const feed = await FakeFeed.open();
    const { hears } = start(feed.url);
    const first = await feed.visit();
    first.say(helloOf('a'));
    await hears('hello a');
    const answer = client!.command('stop');
    const asked = await first.heard();
    first.socket.terminate();
    const second = await feed.visit();
    second.say(helloOf('b'), helloOf('b'));
    expect(await second.heard()).toEqual(asked);
    expect(asked).toMatchObject({ runId: 'a' });
    second.say({ type: 'commandResult', id: asked.id, ok: true });
    expect(await answer).toMatchObject({ ok: true });
  });

  test('says at once that nothing was sent when there is no connection', async () => {
    const feed = await FakeFeed.open();
    start(feed.url);
    expect(await client!.command('pause')).toMatchObject({ ok: false, code: 'command.not_connected' });
    expect((await feed.visit()).query.get('run')).toBe('latest');
  });

  test('says that it is not known whether a command was done when it is closed before the answer', async () => {
    const feed = await FakeFeed.open();
    const { hears } = start(feed.url);
    const visit = await feed.visit();
    visit.say(helloOf('a'));
    await hears('hello a');
    const answer = client!.command('pause', {}, { id: 'my-own-id' });
    await visit.heard();
    client!.close();
    expect(await answer).toMatchObject({ id: 'my-own-id', ok: false, code: 'command.timeout' });
  });

  test('hands on where runs stand and how many trainers wait', async () => {
    const feed = await FakeFeed.open();
    const told: unknown[] = [];
    const { hears } = start(feed.url, {
      onStatus: (status) => told.push(status),
      onTrainers: (waiting) => told.push(waiting),
    });
    const visit = await feed.visit();
    const status: LiveStatus = {
      ...{ type: 'status', runId: 'b', status: 'paused', connected: true },
      ...{ commands: ['resume'], viewers: 3 },
    };
    visit.say(helloOf('a'), status, { type: 'trainers', waiting: 2 }, run[0]!);
    await hears('a1');
    expect(told).toEqual([status, 2]);
  });

  test('tries at once when it is told to, and only while it waits', async () => {
    const feed = await FakeFeed.open();
    const { hears, heard } = start(feed.url);
    const first = await feed.visit();
    first.say(helloOf('a'));
    await hears('hello a');
    client!.retryNow();
    first.socket.close(closeCodes.goingAway.code);
    await hears('waiting: goingAway');
    const before = performance.now();
    client!.retryNow();
    client!.retryNow();
    await feed.visit();
    expect(performance.now() - before).toBeLessThan(250); // The shortest wait is half of 500 ms.
    expect(heard.filter((word) => word === 'connecting')).toHaveLength(2);
    client!.close();
    client!.retryNow();
    expect(heard.at(-1)).toBe('closed: closed by this client');
  });

  test('is silent once it is closed by its owner, and does not come back', async () => {
    const feed = await FakeFeed.open();
    const { heard } = start(feed.url);
    const visit = await feed.visit();
    client?.close();
    visit.say(helloOf('a'), run[0]!);
    await new Promise((resolve) => visit.socket.once('close', resolve));
    expect(heard.at(-1)).toBe('closed: closed by this client');
  });

  test('closed while it waits to come back stays closed', async () => {
    const feed = await FakeFeed.open();
    const { hears, heard } = start(feed.url);
    (await feed.visit()).socket.close(closeCodes.goingAway.code);
    await hears('waiting: goingAway');
    client?.close();
    await hears('closed: closed by this client');
    expect(heard.at(-1)).toBe('closed: closed by this client');
  });
});
