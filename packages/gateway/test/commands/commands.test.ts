import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { closeCodes } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { toNewEvent } from '../../src/store/store.ts';
import { Connection, connect, type Message } from '../support/connection.ts';
import { startGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { helloOf, openPublisher } from '../support/publisher.ts';
import { openIdleTrainer, openTrainer } from '../support/trainer.ts';

const run = sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 4 });

let count = 0;
const newId = (): string => `command-${count++}`;

/** Sends a command and returns its id, without waiting for the answer. */
const send = (viewer: Connection, command: string, more: object = {}): string => {
  const id = newId();
  viewer.send({ type: 'command', id, command, ...more });
  return id;
};
const answerOf = async (viewer: Connection) =>
  (await viewer.until(({ type }) => type === 'commandResult')).at(-1);
const ask = (viewer: Connection, command: string, more: object = {}) => {
  send(viewer, command, more);
  return answerOf(viewer);
};

/** Starts a gateway, a trainer that publishes run "a", and a viewer that has received its events. */
async function setUp(options: TestGatewayOptions = {}, trainerOptions: object = {}) {
  const gateway = await startGateway(options);
  const trainer = await openTrainer(gateway.ingestUrl, 'a', trainerOptions);
  trainer.send(run.slice(0, 3));
  await trainer.acked(3);
  return { gateway, trainer, viewer: await connectViewer(gateway.liveUrl) };
}

async function connectViewer(url: string): Promise<Connection> {
  const viewer = await connect(url);
  await viewer.until(({ type }) => type === 'live');
  return viewer;
}

