import { truncateSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Command, closeCodes } from '@mnist-monitor/shared';
import type { EventBody } from '../../src/event-data.ts';
import type { AcceptedCommands } from '../../src/runner/gateway-connection.ts';
import { Publisher, type PublisherOptions, publisherLimits } from '../../src/runner/publisher.ts';
import { EventLog } from '../../src/storage/event-log.ts';
import { RunFolder } from '../../src/storage/run-folder.ts';
import { FakeGateway, type FakeGatewayOptions, startSilentServer } from '../support/fake-gateway.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const body = (size = 10): EventBody => ({
  type: 'notice',
  data: { level: 'info', code: 'test', message: 'x'.repeat(size), step: null },
});
const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);
const noCommands: AcceptedCommands = {
  names: [],
  handle: () => Promise.reject(new Error('expected no command')),
};
const limits = { ...publisherLimits, drainMs: 3_000, absentMs: 3_000 };
/** Limits for tests in which the gateway stays absent. */
const shortAbsence = { absentMs: 50 };

async function until(isDone: () => boolean | undefined): Promise<void> {
  while (!isDone()) await wait(5);
}

/** Resolves after one turn of the event loop, also while the timers are simulated. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('Publisher', () => {
  const runs = temporaryFolder();
  let log: EventLog;
  let gateway: FakeGateway | undefined;
  beforeEach(() => {
    log = new EventLog({ runId: 'run', folder: RunFolder.create(runs.path, 'run'), memoryLimit: 50 });
    gateway = undefined;
  });
  afterEach(async () => {
    log.close();
    await gateway?.stop();
  });

  const listen = async (options: FakeGatewayOptions = {}): Promise<string> => {
    gateway = await FakeGateway.start(options);
    return gateway.url;
  };
  const publish = (
    url: string,
    options: Partial<PublisherOptions> = {},
    changed: Partial<typeof limits> = {},
  ) =>
    new Publisher(
      {
        ...{ identity: { url, address: url, publisherId: 'publisher-1' }, log, commands: noCommands },
        ...{ onRefused: () => {}, onReject: () => {}, onProblem: () => {}, onLoss: () => {} },
        ...{ isResumed: false, ...options },
      },
      { ...limits, ...changed },
    );
  const append = (publisher: Publisher, count: number, size?: number): void => {
    for (let at = 0; at < count; at++) {
      log.append(body(size));
      publisher.sendPending();
    }
  };

  test('sends hello, then every event in order', async () => {
    const url = await listen();
    const publisher = publish(url, {
      identity: { url, address: url, publisherId: 'mine-alone', token: 'secret' },
    });
    append(publisher, 300);
    expect(await publisher.close()).toBe(0);
    expect(gateway?.hellos).toEqual([
      {
        ...{ type: 'hello', protocol: 2, runId: 'run', publisherId: 'mine-alone', token: 'secret' },
        commands: [],
      },
    ]);
    expect(gateway?.received).toEqual(upTo(300));
  });

  test('has announced a run once the gateway has acknowledged its first events', async () => {
    const publisher = publish(await listen(), {}, { announceMs: 60_000 });
    append(publisher, 2);
    await publisher.announced();
    expect(gateway?.received).toEqual(upTo(2));
    expect(await publisher.close()).toBe(0);
  });

  test('has not announced a run while an event before is not acknowledged', async () => {
    const publisher = publish(await listen({ onEvent: (seq) => seq !== 2 }), {}, { announceMs: 60_000 });
    append(publisher, 2);
    let isAnnounced = false;
    const announced = publisher.announced().then(() => {
      isAnnounced = true;
    });
    await until(() => gateway?.received.length === 2);
    await gateway?.settled();
    expect(isAnnounced).toBe(false);
    gateway?.broadcast({ type: 'ack', seq: 2 });
    await announced;
    expect(await publisher.close()).toBe(0);
  });

  test('is refused by a gateway with more events of the run than it can have sent, and sends none', async () => {
    const refused: string[] = [];
    const publisher = publish(await listen({ after: 5 }), {
      onRefused: (why, reason) => refused.push(why, reason),
    });
    append(publisher, 3);
    expect(await publisher.close()).toBe(3);
    expect(refused).toEqual(['runExists', 'it has 5 events of run run, this trainer only 0']);
    expect(gateway?.received).toEqual([]);
    expect(publisher.wasAccepted).toBe(false);
  });

  test('does not wait for a gateway that cannot be reached, and only briefly for one that does not answer', async () => {
    const silent = await startSilentServer();
    const hanging = publish(silent.url, {}, { ...shortAbsence, announceMs: 20 });
    append(hanging, 1);
    await hanging.announced();
    expect(hanging.problem).toBeUndefined();
    await hanging.close();
    await silent.stop();
    const refused = publish(silent.url, {}, { ...shortAbsence, announceMs: 60_000 });
    append(refused, 1);
    await refused.announced();
    expect(refused.problem).toContain('nothing listens');
    await refused.close();
  });

  test('continues a resumed run after the last event that the gateway has (P-115)', async () => {
    for (let at = 0; at < 150; at++) log.append(body());
    const publisher = publish(await listen({ after: 120 }));
    append(publisher, 50);
    expect(await publisher.close()).toBe(0);
    expect(gateway?.received).toEqual(upTo(200, 121));
  });

  test.each([
    ['a new run', 0, 120],
    ['a resumed run', 100, 101],
  ])(
    'sends no events of %s when the gateway has more events of the run than were ever sent (P-114, P-120)',
    async (_what, before, after) => {
      for (let at = 0; at < before; at++) log.append(body());
      const refused: string[] = [];
      const publisher = publish(await listen({ after }), {
        onRefused: (why, reason) => refused.push(why, reason),
      });
      append(publisher, 200);
      expect(await publisher.close()).toBe(before + 200);
      expect(refused).toEqual([
        'runExists',
        `it has ${after} events of run run, this trainer only ${before}`,
      ]);
      expect(gateway?.received).toEqual([]);
    },
  );

  /** Starts a gateway that answers each hello with the next list of messages, and resolves with its URL. */
  const scripted = (...answers: object[][]): Promise<string> =>
    listen({
      onHello: (_hello, socket) => {
        for (const answer of answers.shift() ?? []) socket.send(JSON.stringify(answer));
      },
      onEvent: () => false,
    });

  test('sends the stream and what was acknowledged in its next hello, and reports a loss once', async () => {
    const url = await scripted(
      [{ type: 'resume', after: 0, stream: 's-1' }],
      [{ type: 'resume', after: 3, stream: 's-2' }],
      [{ type: 'resume', after: 10, stream: 's-2' }],
    );
    const losses: number[] = [];
    const publisher = publish(url, { onLoss: (count) => losses.push(count) });
    append(publisher, 10);
    await until(() => gateway?.received.length === 10);
    gateway!.broadcast({ type: 'ack', seq: 8 });
    await gateway!.settled();
    gateway!.disconnect();
    await until(() => gateway?.received.length === 17);
    gateway!.broadcast({ type: 'ack', seq: 10 });
    await gateway!.settled();
    gateway!.disconnect();
    await until(() => gateway?.hellos.length === 3);
    expect(await publisher.close()).toBe(0);
    expect(gateway!.hellos.map(({ stream, acknowledged }) => [stream, acknowledged])).toEqual([
      [undefined, undefined],
      ['s-1', 8],
      ['s-2', 10],
    ]);
    expect(gateway!.received).toEqual([...upTo(10), ...upTo(10, 4)]);
    expect(losses).toEqual([5]);
  });

  test('sends everything again to a gateway that has lost it, also what is no longer in memory (P-19)', async () => {
    const url = await scripted(
      [{ type: 'resume', after: 0, stream: 's-1' }],
      [{ type: 'resume', after: 0, stream: 's-2' }],
    );
    const publisher = publish(url);
    append(publisher, 300);
    await until(() => gateway?.received.length === 300);
    gateway!.broadcast({ type: 'ack', seq: 300 });
    await gateway!.settled();
    gateway!.disconnect();
    await until(() => gateway?.received.length === 600);
    expect(gateway!.received).toEqual([...upTo(300), ...upTo(300)]);
    await publisher.close();
  });

  test('does not count events that it has not sent, whatever the gateway acknowledges (P-121)', async () => {
    const url = await scripted([
      { type: 'resume', after: 0 },
      { type: 'ack', seq: 999 },
    ]);
    const publisher = publish(url);
    append(publisher, 5);
    await until(() => gateway?.received.length === 5);
    await gateway!.settled();
    append(publisher, 3);
    await until(() => gateway?.received.length === 8);
    expect(gateway!.received).toEqual(upTo(8));
    expect(await publisher.close()).toBe(3);
  });

  test('refuses a stream that is not an id, in one line', async () => {
    const refused: string[] = [];
    const url = await scripted([{ type: 'resume', after: 0, stream: 7 }]);
    const publisher = publish(url, { onRefused: (why, reason) => refused.push(why, reason) });
    append(publisher, 5);
    await until(() => refused.length > 0);
    expect(refused).toEqual([
      'invalid',
      expect.stringMatching(/^it sends messages that are not for publishers.*$/),
    ]);
    expect(await publisher.close()).toBe(5);
  });

  test('ends without an exception when its log can no longer be read', async () => {
    const refused: string[] = [];
    const publisher = publish(await scripted([{ type: 'resume', after: 0 }]), {
      onRefused: (why, reason) => refused.push(why, reason),
    });
    for (let at = 0; at < 300; at++) log.append(body());
    truncateSync(log.path, 0);
    await until(() => refused.length > 0);
    expect(refused).toEqual(['logUnreadable', expect.stringContaining('events.jsonl of run run is shorter')]);
    append(publisher, 5);
    expect(await publisher.close()).toBe(305);
  });

  test('reads events that are no longer in memory from the file when the gateway starts late', async () => {
    const port = await freePort();
    const publisher = publish(`ws://127.0.0.1:${port}/ingest`);
    append(publisher, 1_000);
    await listen({ port });
    expect(await publisher.close()).toBe(0);
    expect(gateway?.received).toEqual(upTo(1_000));
  });

  test('sends after a reconnect the events that were not acknowledged, and no others (P-19)', async () => {
    const acknowledged = 40;
    const url = await listen({
      onEvent: (seq, socket) => {
        if (seq === 60) socket.terminate();
        return seq <= acknowledged;
      },
    });
    const { port } = gateway as FakeGateway;
    const publisher = publish(url);
    append(publisher, 100);
    await until(() => gateway?.received.includes(60));
    await gateway?.stop();
    await listen({ port, after: acknowledged });
    expect(await publisher.close()).toBe(0);
    expect(gateway?.received).toEqual(upTo(100, acknowledged + 1));
    expect(gateway?.hellos[0]?.publisherId).toBe('publisher-1');
  });

  test('reports an event that the gateway rejects, and continues', async () => {
    const rejected: number[] = [];
    const url = await listen({
      onEvent(seq, socket) {
        if (seq === 2)
          socket.send(JSON.stringify({ type: 'reject', seq, code: 'message.invalid', issues: [] }));
        return undefined;
      },
    });
    const publisher = publish(url, { onReject: ({ seq }) => rejected.push(seq) });
    append(publisher, 3);
    expect(await publisher.close()).toBe(0);
    expect(rejected).toEqual([2]);
  });

  test('gives up immediately when another publisher has the run (P-20)', async () => {
    const url = await listen({
      onHello: (_hello, socket) => socket.close(closeCodes.runTaken.code, 'taken'),
    });
    const refused: string[] = [];
    const publisher = publish(url, { onRefused: (why, reason) => refused.push(why, reason) });
    append(publisher, 3);
    expect(await publisher.close()).toBe(3);
    expect(refused).toEqual(['runTaken', 'taken']);
    expect(gateway?.hellos).toHaveLength(1);
  });

  test.each([true, false])(
    'gives up when its run was replaced by another one, also a resumed one (%s) (P-119)',
    async (isResumed) => {
      const url = await listen({
        onHello: (_hello, socket) => socket.close(closeCodes.otherRun.code, 'replaced'),
      });
      const refused: string[] = [];
      const publisher = publish(url, { isResumed, onRefused: (why, reason) => refused.push(why, reason) });
      append(publisher, 3);
      expect(await publisher.close()).toBe(3);
      expect(refused).toEqual(['otherRun', 'replaced']);
      expect([gateway?.hellos.length, gateway?.received]).toEqual([1, []]);
    },
  );

  test('waits, for a resumed run, until the gateway has closed the connection of the previous trainer (P-20)', async () => {
    let attempts = 0;
    const url = await listen({
      onHello(_hello, socket) {
        if (++attempts < 3) socket.close(closeCodes.runTaken.code, 'taken');
        else socket.send(JSON.stringify({ type: 'resume', after: 0 }));
      },
    });
    const refused: string[] = [];
    const problems: (string | undefined)[] = [];
    const publisher = publish(
      url,
      {
        isResumed: true,
        onRefused: (why) => refused.push(why),
        onProblem: (problem) => problems.push(problem),
      },
      shortAbsence, // Has no effect: a gateway that refuses the run is not absent.
    );
    append(publisher, 3);
    await until(() => problems.length > 0);
    expect(await publisher.close()).toBe(0);
    expect(gateway?.received).toEqual(upTo(3));
    expect(refused).toEqual([]);
    expect(problems).toEqual([expect.stringContaining('the connection of another trainer'), undefined]);
  });

  test('waits for the connection of another trainer no longer than its limit, however often it is refused', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    try {
      const url = await listen({
        onHello: (_hello, socket) => socket.close(closeCodes.runTaken.code, 'taken'),
      });
      // Only the time-out of the delivery ends it here, and the network needs real time.
      const patience = { handshakeMs: 1e9, silenceMs: 1e9 };
      const publisher = publish(url, { isResumed: true }, patience);
      append(publisher, 3);
      while (publisher.problem === undefined) await nextTurn();
      let undelivered: number | undefined;
      void publisher.close().then((count) => {
        undelivered = count;
      });
      let passedMs = 0;
      for (; undelivered === undefined && passedMs < 2 * publisherLimits.takenMs; passedMs += 100) {
        jest.advanceTimersByTime(100);
        for (let turn = 0; turn < 10; turn++) await nextTurn();
      }
      expect({ undelivered, passedMs }).toEqual({ undelivered: 3, passedMs: publisherLimits.takenMs });
      expect(gateway?.hellos.length).toBeGreaterThan(3);
    } finally {
      jest.useRealTimers();
    }
  });

  test('reports why the gateway cannot be reached, and once that it can', async () => {
    const problems: (string | undefined)[] = [];
    const port = await freePort();
    const onProblem = (problem: string | undefined) => problems.push(problem);
    const publisher = publish(`ws://127.0.0.1:${port}/ingest`, { onProblem }, { problemMs: 0 });
    await until(() => problems.length > 0);
    await listen({ port });
    await until(() => problems.length > 1);
    expect(problems).toEqual([`nothing listens at 127.0.0.1:${port}`, undefined]);
    expect(publisher.problem).toBeUndefined();
    await publisher.close();
  });

  test('does not report a gateway that starts a moment later', async () => {
    const problems: (string | undefined)[] = [];
    const port = await freePort();
    const onProblem = (problem: string | undefined) => problems.push(problem);
    const publisher = publish(`ws://127.0.0.1:${port}/ingest`, { onProblem }, { problemMs: 60_000 });
    await until(() => publisher.problem !== undefined);
    await listen({ port });
    await until(() => publisher.problem === undefined);
    expect(problems).toEqual([]);
    await publisher.close();
  });

  test('answers each command before it closes', async () => {
    const received: Command[] = [];
    const commands: AcceptedCommands = {
      names: ['pause'],
      async handle(command) {
        received.push(command);
        await wait(50); // Longer than the acknowledgement, after which the publisher could close.
        return { type: 'commandResult', id: command.id, ok: true };
      },
    };
    const pause = { type: 'command', id: 'command-1', command: 'pause', data: {} };
    const url = await listen({
      onEvent(_seq, socket) {
        socket.send(JSON.stringify(pause));
        return undefined;
      },
    });
    const publisher = publish(url, { commands });
    append(publisher, 1);
    expect(await publisher.close()).toBe(0);
    expect(received).toEqual([pause]);
    expect(gateway?.hellos).toMatchObject([{ commands: ['pause'] }]);
    await until(() => gateway?.results.length === 1);
    expect(gateway?.results).toEqual([{ type: 'commandResult', id: 'command-1', ok: true }]);
  });

  test('refuses a command with a setting that it does not have by name, and publishes on', async () => {
    const url = await listen({
      onEvent(_seq, socket) {
        const data = { epochs: 3, warmup: 2 };
        socket.send(JSON.stringify({ type: 'command', id: 'command-1', command: 'start', data }));
        return undefined;
      },
    });
    const publisher = publish(url);
    append(publisher, 1);
    await until(() => gateway?.results.length === 1);
    expect(gateway?.results).toEqual([
      {
        ...{ type: 'commandResult', id: 'command-1', ok: false, code: 'message.invalid' },
        message: expect.stringMatching(/^data: unknown setting "warmup": expected only recipe, epochs, /),
      },
    ]);
    expect(await publisher.close()).toBe(0);
    expect(gateway?.hellos).toHaveLength(1);
  });

  test('waits for a gateway that starts late, unless the delivery is aborted', async () => {
    const port = await freePort();
    const publisher = publish(`ws://127.0.0.1:${port}/ingest`, {}, shortAbsence);
    append(publisher, 10);
    const abort = new AbortController();
    const closed = publisher.close(abort.signal);
    await wait(3 * shortAbsence.absentMs); // Longer than an aborted delivery waits.
    await listen({ port });
    expect(await closed).toBe(0);
    expect(gateway?.received).toEqual(upTo(10));
  });

  test('gives up when the delivery is aborted while it waits', async () => {
    const publisher = publish(`ws://127.0.0.1:${await freePort()}/ingest`, {}, shortAbsence);
    append(publisher, 10);
    const abort = new AbortController();
    const closed = publisher.close(abort.signal);
    abort.abort();
    expect(await closed).toBe(10);
  });

  test('does not wait for an absent gateway when the delivery is aborted', async () => {
    const publisher = publish(`ws://127.0.0.1:${await freePort()}/ingest`, {}, shortAbsence);
    append(publisher, 100);
    expect(await publisher.close()).toBe(100);
  });

  test('closes although the gateway accepts the connection and never reads', async () => {
    const silent = await startSilentServer();
    const publisher = publish(silent.url, {}, { ...shortAbsence, handshakeMs: 200 });
    append(publisher, 2_000, 1_000);
    expect(await publisher.close()).toBe(2_000);
    await silent.stop();
  });

  test('buffers a bounded amount when the gateway stops reading', async () => {
    const url = await listen({
      onEvent(_seq, socket) {
        socket.pause();
        return false;
      },
    });
    const publisher = publish(url, {}, { drainMs: 300 });
    append(publisher, 1);
    await until(() => gateway?.received.length === 1);
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    append(publisher, 20_000, 1_900);
    const grown = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before;
    expect(await publisher.close()).toBe(20_001);
    expect(grown).toBeLessThan(20_000 * 1_900);
  });
});
