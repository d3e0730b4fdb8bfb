import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { closeCodes } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { busChannelOf } from '../../src/redis/scripts.ts';
import { afterTest, temporaryFolder } from '../support/cleanup.ts';
import { type Connection, connect, type Message, range, seqsOf } from '../support/connection.ts';
import { startGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { freePort } from '../support/process.ts';
import { helloOf, openPublisher, publish } from '../support/publisher.ts';
import { ReconnectingPublisher } from '../support/reconnecting-publisher.ts';
import { describeRedis, emptyRedis, startRedis, type TestRedis } from '../support/redis.ts';
import { openIdleTrainer, openTrainer } from '../support/trainer.ts';
import { until } from '../support/until.ts';

const run = sampleRun({ runId: 'a', epochs: 2, batchesPerEpoch: 10 });
const quick = { storeCheckMs: 50, statusIntervalMs: 20, presenceIntervalMs: 50, presenceTimeoutMs: 5_000 };

const gatewayOn = (
  redis: TestRedis,
  { limits, ...others }: Pick<TestGatewayOptions, 'limits' | 'redisTimeoutMs' | 'runs'> = {},
): Promise<TestGateway> => startGateway({ redisUrl: redis.url, limits: { ...quick, ...limits }, ...others });

/** Starts two gateways on one Redis. */
async function startPair(limits: object = {}) {
  const redis = await emptyRedis();
  const [a, b] = [await gatewayOn(redis, { limits }), await gatewayOn(redis, { limits })];
  return { redis, a, b };
}

const isLive = ({ type }: Message): boolean => type === 'live';
const hasEnded = ({ type }: Message): boolean => type === 'run.finished';

async function summaryAt(gateway: TestGateway, runId = 'a') {
  const answer = await fetch(`${gateway.url}/api/runs/${runId}`);
  return (await answer.json()) as Record<string, unknown>;
}

/** Repeats a request until its answer matches. Only the time limit of the test ends the wait otherwise. */
async function eventually<T>(request: () => Promise<T>, matches: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await request();
    if (matches(answer)) return answer;
    await delay(10);
  }
}

const viewerOf = (gateway: TestGateway, query = ''): Promise<Connection> =>
  connect(`${gateway.liveUrl}${query}`);

