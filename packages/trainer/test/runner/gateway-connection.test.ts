import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Command, type CommandResult, closeCodes } from '@mnist-monitor/shared';
import type { WebSocket } from 'ws';
import {
  connectionLimits,
  GatewayConnection,
  type GatewayConnectionOptions,
} from '../../src/runner/gateway-connection.ts';
import { FakeGateway, type FakeGatewayOptions } from '../support/fake-gateway.ts';

/** Resolves after one turn of the event loop, also while the timers are simulated. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function until(isDone: () => boolean | undefined): Promise<void> {
  while (!isDone()) await nextTurn();
}

const resume = JSON.stringify({ type: 'resume', after: 0 });
const pause: Command = { type: 'command', id: 'command-1', command: 'pause', data: {} };

describe('a connection to the gateway', () => {
  let gateway: FakeGateway;
  let connection: GatewayConnection | undefined;
  let problems: (string | undefined)[];
  let refusals: string[];
  let disconnects: number;
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    // The longest delays between attempts: 0.5 s, 1 s, 2 s and so on.
    jest.spyOn(Math, 'random').mockReturnValue(1);
    [problems, refusals, disconnects] = [[], [], 0];
  });
  afterEach(async () => {
    jest.useRealTimers();
    jest.restoreAllMocks();
    await connection?.close();
    connection = undefined;
    await gateway.stop();
  });

  async function connect(
    gatewayOptions: FakeGatewayOptions,
    options: Partial<GatewayConnectionOptions> = {},
  ): Promise<GatewayConnection> {
    gateway = await FakeGateway.start(gatewayOptions);
    connection = new GatewayConnection({
      identity: { url: gateway.url, address: gateway.url, publisherId: 'publisher-1', token: 'sesame' },
      firstMessage: () => ({ type: 'hello', runId: 'run' }),
      commands: { names: ['pause'], handle: async ({ id }) => ({ type: 'commandResult', id, ok: true }) },
      onReply() {},
      onDisconnect: () => disconnects++,
      onProblem: (problem) => problems.push(problem),
      onRefused: (code, reason) => refusals.push(`${code}: ${reason}`),
      ...options,
    });
    return connection;
  }

  /** Advances the time until a condition holds, and returns the milliseconds that this took. */
  async function timeUntil(isDone: () => boolean): Promise<number> {
    const begin = performance.now();
    while (!isDone()) {
      jest.advanceTimersByTime(50);
      for (let turn = 0; turn < 20 && !isDone(); turn++) await nextTurn();
    }
    return performance.now() - begin;
  }

  test('waits longer after each lost connection, and as briefly as at first once the gateway has replied', async () => {
    await connect({
      onHello(_hello, socket) {
        if (gateway.hellos.length === 4) socket.send(resume);
        socket.close(closeCodes.goingAway.code);
      },
    });
    const delays: number[] = [];
    for (let count = 1; count <= 5; count++) {
      await until(() => gateway.hellos.length === count && disconnects === count);
      delays.push(await timeUntil(() => gateway.hellos.length > count));
    }
    expect(delays).toEqual([500, 1_000, 2_000, 500, 1_000]);
  });

  test('connects again when the gateway does not reply to its first message in time', async () => {
    const open = await connect({ onHello() {} });
    await until(() => gateway.hellos.length === 1);
    const ms = await timeUntil(() => gateway.hellos.length === 2);
    expect(ms).toBe(connectionLimits.handshakeMs + 500);
    expect(open.problem).toBe('no reply from the gateway');
    expect(disconnects).toBe(1);
  });

  test('is kept while the gateway pings, and lost after 60 s without a sign of life', async () => {
    const replies: string[] = [];
    const open = await connect({}, { onReply: ({ type }) => replies.push(type) });
    await until(() => replies.length === 1);
    for (let count = 0; count < 5; count++) {
      jest.advanceTimersByTime(connectionLimits.silenceMs - 1);
      await gateway.settled();
    }
    expect([open.isOpen, disconnects]).toEqual([true, 0]);
    jest.advanceTimersByTime(connectionLimits.silenceMs);
    expect([open.isOpen, disconnects]).toEqual([false, 1]);
    expect(open.problem).toBe('no sign of life from the gateway');
  });

  test('answers a command on the connection that it came from, and not on the next one', async () => {
    const answers: ((result: CommandResult) => void)[] = [];
    const handle = (_command: Command) => new Promise<CommandResult>((resolve) => answers.push(resolve));
    const sockets: WebSocket[] = [];
    const onHello = (_hello: unknown, socket: WebSocket) => {
      sockets.push(socket);
      socket.send(resume);
      socket.send(JSON.stringify({ ...pause, id: `command-${sockets.length}` }));
    };
    await connect({ onHello }, { commands: { names: ['pause'], handle } });
    await until(() => answers.length === 1);
    sockets[0]!.terminate();
    await timeUntil(() => answers.length === 2);
    answers[0]!({ type: 'commandResult', id: 'command-1', ok: true });
    await gateway.settled();
    answers[1]!({ type: 'commandResult', id: 'command-2', ok: true });
    await until(() => gateway.results.length > 0);
    await gateway.settled();
    expect(gateway.results).toEqual([{ type: 'commandResult', id: 'command-2', ok: true }]);
  });

  test('is closed once its commands are answered, and opened no more', async () => {
    let answer: ((result: CommandResult) => void) | undefined;
    const handle = () =>
      new Promise<CommandResult>((resolve) => {
        answer = resolve;
      });
    const open = await connect(
      {
        onHello(_hello, socket) {
          socket.send(resume);
          socket.send(JSON.stringify(pause));
        },
      },
      { commands: { names: ['pause'], handle } },
    );
    await until(() => answer !== undefined);
    let isClosed = false;
    const closing = open.close().then(() => {
      isClosed = true;
    });
    await gateway.settled();
    expect([isClosed, open.isOpen]).toEqual([false, true]);
    answer!({ type: 'commandResult', id: pause.id, ok: true });
    await closing;
    await until(() => gateway.results.length === 1);
    jest.advanceTimersByTime(120_000);
    await nextTurn();
    expect([gateway.hellos.length, refusals, disconnects]).toEqual([1, [], 0]);
  });

  test('does not connect again when it is closed while it waits', async () => {
    const open = await connect({ onHello: (_hello, socket) => socket.terminate() });
    await until(() => disconnects === 1);
    await open.close();
    jest.advanceTimersByTime(120_000);
    for (let turn = 0; turn < 50; turn++) await nextTurn();
    expect([gateway.hellos.length, jest.getTimerCount(), refusals]).toEqual([1, 0, []]);
  });

  test('is refused by a server that is not for publishers, with the port and path to check', async () => {
    await connect({ onHello: (_hello, socket) => socket.send('{"type":"hello"}') });
    await until(() => refusals.length > 0);
    expect(refusals).toEqual([
      `invalid: it sends messages that are not for publishers: check port and path, by default ${gateway.url.replace(/:\d+/, ':5001')}`,
    ]);
  });

  test('reports a problem that lasts 2 s once, and once that it has ended', async () => {
    let isReady = false;
    const open = await connect({
      onHello(_hello, socket) {
        if (isReady) socket.send(resume);
        else socket.terminate();
      },
    });
    await until(() => disconnects === 1);
    await timeUntil(() => disconnects === 2);
    expect([problems, open.problem]).toEqual([[], 'connection lost']);
    await timeUntil(() => problems.length > 0);
    await timeUntil(() => disconnects === 5);
    expect(problems).toEqual(['connection lost']);
    isReady = true;
    await timeUntil(() => problems.length > 1);
    expect([problems, open.problem]).toEqual([['connection lost', undefined], undefined]);
  });

  test('that another trainer has is reported at once', async () => {
    const open = await connect(
      { onHello: (_hello, socket) => socket.close(closeCodes.runTaken.code, 'taken') },
      { awaitRelease: true },
    );
    await until(() => disconnects === 1);
    expect([open.isTaken, problems, refusals]).toEqual([true, [open.problem], []]);
  });
});