describe('commands', () => {
  test('reach the trainer of the followed run without the token, and are answered (P-143, S-28)', async () => {
    const { trainer, viewer } = await setUp({ commandToken: 'sesame' });
    const id = send(viewer, 'setLearningRate', { data: { learningRate: 0.005 }, token: 'sesame' });
    expect(await trainer.nextCommand()).toEqual({
      type: 'command',
      id,
      command: 'setLearningRate',
      data: { learningRate: 0.005 },
      runId: 'a',
    });
    trainer.answer(id);
    expect(await answerOf(viewer)).toEqual({ type: 'commandResult', id, ok: true });
  });

  test.each(['a', 'latest'])(
    'sent before the hello reach the trainer of the run that ?run=%s names (P-149)',
    async (named) => {
      const { gateway, trainer } = await setUp();
      const viewer = new Connection(`${gateway.liveUrl}?run=${named}`);
      viewer.socket.once('open', () => send(viewer, 'stop'));
      expect(await trainer.nextCommand()).toMatchObject({ command: 'stop', runId: 'a' });
    },
  );

  test('about the queue reach the trainer of the followed run, with their sender, and return the queue (P-143)', async () => {
    const { trainer, viewer } = await setUp({}, { commands: ['enqueue', 'moveQueued'] });
    const data = { epochs: 3, name: 'Higher rate', tags: ['sweep'] };
    const id = send(viewer, 'enqueue', { data, by: 'page' });
    expect(await trainer.nextCommand()).toMatchObject({
      id,
      command: 'enqueue',
      data,
      by: 'page',
      runId: 'a',
    });
    const queue = [{ queuedId: id, data, by: 'page' }];
    trainer.answer(id, { ok: true, queue });
    expect(await answerOf(viewer)).toEqual({ type: 'commandResult', id, ok: true, queue });
    const refused = await ask(viewer, 'cancelQueued', { data: { queuedId: id } });
    expect(refused).toMatchObject({ ok: false, code: 'command.no_trainer' });
    const wrong = await ask(viewer, 'moveQueued', { data: { queuedId: id, position: 50 } });
    expect(wrong).toMatchObject({ ok: false, code: 'message.invalid' });
  });

  describe('about the queue', () => {
    const names = ['enqueue', 'listQueue', 'moveQueued', 'cancelQueued'];
    const dataOf = (name: string): object => {
      const queuedId = 'command-of-the-queue';
      return { cancelQueued: { queuedId }, moveQueued: { queuedId, position: 0 } }[name] ?? {};
    };
    const idle = ['start', ...names];

    test('reach the trainer of the followed run when that has ended and the trainer is idle (P-140)', async () => {
      const { gateway, trainer, viewer } = await setUp({}, { publisherId: 'publisher-2', commands: names });
      trainer.connection.socket.close();
      await openIdleTrainer(gateway.ingestUrl, 'publisher-1', idle);
      const own = await openIdleTrainer(gateway.ingestUrl, 'publisher-2', idle);
      for (const name of names) {
        const id = send(viewer, name, { data: dataOf(name) });
        expect(await own.nextCommand()).toMatchObject({ id, command: name, runId: 'a' });
        own.answer(id, { ok: true, queue: [] });
        expect(await answerOf(viewer)).toMatchObject({ id, ok: true, queue: [] });
      }
    });

    test('reach the trainer of the followed run when it trains another one (P-140)', async () => {
      const { gateway, trainer } = await setUp({}, { publisherId: 'publisher-2', commands: names });
      const viewer = await connect(`${gateway.liveUrl}?run=a`);
      await viewer.until(({ type }) => type === 'live');
      trainer.connection.socket.close();
      const own = await openTrainer(gateway.ingestUrl, 'b', { publisherId: 'publisher-2', commands: names });
      await openIdleTrainer(gateway.ingestUrl, 'publisher-1', idle);
      const id = send(viewer, 'listQueue');
      expect(await own.nextCommand()).toMatchObject({ id, command: 'listQueue' });
    });

    test('reach the trainer that has been idle longest when the followed run has no trainer, or none that queues (P-140)', async () => {
      const gateway = await startGateway();
      const first = await openIdleTrainer(gateway.ingestUrl, 'publisher-1', idle);
      await openIdleTrainer(gateway.ingestUrl, 'publisher-2', idle);
      const viewer = await connectViewer(gateway.liveUrl);
      const id = send(viewer, 'enqueue');
      expect(await first.nextCommand()).toMatchObject({ id });
      const other = await openTrainer(gateway.ingestUrl, 'a', { publisherId: 'publisher-3' });
      other.send(run.slice(0, 1));
      await viewer.until(({ type }) => type === 'run.started');
      const next = send(viewer, 'enqueue');
      expect(await first.nextCommand()).toMatchObject({ id: next, runId: 'a' });
    });

    test('are refused in one line when no trainer accepts them', async () => {
      const { viewer } = await setUp();
      expect(await ask(viewer, 'enqueue')).toMatchObject({
        ...{ ok: false, code: 'command.no_trainer' },
        message: 'no idle trainer accepts enqueue, and the one of run a does not or is not connected',
      });
    });
  });

  test('reach the trainer of the run that they name (P-149)', async () => {
    const { gateway, trainer, viewer } = await setUp();
    const other = await openTrainer(gateway.ingestUrl, 'b', { publisherId: 'publisher-2' });
    other.send(sampleRun({ runId: 'b' }).slice(0, 1));
    await other.acked(1);
    const id = send(viewer, 'pause', { runId: 'a' });
    expect(await trainer.nextCommand()).toMatchObject({ id, runId: 'a' });
  });

  test('are answered with the refusal of a trainer (P-144)', async () => {
    const { trainer, viewer } = await setUp();
    const id = send(viewer, 'pause');
    await trainer.nextCommand();
    trainer.answer(id, { ok: false, code: 'command.refused', message: 'not now' });
    expect(await answerOf(viewer)).toMatchObject({ ok: false, code: 'command.refused', message: 'not now' });
  });

  test('are answered to the viewer that sent them (P-84)', async () => {
    const { gateway, trainer, viewer } = await setUp();
    const other = await connectViewer(gateway.liveUrl);
    const ids = [send(viewer, 'pause'), send(other, 'resume')];
    for (const _ of ids) await trainer.nextCommand();
    for (const id of ids) trainer.answer(id);
    expect(await answerOf(viewer)).toMatchObject({ id: ids[0], ok: true });
    expect(await answerOf(other)).toMatchObject({ id: ids[1], ok: true });
  });

  test.each([
    ['no token', {}, false],
    ['another token', { token: 'barley' }, true],
  ])(
    'with %s are refused where a token is set, and reach no trainer (P-234, S-3)',
    async (_what, more, isClosed) => {
      const { gateway, trainer, viewer } = await setUp({ commandToken: 'sesame' });
      const id = send(viewer, 'pause', more);
      expect(await answerOf(viewer)).toMatchObject({ id, ok: false, code: 'command.unauthorized' });
      if (isClosed) expect((await viewer.closed).code).toBe(closeCodes.unauthorized.code);
      const next = isClosed ? await connectViewer(gateway.liveUrl) : viewer;
      next.send({ type: 'command', id, command: 'pause', token: 'sesame' });
      expect(await trainer.nextCommand()).toMatchObject({ id });
    },
  );

  test('are off where other machines reach the gateway and no token is set (S-2)', async () => {
    const { gateway, viewer } = await setUp({ bind: '0.0.0.0' });
    expect(await ask(viewer, 'pause', { token: 'anything' })).toMatchObject({
      ok: false,
      code: 'command.off',
    });
    const late = await connect(gateway.liveUrl);
    expect(await late.next()).toMatchObject({ type: 'hello', commands: 'off' });
  });

  test('are refused when no trainer is connected', async () => {
    const gateway = await startGateway();
    const viewer = await connectViewer(gateway.liveUrl);
    expect(await ask(viewer, 'pause')).toMatchObject({ ok: false, code: 'command.no_trainer' });
    expect(await ask(viewer, 'start')).toMatchObject({
      ...{ ok: false, code: 'command.no_trainer' },
      message: 'no trainer is connected that could start a run',
    });
    const trainer = await openTrainer(gateway.ingestUrl, 'a');
    expect(await ask(viewer, 'start')).toMatchObject({
      ...{ ok: false, code: 'command.no_trainer' },
      message: 'no trainer is idle: wait until the current run has ended',
    });
    trainer.connection.socket.close();
    await trainer.connection.closed;
    expect(await ask(viewer, 'pause', { runId: 'a' })).toMatchObject({
      ok: false,
      code: 'command.no_trainer',
    });
  });

  test('about a run that has ended are refused by its name, also while its publisher is connected and after it has reconnected (P-150)', async () => {
    const { gateway, trainer, viewer } = await setUp();
    const events = run.slice(3);
    trainer.send(events);
    await trainer.acked(run.length);
    const refusal = { ok: false, code: 'command.refused', message: 'run a has ended' };
    for (const name of ['pause', 'resume', 'stop'])
      expect(await ask(viewer, name, { runId: 'a' })).toMatchObject(refusal);
    const data = { learningRate: 0.1 };
    const id = newId();
    for (const _ of ['first', 'again']) {
      viewer.send({ type: 'command', id, command: 'setLearningRate', data, runId: 'a' });
      expect(await answerOf(viewer)).toMatchObject({ id, ...refusal });
    }
    trainer.connection.socket.close();
    await trainer.connection.closed;
    await openTrainer(gateway.ingestUrl, 'a');
    expect(await ask(viewer, 'stop', { runId: 'a' })).toMatchObject(refusal);
  });

  test('about a run are neither sent to the next run of its trainer nor refused by it: they may have been executed (P-151, P-275)', async () => {
    const { gateway, trainer, viewer } = await setUp(
      { limits: { commandTimeoutMs: 200 } },
      { publisherId: 'publisher-1' },
    );
    const id = send(viewer, 'stop');
    await trainer.nextCommand();
    trainer.connection.socket.terminate();
    const next = await openTrainer(gateway.ingestUrl, 'b', { publisherId: 'publisher-1' });
    expect(await answerOf(viewer)).toMatchObject({ id, ok: false, code: 'command.timeout' });
    next.send(sampleRun({ runId: 'b' }).slice(0, 1));
    expect((await next.acked(1)).map(({ type }) => type)).not.toContain('command');
    const back = await openTrainer(gateway.ingestUrl, 'a', { publisherId: 'publisher-1' });
    viewer.send({ type: 'command', id, command: 'stop', runId: 'a' });
    expect(await back.nextCommand()).toMatchObject({ id });
    back.answer(id);
    expect(await answerOf(viewer)).toEqual({ type: 'commandResult', id, ok: true });
  });

  test('about a run are for the connection of that run where a process publishes several (P-149)', async () => {
    const { gateway, trainer, viewer } = await setUp(
      { limits: { commandTimeoutMs: 200 } },
      { publisherId: 'publisher-1' },
    );
    const second = await openTrainer(gateway.ingestUrl, 'b', { publisherId: 'publisher-1' });
    second.send(sampleRun({ runId: 'b' }).slice(0, 1));
    await second.acked(1);
    const id = send(viewer, 'stop', { runId: 'b' });
    expect(await second.nextCommand()).toMatchObject({ id });
    // The first answer is late: the client repeats the command.
    expect(await answerOf(viewer)).toMatchObject({ id, code: 'command.timeout' });
    viewer.send({ type: 'command', id, command: 'stop', runId: 'b' });
    expect(await second.nextCommand()).toMatchObject({ id });
    second.answer(id);
    expect(await answerOf(viewer)).toMatchObject({ id, ok: true });
    await trainer.connection.roundTrip();
    expect(trainer.connection.takeAll().map(({ type }) => type)).not.toContain('command');
  });

  test('about a run are not sent to another run that its process begins to publish in the meantime (P-151)', async () => {
    const { gateway, trainer, viewer } = await setUp({}, { publisherId: 'publisher-1' });
    const id = send(viewer, 'stop');
    await trainer.nextCommand();
    const other = await openTrainer(gateway.ingestUrl, 'b', { publisherId: 'publisher-1' });
    trainer.answer(id);
    expect(await answerOf(viewer)).toMatchObject({ id, ok: true });
    await other.connection.roundTrip();
    expect(other.connection.takeAll().map(({ type }) => type)).not.toContain('command');
  });

  test('do not reach a publisher that does not accept them (P-18)', async () => {
    const { trainer, viewer } = await setUp({}, { commands: undefined });
    expect(await ask(viewer, 'pause')).toMatchObject({ ok: false, code: 'command.refused' });
    trainer.send(run.slice(3, 5));
    expect((await trainer.acked(5)).every(({ type }) => type === 'ack')).toBe(true);
  });

  test('without an answer time out, and a repeated one receives the late answer (P-147, P-238)', async () => {
    const { trainer, viewer } = await setUp({ limits: { commandTimeoutMs: 50 } });
    const id = send(viewer, 'stop');
    await trainer.nextCommand();
    expect(await answerOf(viewer)).toMatchObject({ id, ok: false, code: 'command.timeout' });
    trainer.answer(id);
    await trainer.connection.roundTrip();
    viewer.send({ type: 'command', id, command: 'stop' });
    expect(await answerOf(viewer)).toEqual({ type: 'commandResult', id, ok: true });
  });

  test('with a repeated id are forwarded once, and answered the same (P-147, S-46)', async () => {
    const { gateway, trainer, viewer } = await setUp();
    const id = send(viewer, 'pause');
    await trainer.nextCommand();
    trainer.answer(id);
    await answerOf(viewer);
    const other = await connectViewer(gateway.liveUrl);
    other.send({ type: 'command', id, command: 'pause' });
    expect(await answerOf(other)).toEqual({ type: 'commandResult', id, ok: true });
    const next = send(viewer, 'resume');
    expect(await trainer.nextCommand()).toMatchObject({ id: next });
  });

  test('are sent again to a trainer that reconnects without having answered (P-148)', async () => {
    const { gateway, trainer, viewer } = await setUp();
    const id = send(viewer, 'pause');
    await trainer.nextCommand();
    trainer.connection.socket.terminate();
    const back = await openTrainer(gateway.ingestUrl, 'a');
    expect(await back.nextCommand()).toMatchObject({ id, command: 'pause' });
    back.answer(id);
    expect(await answerOf(viewer)).toMatchObject({ id, ok: true });
  });

  test('that timed out are not sent again (P-148)', async () => {
    const { gateway, trainer, viewer } = await setUp({ limits: { commandTimeoutMs: 50 } });
    const id = send(viewer, 'stop');
    await trainer.nextCommand();
    expect(await answerOf(viewer)).toMatchObject({ code: 'command.timeout' });
    trainer.connection.socket.terminate();
    const back = await openTrainer(gateway.ingestUrl, 'a');
    const next = send(viewer, 'pause');
    expect(await back.nextCommand()).toMatchObject({ id: next });
    viewer.send({ type: 'command', id, command: 'stop' });
    expect(await back.nextCommand()).toMatchObject({ id });
  });

  test('accept an answer only from the publisher that received them (P-152)', async () => {
    const { gateway, trainer, viewer } = await setUp();
    const stranger = await openTrainer(gateway.ingestUrl, 'b', { publisherId: 'publisher-2' });
    const id = send(viewer, 'pause');
    await trainer.nextCommand();
    stranger.answer(id, { ok: false, code: 'command.refused', message: 'mine' });
    await stranger.connection.roundTrip();
    trainer.answer(id);
    expect(await answerOf(viewer)).toMatchObject({ id, ok: true });
  });

  test.each([
    ['invalid data', { command: 'setLearningRate', data: { learningRate: -1 } }, /data\.learningRate/],
    ['an unknown name', { command: 'explode' }, /command/],
    [
      'a misspelt setting',
      { command: 'start', data: { epocs: 3 } },
      /^data: unknown setting "epocs": expected only recipe, epochs, .*, name, tags$/,
    ],
  ])('with %s are refused as invalid (P-129)', async (_what, more, message) => {
    const { viewer } = await setUp();
    const id = newId();
    viewer.send({ type: 'command', id, ...more });
    expect(await answerOf(viewer)).toMatchObject({
      id,
      ok: false,
      code: 'message.invalid',
      message: expect.stringMatching(message),
    });
  });

  test('with a repeated field are refused by name (P-11, S-29)', async () => {
    const { viewer } = await setUp();
    const id = newId();
    viewer.socket.send(
      `{"type":"command","id":"${id}","command":"setLearningRate","data":{"learningRate":0.1,"learningRate":0.2}}`,
    );
    expect(await answerOf(viewer)).toMatchObject({
      id,
      ok: false,
      code: 'message.invalid',
      message: 'expected each field once, got "learningRate" twice',
    });
  });

  test('beyond the rate limit are refused, and a viewer that continues is closed (P-236, P-237, S-24)', async () => {
    const { gateway } = await setUp({
      limits: { commandBurst: 2, commandsPerSecond: 0.001, messageBurst: 5, messagesPerSecond: 0.001 },
    });
    const viewer = await connectViewer(gateway.liveUrl);
    const other = await connectViewer(gateway.liveUrl);
    const codes = [];
    for (let at = 0; at < 5; at++) codes.push((await ask(viewer, 'pause', { runId: 'nowhere' }))?.code);
    expect(codes).toEqual([...Array(2).fill('command.no_trainer'), ...Array(3).fill('command.too_many')]);
    send(viewer, 'pause');
    expect((await viewer.closed).code).toBe(closeCodes.tooMany.code);
    expect(await ask(other, 'pause', { runId: 'nowhere' })).toMatchObject({ code: 'command.no_trainer' });
  });

  test('are limited in number while they wait, over all viewers (P-238)', async () => {
    const { gateway, trainer, viewer } = await setUp({ limits: { pendingCommands: 2 } });
    const other = await connectViewer(gateway.liveUrl);
    const first = send(viewer, 'pause');
    send(viewer, 'pause');
    for (let at = 0; at < 2; at++) await trainer.nextCommand();
    expect(await ask(other, 'pause')).toMatchObject({ code: 'command.too_many' });
    trainer.answer(first);
    await answerOf(viewer);
    const next = send(other, 'pause');
    expect(await trainer.nextCommand()).toMatchObject({ id: next });
  });
});