describeRedis('two gateways on one Redis', () => {
  test('a run published at one is followed live at the other', async () => {
    const { a, b } = await startPair();
    const viewer = await viewerOf(b);
    await viewer.until(isLive);
    await publish(a.ingestUrl, run);
    const seen = await viewer.until(hasEnded);
    expect(seqsOf(seen)).toEqual(range(1, run.length));
  });

  test('a viewer of one continues at the other with `after`, without a gap or a duplicate (P-28)', async () => {
    const { a, b } = await startPair();
    const publisher = new ReconnectingPublisher(a.ingestUrl, run);
    publisher.produce(8);
    const first = await viewerOf(a, '?run=latest');
    await until(() => publisher.acked === 8);
    const seen = await first.until(({ seq }) => seq === 8);
    first.socket.terminate();
    publisher.produce(5);
    const second = await viewerOf(b, '?after=8&afterRun=a');
    publisher.produce(run.length);
    const rest = await second.until(hasEnded);
    expect(seqsOf([...seen, ...rest])).toEqual(range(1, run.length));
  });

  test('a publisher resumes at the other (P-28)', async () => {
    const { a, b } = await startPair();
    const first = await publish(a.ingestUrl, run.slice(0, 5));
    const viewer = await viewerOf(a);
    const second = await openPublisher(b.ingestUrl, helloOf('a'));
    expect(second.after).toBe(5);
    expect((await first.connection.closed).code).toBe(closeCodes.replaced.code);
    second.send(run.slice(5));
    expect(seqsOf(await viewer.until(hasEnded))).toEqual(range(1, run.length));
  });

  test('with one folder of runs, both serve the files of a run, until one deletes it', async () => {
    const redis = await emptyRedis();
    const runs = temporaryFolder();
    const [a, b] = [await gatewayOn(redis, { runs }), await gatewayOn(redis, { runs })];
    (await publish(a.ingestUrl, run)).connection.socket.close();
    const content = Buffer.from('weights');
    const digest = createHash('sha256').update(content).digest('hex');
    const ingestOf = ({ ingestUrl }: TestGateway) => ingestUrl.replace('ws:', 'http:').replace('/ingest', '');
    for (const [gateway, kind] of [
      [a, 'snapshots'],
      [b, 'test-images'],
    ] as const) {
      const address = `${ingestOf(gateway)}/runs/a/${kind}/${digest}`;
      const stored = await fetch(address, { method: 'PUT', body: new Uint8Array(content) });
      expect([kind, stored.status]).toEqual([kind, 201]);
    }
    const statusAt = async (gateway: TestGateway, kind: string) =>
      (await fetch(`${gateway.url}/api/runs/a/${kind}/${digest}`)).status;
    for (const gateway of [a, b])
      for (const kind of ['snapshots', 'test-images'])
        expect([kind, await statusAt(gateway, kind)]).toEqual([kind, 200]);
    await eventually(
      async () => (await fetch(`${b.url}/api/runs/a`, { method: 'DELETE' })).status,
      (status) => status === 200,
    );
    for (const gateway of [a, b])
      for (const kind of ['snapshots', 'test-images'])
        expect([kind, await statusAt(gateway, kind)]).toEqual([kind, 404]);
    expect(existsSync(join(runs, 'a'))).toBe(false);
  });

  test('a run published at one is refused to another publisher at the other until the first disconnects (P-29)', async () => {
    const { a, b } = await startPair();
    const first = await publish(a.ingestUrl, run.slice(0, 3));
    await eventually(
      () => summaryAt(b),
      ({ connected }) => connected === true,
    );
    const other = await connect(b.ingestUrl);
    other.send(helloOf('a', { publisherId: 'publisher-2' }));
    expect((await other.closed).code).toBe(closeCodes.runTaken.code);
    first.connection.socket.close();
    await eventually(
      () => summaryAt(b),
      ({ connected }) => connected === false,
    );
    expect((await openPublisher(b.ingestUrl, helloOf('a', { publisherId: 'publisher-2' }))).after).toBe(3);
  });

  test('of two publishers that claim a run in the same moment, one is disconnected (P-29)', async () => {
    const { a, b } = await startPair();
    const publishers = await Promise.all([a, b].map(({ ingestUrl }) => connect(ingestUrl)));
    publishers.forEach((publisher, index) => {
      publisher.send(helloOf('a', { publisherId: `publisher-${index}` }));
    });
    const { code } = await Promise.race(publishers.map(({ closed }) => closed));
    expect(code).toBe(closeCodes.runTaken.code);
    await delay(200);
    expect(publishers.filter(({ socket }) => socket.readyState === socket.OPEN)).toHaveLength(1);
  });

  test('report the same runs, connections and number of viewers (P-28, P-82)', async () => {
    const { a, b } = await startPair();
    const viewers = await Promise.all([viewerOf(a), viewerOf(b), viewerOf(b)]);
    await openTrainer(a.ingestUrl, 'a').then(({ send }) => send(run.slice(0, 4)));
    const status = await viewers[1]!.until(
      ({ type, connected, viewers }) => type === 'status' && connected && viewers === 3,
    );
    expect(status.at(-1)).toMatchObject({ runId: 'a', status: 'running' });
    expect(await summaryAt(b)).toMatchObject({
      connected: true,
      commands: expect.arrayContaining(['pause']),
    });
    expect(await summaryAt(b)).toEqual(await summaryAt(a));
  });

  test('a command at one reaches the trainer at the other, and its answer returns (P-153)', async () => {
    const { a, b } = await startPair();
    const trainer = await openTrainer(a.ingestUrl, 'a');
    trainer.send(run.slice(0, 4));
    await trainer.acked(4);
    const viewer = await viewerOf(b);
    await viewer.until(({ seq }) => seq === 4);
    await eventually(
      () => summaryAt(b),
      ({ connected }) => connected === true,
    );
    const command = { type: 'command', id: 'command-1', command: 'pause' };
    viewer.send(command);
    expect(await trainer.nextCommand()).toMatchObject({ id: 'command-1', command: 'pause', runId: 'a' });
    trainer.answer('command-1');
    const isAnswer = ({ type }: Message): boolean => type === 'commandResult';
    expect((await viewer.until(isAnswer)).at(-1)).toMatchObject({ id: 'command-1', ok: true });

    // The same id at the other gateway is the same command: it is answered, and not forwarded again.
    const other = await viewerOf(a);
    other.send(command);
    expect((await other.until(isAnswer)).at(-1)).toMatchObject({ id: 'command-1', ok: true });
    trainer.send(run.slice(4, 5));
    const messages = await trainer.connection.until(({ type, seq }) => type === 'ack' && seq === 5);
    expect(messages.filter(({ type }) => type === 'command')).toEqual([]);
  });

  test('a command without an answer times out as at a single gateway', async () => {
    const { a, b } = await startPair({ commandTimeoutMs: 100 });
    const trainer = await openTrainer(a.ingestUrl, 'a');
    trainer.send(run.slice(0, 4));
    await eventually(
      () => summaryAt(b),
      ({ connected }) => connected === true,
    );
    const viewer = await viewerOf(b);
    viewer.send({ type: 'command', id: 'command-1', command: 'pause', runId: 'a' });
    const answers = await viewer.until(({ type }) => type === 'commandResult');
    expect(answers.at(-1)).toMatchObject({ ok: false, code: 'command.timeout' });
  });

  test('an idle trainer at one is started at the other, once, which both announce (P-153)', async () => {
    const { a, b } = await startPair();
    const trainer = await openIdleTrainer(a.ingestUrl);
    const viewer = await viewerOf(b);
    await viewer.until(
      ({ type, waiting, waitingTrainers }) => (type === 'trainers' && waiting === 1) || waitingTrainers === 1,
    );
    viewer.send({ type: 'command', id: 'command-1', command: 'start' });
    expect(await trainer.nextCommand()).toMatchObject({ command: 'start' });
    await viewer.until(({ type, starting }) => type === 'trainers' && starting.length === 1);
    const again = await viewerOf(a);
    const [hello] = await again.until(isLive);
    expect(hello).toMatchObject({ starting: [{ runId: null, name: null }] });
    again.send({ type: 'command', id: 'command-2', command: 'start' });
    const refusal = await again.until(({ type }) => type === 'commandResult');
    expect(refusal.at(-1)).toMatchObject({ ok: false, code: 'command.no_trainer' });
    trainer.answer('command-1', { ok: true, runId: 'new' });
    const answers = await viewer.until(({ type }) => type === 'commandResult');
    expect(answers.at(-1)).toMatchObject({ ok: true, runId: 'new' });
  });

  test('annotations and the removal of a run reach viewers of both', async () => {
    const { a, b } = await startPair();
    const publisher = await publish(a.ingestUrl, run);
    publisher.connection.socket.close();
    const viewer = await viewerOf(b, '?run=a');
    await viewer.until(hasEnded);
    const body = JSON.stringify({ title: 'Mine' });
    const headers = { 'content-type': 'application/json' };
    await fetch(`${a.url}/api/runs/a`, { method: 'PATCH', body, headers });
    const reported = await viewer.until(({ type }) => type === 'annotated');
    expect(reported.at(-1)).toMatchObject({ runId: 'a', title: 'Mine' });
    await eventually(
      () => summaryAt(a),
      ({ connected }) => connected === false,
    );
    const ofLatest = await viewerOf(b);
    await ofLatest.until(hasEnded);
    expect((await fetch(`${a.url}/api/runs/a`, { method: 'DELETE' })).status).toBe(200);
    const messages = await ofLatest.until(({ type }) => type === 'removed');
    expect(messages.at(-1)).toEqual({ type: 'removed', runId: 'a' });
    expect((await viewer.closed).code).toBe(closeCodes.runDeleted.code);
    expect((await fetch(`${b.url}/api/runs/a`)).status).toBe(404);
  });

  test('a run removed at one begins again at the other under the same name', async () => {
    const { a, b } = await startPair();
    (await publish(a.ingestUrl, run)).connection.socket.close();
    const viewer = await viewerOf(b);
    await viewer.until(hasEnded);
    await eventually(
      () => summaryAt(b),
      ({ connected }) => connected === false,
    );
    await fetch(`${b.url}/api/runs/a`, { method: 'DELETE' });
    await viewer.until(({ type }) => type === 'removed');
    await publish(a.ingestUrl, run);
    expect(seqsOf(await viewer.until(hasEnded))).toEqual(range(1, run.length));
  });

  test('messages that are not from a gateway are ignored, and logged once (S-60)', async () => {
    const { redis, a } = await startPair();
    const client = await redis.client();
    afterTest(() => client.close());
    const invalidMessages = [
      '',
      'hello',
      '{}',
      '{"type":"presence"}',
      '{"type":"appended","from":"12345678","runId":"../x"}',
      '[]',
      'null',
    ];
    for (const text of invalidMessages) await client.publish(busChannelOf(0), text);
    await publish(a.ingestUrl, run.slice(0, 3));
    const warnings = a.log.filter((line) => line.includes('not from a gateway'));
    expect(warnings).toHaveLength(1);
  });

  test('when one ends, its clients count as disconnected at the other', async () => {
    const { a, b } = await startPair();
    await publish(a.ingestUrl, run.slice(0, 3));
    await eventually(
      () => summaryAt(b),
      ({ connected }) => connected === true,
    );
    await a.close();
    expect(
      await eventually(
        () => summaryAt(b),
        ({ connected }) => connected === false,
      ),
    ).toMatchObject({ status: 'running' });
  });
});

