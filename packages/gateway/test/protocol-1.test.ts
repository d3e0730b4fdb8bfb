import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import {
  decode,
  type EventType,
  eventSchema,
  liveSubprotocols,
  version1EventTypes,
} from '@mnist-monitor/shared';
import { sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { openSqliteStore } from '../src/store/sqlite-store.ts';
import { toNewEvent } from '../src/store/store.ts';
import { afterTest, temporaryFolder } from './support/cleanup.ts';
import { type Connection, connect, type Message } from './support/connection.ts';
import { startGateway, type TestGateway } from './support/gateway.ts';
import { helloOf, openPublisher, publish } from './support/publisher.ts';
import { describeRedis, TestRedis } from './support/redis.ts';

const fixtures = fileURLToPath(new URL('../../test/fixtures/protocol-1/', import.meta.url));
const read = (name: string): Buffer => gunzipSync(readFileSync(join(fixtures, `${name}.gz`)));

const runId = '20261128-100000-v1aa';
const recorded = read('feed.jsonl').toString().trim().split('\n');
const recordedEvents = recorded.filter((text) => text.startsWith('{"v":1'));
const [recordedSummary] = JSON.parse(read('runs.json').toString()).runs;
const offer = { protocol: 'mnist-monitor.v1' };

const schemas: Record<string, object> = JSON.parse(read('schemas.json').toString());
const ajv = new Ajv2020({ strict: false, validateFormats: false });
const validators = new Map(Object.entries(schemas).map(([type, schema]) => [type, ajv.compile(schema)]));

/** Fails unless a message fits the schema that viewers of version 1 have. */
function expectVersion1(message: Message): void {
  const validate = validators.get(message.type);
  expect([message.type, validate?.(message), validate?.errors]).toEqual([message.type, true, null]);
}

/** Collects the texts that a connection receives. */
function textsOf({ socket }: Connection): string[] {
  const texts: string[] = [];
  socket.on('message', (data) => texts.push(String(data)));
  return texts;
}

/** Follows the run from its beginning as a viewer of version 1, and returns its hello and the texts of its events. */
async function followAsVersion1(gateway: TestGateway): Promise<{ hello: Message; events: string[] }> {
  const viewer = await connect(`${gateway.liveUrl}?run=${runId}`, offer);
  const texts = textsOf(viewer);
  const messages = await viewer.until(({ type }) => type === 'live');
  messages.forEach(expectVersion1);
  return { hello: messages[0]!, events: texts.filter((text) => text.startsWith('{"v":1')) };
}

/** The fields that the gateway of the recording did not have, and the state of the publisher, which is not stored. */
const storedFields = ({ connected, commands, lastReceivedAt, ...stored }: Record<string, unknown>): object =>
  stored;

/** Expects that a viewer of version 1 receives the recorded run as it was, from a gateway that has it. */
async function expectRecordedRun(gateway: TestGateway): Promise<void> {
  const { hello, events } = await followAsVersion1(gateway);
  expect(events).toEqual(recordedEvents);
  expect(hello.run).toMatchObject(storedFields(recordedSummary));
  expect(hello.run.version).toBe(1);
  const answer = await fetch(`${gateway.url}/api/runs`);
  const listed = (await answer.json()) as { runs: object[] };
  expect(listed.runs[0]).toMatchObject(storedFields(recordedSummary));
}

/** Continues the run with events that only version 2 has, in front of viewers of both versions. */
async function expectUpgrade(gateway: TestGateway): Promise<void> {
  const seq = recordedEvents.length + 1;
  const viewers = await Promise.all(
    [['mnist-monitor.v1'], [...liveSubprotocols]].map((protocol) =>
      connect(`${gateway.liveUrl}?run=${runId}&after=${seq - 1}`, { protocol }),
    ),
  );
  const [old, current] = viewers as [Connection, Connection];
  const texts = textsOf(old);
  for (const viewer of viewers) await viewer.until(({ type }) => type === 'live');
  const publisher = await openPublisher(gateway.ingestUrl, helloOf(runId, { protocol: 2 }));
  expect(publisher.after).toBe(seq - 1);
  const batch = sampleRunOfVersion2(runId).find(({ type }) => type === 'batch')!;
  publisher.send([{ ...batch, seq }]);
  await current.until((message) => message.seq === seq && message.type === 'batch');
  expect(await old.closed).toMatchObject({ code: 4426 });
  expect(texts.some((text) => JSON.parse(text).type === 'batch')).toBe(false);
  const late = await connect(`${gateway.liveUrl}?run=${runId}`, offer);
  const reason = expect.stringContaining('offer the subprotocol mnist-monitor.v2');
  expect(await late.closed).toEqual({ code: 4426, reason });
}

describe('a session of protocol 1', () => {
  test('is unchanged for its viewers: every event byte for byte, and messages that fit its schemas (P-42)', async () => {
    const gateway = await startGateway();
    const viewer = await connect(gateway.liveUrl, offer);
    const texts = textsOf(viewer);
    const commands = ['pause', 'resume', 'stop', 'setLearningRate', 'enqueue', 'listQueue'];
    const publisher = await openPublisher(gateway.ingestUrl, helloOf(runId, { commands }));
    for (const text of recordedEvents) publisher.connection.socket.send(text);
    await publisher.acked(recordedEvents.length);
    const isLast = ({ seq, type }: Message): boolean =>
      type === 'status' || (type === 'run.finished' && seq === recordedEvents.length);
    const messages: Message[] = [];
    // The status with the commands of the publisher may come before or after the last event.
    while (
      !messages.some(({ type }) => type === 'run.finished') ||
      !messages.some(({ type }) => type === 'status')
    )
      messages.push(...(await viewer.until(isLast)));
    messages.forEach(expectVersion1);
    expect(texts.filter((text) => text.startsWith('{"v":1'))).toEqual(recordedEvents);
    expect(messages[0]).toMatchObject(JSON.parse(recorded[0]!));
    const status = messages.find(({ type, connected }) => type === 'status' && connected);
    expect(status?.commands).toEqual(['pause', 'resume', 'stop', 'setLearningRate']);
    await expectRecordedRun(gateway);
  });

  test('loses fields of its own that version 2 uses for something else, and can be read (P-10)', async () => {
    const gateway = await startGateway();
    const own = {
      metrics: ['precision', 'recall'],
      throughput: 'fast',
      unit: 5,
      tags: 'a,b',
      name: 3,
      by: 7,
    };
    const texts = recordedEvents.map((text) => {
      const event = JSON.parse(text);
      return JSON.stringify({ ...event, data: { ...event.data, ...own, other: 'kept' } });
    });
    const publisher = await openPublisher(gateway.ingestUrl, helloOf(runId));
    for (const text of texts) publisher.connection.socket.send(text);
    await publisher.acked(texts.length);
    expect((await followAsVersion1(gateway)).events.map((text) => JSON.parse(text).seq)).toEqual(
      recordedEvents.map((text) => JSON.parse(text).seq),
    );
    const summary = await (await fetch(`${gateway.url}/api/runs/${runId}`)).json();
    expect(summary).toMatchObject({
      ...storedFields(recordedSummary),
      version: 1,
      bytes: expect.any(Number),
    });
    const exported = await (await fetch(`${gateway.url}/api/runs/${runId}/export.jsonl`)).text();
    for (const text of exported.trim().split('\n'))
      expect(decode(eventSchema, text)).toMatchObject({ ok: true });
  });

  test('that a gateway of version 1 has stored with such fields has a summary', async () => {
    const store = await openSqliteStore(temporaryFolder());
    const started = JSON.parse(recordedEvents[0] as string);
    await store.append(runId, [
      { ...toNewEvent({ ...started, data: { ...started.data, unit: 5, metrics: ['f1'] } }), version: 1 },
    ]);
    const gateway = await startGateway({ store });
    const summary = await (await fetch(`${gateway.url}/api/runs/${runId}`)).json();
    expect(summary).toMatchObject({ runId, started: { dataset: started.data.dataset } });
  });

  test('ends with a named code when the run continues with an event that only version 2 has', async () => {
    const gateway = await startGateway();
    await publish(
      gateway.ingestUrl,
      recordedEvents.map((text) => JSON.parse(text)),
    ).then(({ connection }) => connection.socket.close());
    await expectUpgrade(gateway);
  });
});

describe('a run that the current trainer publishes in protocol 2', () => {
  const eventsOf = (name: string): string[] => {
    const path = fileURLToPath(new URL(`../../test/fixtures/protocol-2/${name}.jsonl.gz`, import.meta.url));
    return gunzipSync(readFileSync(path)).toString().trim().split('\n');
  };
  /** Follows a run as a viewer of version 1 while a publisher of version 2 sends its events. */
  async function play(events: readonly string[]) {
    const gateway = await startGateway();
    const viewer = await connect(gateway.liveUrl, offer);
    const texts = textsOf(viewer);
    const { runId } = JSON.parse(events[0]!) as { runId: string };
    const publisher = await openPublisher(gateway.ingestUrl, helloOf(runId, { protocol: 2 }));
    for (const text of events) publisher.connection.socket.send(text);
    const replies = await publisher.acked(events.length);
    expect(replies.filter(({ type }) => type === 'reject')).toEqual([]);
    const messages = await viewer.until(({ seq, v }) => v === 1 && seq === events.length);
    return {
      gateway,
      runId,
      messages,
      received: () => texts.filter((text) => text.startsWith('{"v":1')),
    };
  }

  test('is served to viewers of version 1 while it fits: every event byte for byte (P-47)', async () => {
    const events = eventsOf('usual');
    const { gateway, messages, runId, received } = await play(events);
    for (const message of messages) expectVersion1(message);
    expect(received()).toEqual(events);
    const late = await connect(`${gateway.liveUrl}?run=${runId}`, offer);
    const again = await late.until(({ type }) => type === 'live');
    for (const message of again) expectVersion1(message);
    expect(again[0]!.run).toMatchObject({ runId, version: 1, status: 'completed' });
    expect(again.filter(({ v }) => v === 1)).toHaveLength(events.length);
  });

  test('is served to viewers of version 1 without the events about the inside of its network (P-47)', async () => {
    const events = eventsOf('inside');
    const typeOf = (text: string): EventType => JSON.parse(text).type;
    const ofVersion1 = events.filter((text) => version1EventTypes.includes(typeOf(text)));
    expect(events.length - ofVersion1.length).toBeGreaterThan(5);
    const { gateway, messages, runId, received } = await play(events);
    for (const message of messages) expectVersion1(message);
    expect(received()).toEqual(ofVersion1);
    const late = await connect(`${gateway.liveUrl}?run=${runId}`, offer);
    const again = await late.until(({ type }) => type === 'live');
    for (const message of again) expectVersion1(message);
    expect(again.filter(({ v }) => v === 1)).toHaveLength(ofVersion1.length);
    expect(again.at(-1)).toEqual({ type: 'live', seq: events.length });
    const current = await connect(`${gateway.liveUrl}?run=${runId}`, { protocol: [...liveSubprotocols] });
    const all = await current.until(({ type }) => type === 'live');
    expect(all.filter(({ v }) => v === 1)).toHaveLength(events.length);
    expect(all[0]!.run).toMatchObject({ version: 1, name: 'Inside', tags: ['first'] });
  });
});

test('a database of the gateway of protocol 1 is migrated, for viewers of both versions (P-48)', async () => {
  const runs = temporaryFolder();
  writeFileSync(join(runs, 'monitor.db'), read('monitor.db'));
  const gateway = await startGateway({ runs });
  await expectRecordedRun(gateway);
  await expectUpgrade(gateway);
});

describeRedis('a Redis of the gateway of protocol 1', () => {
  test('is migrated, for viewers of both versions and at another gateway (P-48)', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'dump.rdb'), read('dump.rdb'));
    const redis = await new TestRedis(folder, ['--appendonly', 'no']).start();
    afterTest(() => redis.stop());
    const gateway = await startGateway({ redisUrl: redis.url });
    const other = await startGateway({ redisUrl: redis.url });
    await expectRecordedRun(gateway);
    const watching = await connect(`${other.liveUrl}?run=${runId}`, offer);
    await watching.until(({ type }) => type === 'live');
    await expectUpgrade(gateway);
    expect(await watching.closed).toMatchObject({ code: 4426 });
  });
});