describe('a start', () => {
  test('reaches the trainer that has been idle longest, one at a time (P-139, P-145, P-146)', async () => {
    const gateway = await startGateway();
    const first = await openIdleTrainer(gateway.ingestUrl, 'publisher-1');
    const second = await openIdleTrainer(gateway.ingestUrl, 'publisher-2');
    const viewer = await connectViewer(gateway.liveUrl);
    const ids = [send(viewer, 'start', { data: { epochs: 2 } }), send(viewer, 'start')];
    expect(await first.nextCommand()).toMatchObject({ id: ids[0], command: 'start', data: { epochs: 2 } });
    expect(await second.nextCommand()).toMatchObject({ id: ids[1] });
    expect(await ask(viewer, 'start')).toMatchObject({ code: 'command.no_trainer' });
    first.answer(ids[0]!, { ok: true, runId: 'new' });
    expect(await answerOf(viewer)).toEqual({ type: 'commandResult', id: ids[0], ok: true, runId: 'new' });
  });

  test('reaches the trainer of the followed run when that is idle (P-139)', async () => {
    const { gateway, trainer, viewer } = await setUp({}, { publisherId: 'publisher-2' });
    trainer.connection.socket.close();
    await openIdleTrainer(gateway.ingestUrl, 'publisher-1');
    const preferred = await openIdleTrainer(gateway.ingestUrl, 'publisher-2');
    const id = send(viewer, 'start');
    expect(await preferred.nextCommand()).toMatchObject({ id });
  });

  test('can be repeated as a new command after a refusal', async () => {
    const gateway = await startGateway();
    const trainer = await openIdleTrainer(gateway.ingestUrl);
    const viewer = await connectViewer(gateway.liveUrl);
    const id = send(viewer, 'start', { data: { trainSize: 70_000 } });
    await trainer.nextCommand();
    trainer.answer(id, { ok: false, code: 'command.refused', message: 'expected at most 60000' });
    expect(await answerOf(viewer)).toMatchObject({ ok: false, message: 'expected at most 60000' });
    const next = send(viewer, 'start');
    expect(await trainer.nextCommand()).toMatchObject({ id: next });
  });

  test('is answered over the next connection when the first was lost (P-148)', async () => {
    const gateway = await startGateway();
    const trainer = await openIdleTrainer(gateway.ingestUrl);
    const viewer = await connectViewer(gateway.liveUrl);
    const id = send(viewer, 'start');
    await trainer.nextCommand();
    trainer.connection.socket.terminate();
    const onRun = await openTrainer(gateway.ingestUrl, 'new');
    expect(await onRun.nextCommand()).toMatchObject({ id, command: 'start' });
    onRun.answer(id, { ok: true, runId: 'new' });
    expect(await answerOf(viewer)).toMatchObject({ id, ok: true, runId: 'new' });
  });

  test('needs no run: viewers are informed of the number of idle trainers (P-76, P-83)', async () => {
    const gateway = await startGateway({ limits: { statusIntervalMs: 10 } });
    const viewer = await connect(gateway.liveUrl);
    expect(await viewer.next()).toMatchObject({ type: 'hello', run: null, waitingTrainers: 0 });
    const trainer = await openIdleTrainer(gateway.ingestUrl);
    const reports = (waiting: number) => (message: { type: string; waiting?: number }) =>
      message.type === 'trainers' && message.waiting === waiting;
    await viewer.until(reports(1));
    const late = await connect(gateway.liveUrl);
    expect(await late.next()).toMatchObject({ type: 'hello', waitingTrainers: 1 });
    trainer.connection.socket.close();
    await viewer.until(reports(0));
  });

  test.each([
    ['an event', run[0]!],
    ['wait again', { type: 'wait', protocol: 1, publisherId: 'publisher-1' }],
  ])('closes an idle trainer that sends %s as invalid (P-25)', async (_what, message) => {
    const gateway = await startGateway();
    const trainer = await openIdleTrainer(gateway.ingestUrl);
    trainer.connection.send(message);
    expect((await trainer.connection.closed).code).toBe(closeCodes.invalid.code);
  });

  test('closes a trainer whose answer has a repeated field (P-11)', async () => {
    const gateway = await startGateway();
    const trainers = [await openIdleTrainer(gateway.ingestUrl), await openTrainer(gateway.ingestUrl, 'b')];
    for (const { connection } of trainers) {
      connection.socket.send('{"type":"commandResult","id":"command-1","ok":true,"ok":true}');
      expect(await connection.closed).toEqual({
        code: closeCodes.invalid.code,
        reason: 'expected the answer to a command: expected each field once, got "ok" twice',
      });
    }
  });

  test('requires the token of an idle trainer when one is set (P-145, S-4)', async () => {
    const gateway = await startGateway({ token: 'sesame' });
    const connection = await connect(gateway.ingestUrl);
    connection.send({ type: 'wait', protocol: 1, publisherId: 'publisher-1', token: 'barley' });
    expect((await connection.closed).code).toBe(closeCodes.unauthorized.code);
  });
});