describeRedis('gateways on two databases of one Redis', () => {
  test('do not see each other: no trainer, viewer, run or removal (S-59)', async () => {
    const port = await freePort();
    await startRedis(['--port', `${port}`, '--bind', '127.0.0.1']);
    const on = (database: number) =>
      startGateway({ redisUrl: `redis://127.0.0.1:${port}/${database}`, limits: quick });
    // A third gateway, b, shares the database of the first: it receives what must not reach the other.
    const [a, other, b] = [await on(0), await on(1), await on(0)];
    for (const { ingestUrl } of [a, other]) (await publish(ingestUrl, run)).connection.socket.close();
    await openIdleTrainer(a.ingestUrl);
    const [viewer, viewerOfOther] = [await viewerOf(b, '?run=a'), await viewerOf(other, '?run=a')];
    await Promise.all([viewer.until(isLive), viewerOfOther.until(isLive)]);
    await eventually(
      () => summaryAt(a),
      ({ connected }) => connected === false,
    );
    const ofLatest = await viewerOf(b);
    await ofLatest.until(hasEnded);
    expect((await fetch(`${a.url}/api/runs/a`, { method: 'DELETE' })).status).toBe(200);
    const messages = await ofLatest.until(({ type }) => type === 'removed');
    expect(messages.at(-1)).toEqual({ type: 'removed', runId: 'a' });
    expect((await viewer.closed).code).toBe(closeCodes.runDeleted.code);
    const [helloAtThird] = await (await viewerOf(b)).until(isLive);
    expect(helloAtThird).toMatchObject({ run: null, waitingTrainers: 1 });
    const [helloAtOther] = await (await viewerOf(other)).until(isLive);
    expect(helloAtOther).toMatchObject({ run: { runId: 'a' }, waitingTrainers: 0 });
    expect(viewerOfOther.socket.readyState).toBe(viewerOfOther.socket.OPEN);
  });
});