describe('a run that a trainer is preparing', () => {
  const quick = { limits: { statusIntervalMs: 10 } };
  const list =
    (...starting: object[]) =>
    (message: Message) =>
      message.type === 'trainers' && isDeepStrictEqual(message.starting, starting);

  /** Starts a gateway, an idle trainer and two viewers, the first of which has sent a start to the trainer. */
  async function start(limits = {}) {
    const gateway = await startGateway({ limits: { ...quick.limits, ...limits } });
    const trainer = await openIdleTrainer(gateway.ingestUrl);
    const [viewer, other] = [await connectViewer(gateway.liveUrl), await connectViewer(gateway.liveUrl)];
    const id = send(viewer, 'start', { data: { name: 'Higher rate' } });
    await trainer.nextCommand();
    await other.until(list({ runId: null, name: 'Higher rate' }));
    return { gateway, trainer, other, id };
  }
  const accepted = { ok: true, runId: 'new' };
  const prepared = { runId: 'new', name: 'Higher rate' };

  test('is announced to all viewers, with its id once that is known, until its first event (P-76, P-83, P-271)', async () => {
    const { gateway, trainer, other, id } = await start();
    trainer.answer(id, accepted);
    await other.until(list(prepared));
    trainer.connection.socket.close();
    const onRun = await openTrainer(gateway.ingestUrl, 'new', { publisherId: 'publisher-1' });
    const late = await connect(gateway.liveUrl);
    expect(await late.next()).toMatchObject({ type: 'hello', starting: [prepared] });
    onRun.send(sampleRun({ runId: 'new' }).slice(0, 1));
    await other.until(list());
    const last = await connect(gateway.liveUrl);
    expect(await last.next()).toMatchObject({ type: 'hello', starting: [] });
  });

  test('is no longer announced when the trainer refuses it (P-272)', async () => {
    const { trainer, other, id } = await start();
    trainer.answer(id, { ok: false, code: 'command.refused', message: 'expected at most 60000' });
    await other.until(list());
  });

  test('is no longer announced when the trainer disconnects before it has accepted the start (P-272)', async () => {
    const { trainer, other } = await start();
    trainer.connection.socket.close();
    await other.until(list());
  });

  test('is no longer announced when the trainer is idle again (P-272)', async () => {
    const { gateway, trainer, other, id } = await start();
    trainer.answer(id, accepted);
    trainer.connection.socket.close();
    await other.until((message) => message.type === 'trainers' && message.waiting === 0);
    await openIdleTrainer(gateway.ingestUrl);
    await other.until(list());
  });

  test('is no longer announced when its publisher disconnects before its first event (P-272)', async () => {
    const { gateway, trainer, other, id } = await start();
    trainer.answer(id, accepted);
    await other.until(list(prepared));
    const onRun = await openTrainer(gateway.ingestUrl, 'new', { publisherId: 'publisher-1' });
    onRun.connection.socket.close();
    await other.until(list());
  });

  test('is no longer announced when nothing is heard of it for too long (P-272)', async () => {
    const { trainer, other, id } = await start({ startingMs: 300 });
    trainer.answer(id, accepted);
    await other.until(list());
  });

  test('is the next one of the queue of a trainer whose run has ended (P-273)', async () => {
    const commands = ['enqueue'];
    const { gateway, trainer, viewer } = await setUp(quick, { commands, publisherId: 'publisher-1' });
    const id = send(viewer, 'enqueue', { data: { name: 'Next' } });
    await trainer.nextCommand();
    trainer.answer(id, { ok: true, queue: [{ queuedId: id, data: { name: 'Next' } }] });
    await answerOf(viewer);
    trainer.send([{ ...run.at(-1)!, seq: 4 }]);
    await viewer.until(list({ runId: null, name: 'Next' }));
    const onNext = await openTrainer(gateway.ingestUrl, 'b', { publisherId: 'publisher-1' });
    onNext.send(sampleRun({ runId: 'b' }).slice(0, 1));
    await viewer.until(list());
    onNext.send([{ ...run.at(-1)!, runId: 'b', seq: 2 }]);
    await viewer.until(
      ({ type, runId, status }) => type === 'status' && runId === 'b' && status === 'completed',
    );
    const last = await connect(gateway.liveUrl);
    expect(await last.next()).toMatchObject({ type: 'hello', starting: [] });
  });

  test('is announced for an enqueued start that an idle trainer begins at once (P-273)', async () => {
    const gateway = await startGateway(quick);
    const trainer = await openIdleTrainer(gateway.ingestUrl, 'publisher-1', ['start', 'enqueue']);
    const viewer = await connectViewer(gateway.liveUrl);
    const id = send(viewer, 'enqueue', { data: { name: 'Alone' } });
    await trainer.nextCommand();
    trainer.answer(id, { ok: true, queue: [] });
    await viewer.until(list({ runId: null, name: 'Alone' }));
  });
});