describeRedis('a Redis that loses its data', () => {
  test('by FLUSHALL: viewers and publishers are closed by documented codes, with one line in the log (P-118)', async () => {
    const redis = await startRedis();
    const [a, b] = [await gatewayOn(redis), await gatewayOn(redis)];
    const { connection, send, acked } = await openPublisher(a.ingestUrl, helloOf('a'));
    send(run.slice(0, 8));
    await acked(8);
    const viewers = [await viewerOf(a, '?run=a'), await viewerOf(b, '?run=a'), await viewerOf(b)];
    for (const viewer of viewers) await viewer.until(({ seq }) => seq === 8);
    const client = await redis.client();
    afterTest(() => client.close());
    await client.flushAll();
    const [first, second, latest] = viewers;
    expect((await first!.closed).code).toBe(closeCodes.runDeleted.code);
    expect((await second!.closed).code).toBe(closeCodes.runDeleted.code);
    const seen = await latest!.until(({ type }) => type === 'removed');
    expect(seen).toContainEqual(expect.objectContaining({ type: 'store', state: 'failing' }));
    send(run.slice(8, 10));
    expect((await connection.closed).code).toBe(closeCodes.outOfOrder.code);
    expect((await openPublisher(a.ingestUrl, helloOf('a'))).after).toBe(0);
    const failures = [a, b].map(({ log }) =>
      log.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50),
    );
    for (const lines of failures)
      expect(lines).toEqual([expect.objectContaining({ code: 'store.vanished' })]);
  });
});

/** Returns the events that a viewer received, as `stream seq`, the hellos, and the stream of each hello. */
function receivedBy(messages: readonly Message[]) {
  let stream = '';
  const events: string[] = [];
  const hellos = messages.filter(({ type }) => type === 'hello');
  for (const message of messages) {
    if (message.type === 'hello') stream = message.run?.stream ?? 'none';
    else if ('v' in message) events.push(`${stream} ${message.seq}`);
  }
  return { events, hellos, streams: hellos.map(({ run }) => run?.stream ?? 'none') };
}

const eventsIn = (stream: string | undefined, last: number): string[] =>
  range(1, last).map((seq) => `${stream} ${seq}`);

describeRedis('streams of several gateways', () => {
  test('a FLUSHALL in the middle: no viewer gets an event twice in a stream, and each gets the whole new one', async () => {
    const redis = await startRedis();
    const [a, b] = [await gatewayOn(redis), await gatewayOn(redis)];
    const publisher = new ReconnectingPublisher(a.ingestUrl, run);
    publisher.produce(8);
    const viewers = [await viewerOf(a), await viewerOf(b), await viewerOf(b, '?types=batch,run.finished')];
    const before = await Promise.all(viewers.map((viewer) => viewer.until(({ seq }) => seq === 8)));
    const client = await redis.client();
    afterTest(() => client.close());
    await client.flushAll();
    publisher.produce(run.length);
    const after = await Promise.all(viewers.map((viewer) => viewer.until(hasEnded)));
    const [first, last] = [publisher.resumes[0]!.stream, publisher.resumes.at(-1)!];
    expect(last.after).toBe(0);
    expect(last.stream).not.toBe(first);
    for (const [index, messages] of after.slice(0, 2).entries()) {
      const { events } = receivedBy([...before[index]!, ...messages]);
      expect(events).toEqual([...eventsIn(first, 8), ...eventsIn(last.stream, run.length)]);
    }
    const { events } = receivedBy([...before[2]!, ...after[2]!]);
    expect(new Set(events).size).toBe(events.length);
    await until(() => publisher.acked === run.length);
  });

  test('a replica that is promoted without the last events: the loss is announced by the stream, and repaired (P-117)', async () => {
    const [port, replicaPort] = [await freePort(), await freePort()];
    const primary = await startRedis(['--port', `${port}`, '--bind', '127.0.0.1']);
    const replicaOf = ['--replicaof', '127.0.0.1', `${port}`];
    const replica = await startRedis(['--port', `${replicaPort}`, '--bind', '127.0.0.1', ...replicaOf]);
    const gateways = await Promise.all(
      [0, 1].map(() => startGateway({ redisUrl: `redis://127.0.0.1:${port}`, limits: quick })),
    );
    const [a, b] = gateways as [TestGateway, TestGateway];
    const publisher = new ReconnectingPublisher(a.ingestUrl, run);
    publisher.produce(8);
    await until(() => publisher.acked === 8);
    const viewers = [await viewerOf(a), await viewerOf(b, '?run=a'), await viewerOf(b)];
    const [onPrimary, onReplica] = [await primary.client(), await replica.client()];
    afterTest(() => onReplica.close());
    expect(await onPrimary.wait(1, 10_000)).toBe(1);
    // From here on the replica receives nothing, like one that lags behind when its primary ends.
    await onReplica.sendCommand(['REPLICAOF', 'NO', 'ONE']);
    publisher.produce(4);
    const before = await Promise.all(viewers.map((viewer) => viewer.until(({ seq }) => seq === 12)));
    await until(() => publisher.acked === 12);
    const first = publisher.resumes[0]!.stream;
    viewers[2]!.socket.terminate();
    await primary.stop();
    await onReplica.sendCommand(['CONFIG', 'SET', 'port', `${port}`]);

    publisher.produce(run.length);
    const after = await Promise.all(viewers.slice(0, 2).map((viewer) => viewer.until(hasEnded)));
    const last = publisher.resumes.at(-1)!;
    expect(last.stream).not.toBe(first);
    for (const [index, messages] of after.entries()) {
      const { events, hellos } = receivedBy([...before[index]!, ...messages]);
      expect(events).toEqual([...eventsIn(first, 12), ...eventsIn(last.stream, run.length)]);
      expect(hellos.at(-1)).toMatchObject({ after: 0, restart: 'otherStream' });
      expect(messages.filter(({ type }) => type === 'removed')).toEqual([]);
    }
    const back = await viewerOf(b, `?after=12&afterRun=a&stream=${first}`);
    const seen = await back.until(hasEnded);
    expect(seen[0]).toMatchObject({ after: 0, restart: 'otherStream' });
    expect(receivedBy(seen).events).toEqual(eventsIn(last.stream, run.length));
    const losses = gateways.flatMap(({ log }) => log.filter((line) => line.includes('has lost events')));
    expect(losses).toHaveLength(1);
  });

  test('a run deleted at one and begun again at the other: viewers that come back get it from the beginning', async () => {
    const { a, b } = await startPair();
    const first = await publish(a.ingestUrl, run);
    first.connection.socket.close();
    await eventually(
      () => summaryAt(b),
      ({ connected }) => connected === false,
    );
    await fetch(`${a.url}/api/runs/a`, { method: 'DELETE' });
    const second = await publish(b.ingestUrl, run);
    expect(second.stream).not.toBe(first.stream);
    const positions = ['?run=a&', '?', '?afterRun=a&'].map(
      (query) => `${query}after=8&stream=${first.stream}`,
    );
    for (const gateway of [a, b])
      for (const position of positions) {
        const seen = await (await viewerOf(gateway, position)).until(hasEnded);
        expect(seen[0]).toMatchObject({ after: 0, restart: 'otherStream' });
        expect(receivedBy(seen).events).toEqual(eventsIn(second.stream, run.length));
      }
  });
});