describe('the status of a run', () => {
  const quick = { limits: { statusIntervalMs: 10, stalledAfterMs: 60, interruptedAfterMs: 120 } };
  const notice = (seq: number, code: string) => ({
    ...run[0]!,
    seq,
    type: 'notice' as const,
    data: { level: 'info' as const, code, message: code, step: 2 },
  });
  const status = (viewer: Connection, expected: string) =>
    viewer.until((message) => message.type === 'status' && message.status === expected);

  test('is sent when a publisher disconnects, is silent, stays away and returns (P-82, P-103)', async () => {
    const { gateway, trainer, viewer } = await setUp(quick);
    expect((await status(viewer, 'stalled')).at(-1)).toMatchObject({ runId: 'a', connected: true });
    trainer.connection.socket.close();
    expect((await status(viewer, 'interrupted')).at(-1)).toMatchObject({ connected: false, commands: [] });
    const list = await fetch(`${gateway.url}/api/runs`);
    expect(await list.json()).toMatchObject({ runs: [{ runId: 'a', status: 'interrupted' }] });
    const back = await openTrainer(gateway.ingestUrl, 'a');
    back.send(run.slice(3, 4));
    expect((await status(viewer, 'running')).at(-1)).toMatchObject({
      connected: true,
      commands: ['pause', 'resume', 'stop', 'setLearningRate'],
    });
  });

  test('changes when the run is paused, is resumed and ends (P-100)', async () => {
    const { gateway, trainer, viewer } = await setUp({ limits: { statusIntervalMs: 10 } });
    trainer.send([notice(4, 'run.paused'), notice(5, 'test')]);
    await status(viewer, 'paused');
    const late = await connect(gateway.liveUrl);
    expect(await late.next()).toMatchObject({ type: 'hello', run: { status: 'paused' } });
    trainer.send([notice(6, 'run.resumed')]);
    await status(viewer, 'running');
    trainer.send([{ ...run.at(-1)!, seq: 7 }]);
    await status(viewer, 'completed');
  });

  test('counts viewers, and is sent at most once per interval (P-82)', async () => {
    const { gateway, viewer } = await setUp({ limits: { statusIntervalMs: 300 } });
    await viewer.until((message) => message.type === 'status' && message.viewers === 1);
    const begin = performance.now();
    const others = await Promise.all(Array.from({ length: 5 }, () => connectViewer(gateway.liveUrl)));
    const announced = await viewer.until((message) => message.type === 'status' && message.viewers === 6);
    const intervals = 1 + Math.floor((performance.now() - begin) / 300);
    expect(announced.filter(({ type }) => type === 'status').length).toBeLessThanOrEqual(intervals);
    for (const other of others) other.socket.close();
    await viewer.until((message) => message.type === 'status' && message.viewers === 1);
  });

  test('is sent to each new viewer, even when the number of viewers is unchanged', async () => {
    const { gateway, viewer } = await setUp({ limits: { statusIntervalMs: 200 } });
    await viewer.until((message) => message.type === 'status' && message.viewers === 1);
    viewer.socket.close();
    const next = await connectViewer(gateway.liveUrl);
    await next.until((message) => message.type === 'status' && message.viewers === 1);
  });

  test('is sent for each of two runs; the newest is followed and both are listed', async () => {
    const { gateway, trainer, viewer } = await setUp({ limits: { statusIntervalMs: 10 } });
    const second = await openPublisher(gateway.ingestUrl, helloOf('b', { publisherId: 'publisher-2' }));
    second.send(sampleRun({ runId: 'b' }).slice(0, 2));
    await viewer.until(({ type, run: of }) => type === 'hello' && of.runId === 'b');
    trainer.send([notice(4, 'run.paused')]);
    expect((await status(viewer, 'paused')).at(-1)).toMatchObject({ runId: 'a' });
    const list = await fetch(`${gateway.url}/api/runs`);
    const { runs } = (await list.json()) as { runs: object[] };
    expect(runs).toMatchObject([
      { runId: 'b', connected: true },
      { runId: 'a', connected: true },
    ]);
  });

  test('becomes interrupted when the publisher does not return after a restart of the gateway, not before', async () => {
    const store = new MemoryStore();
    await store.append('a', run.slice(0, 2).map(toNewEvent));
    const gateway = await startGateway({
      store,
      limits: { statusIntervalMs: 10, interruptedAfterStartMs: 500 },
    });
    const viewer = await connect(gateway.liveUrl);
    expect(await viewer.next()).toMatchObject({
      type: 'hello',
      run: { status: 'stalled', connected: false },
    });
    await status(viewer, 'interrupted');
  });
});