describeRedis('a Redis that does not respond', () => {
  test('is logged in one line, for any number of clients', async () => {
    const redis = await startRedis();
    const gateway = await gatewayOn(redis);
    const runs = ['a', 'b', 'c'].map((runId) => sampleRun({ runId }));
    const publishers = await Promise.all(runs.map((run) => publish(gateway.ingestUrl, run.slice(0, 2))));
    await redis.stop();
    for (const [index, { send, connection }] of publishers.entries()) {
      send(runs[index]!.slice(2, 3));
      expect((await connection.closed).code).toBe(closeCodes.storeUnavailable.code);
    }
    for (let request = 0; request < 5; request++)
      expect((await fetch(`${gateway.url}/api/runs`)).status).toBe(503);
    const viewer = await viewerOf(gateway, '?run=a');
    expect((await viewer.closed).code).toBe(closeCodes.storeUnavailable.code);
    const lines = gateway.log.map((line) => JSON.parse(line)).filter(({ level }) => level >= 40);
    expect(lines.filter(({ msg }) => !msg.includes('must exist'))).toEqual([
      expect.objectContaining({ code: 'store.failing' }),
    ]);
  });

  test.each(['stopped', 'frozen'])(
    '%s for a while: it is reported, and no event is lost or duplicated',
    async (how) => {
      const redis = await startRedis();
      const [a, b] = [
        await gatewayOn(redis, { redisTimeoutMs: 1_000 }),
        await gatewayOn(redis, { redisTimeoutMs: 1_000 }),
      ];
      const viewers = [await viewerOf(a), await viewerOf(b)];
      const publisher = new ReconnectingPublisher(a.ingestUrl, run);
      publisher.produce(8);
      await until(() => publisher.acked === 8);
      const before = await Promise.all(viewers.map((viewer) => viewer.until(({ seq }) => seq === 8)));

      if (how === 'stopped') await redis.stop('SIGKILL');
      else redis.freeze();
      const producing = setInterval(() => publisher.produce(1), 20);
      afterTest(() => clearInterval(producing));
      const readiness = async ({ url }: TestGateway) => {
        const answer = await fetch(`${url}/readyz`);
        return { ...((await answer.json()) as { code?: string }), status: answer.status };
      };
      for (const gateway of [a, b])
        expect(
          await eventually(
            () => readiness(gateway),
            ({ status }) => status !== 200,
          ),
        ).toMatchObject({ status: 503, code: 'store.failing' });
      await until(() => publisher.produced === run.length);
      if (how === 'stopped') await redis.start();
      else redis.thaw();
      await eventually(
        () => readiness(b),
        ({ status }) => status === 200,
      );

      for (const [index, viewer] of viewers.entries()) {
        const seen = await viewer.until(hasEnded);
        expect(seqsOf([...before[index]!, ...seen])).toEqual(range(1, run.length));
        expect(seen).toContainEqual(expect.objectContaining({ type: 'store', state: 'failing' }));
      }
    },
  );
});
