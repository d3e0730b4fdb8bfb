import { expect, test } from '@jest/globals';
import { encode, eventLimits, runSummarySchema, validate } from '@mnist-monitor/shared';
import { limits } from '../../src/limits.ts';
import { maxSummaryBytes } from '../../src/store/store.ts';
import { afterTest } from '../support/cleanup.ts';
import { type Connection, connect, type Message } from '../support/connection.ts';
import { largestEventsOfVersion2 } from '../support/events.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { helloOf, openPublisher } from '../support/publisher.ts';
import { describeRedis, startRedis } from '../support/redis.ts';

const runId = 'r'.repeat(64);
const events = largestEventsOfVersion2(runId);
/** Characters that JSON writes with six bytes each. */
const text = (length: number): string => '\u0001'.repeat(length);
const changes = {
  ...{ title: text(199).padEnd(200, 'x'), note: text(9_999).padEnd(10_000, 'x') },
  name: `${text(199)}x`,
  tags: Array.from({ length: eventLimits.tags }, (_, index) => `x${text(37)}${10 + index}`),
};

/** The size of a message with the title and the note of a run: 61 kB more than the summary. */
const maxHelloBytes = maxSummaryBytes + 6 * 10_200 + 1_000;

/** Expects that a summary is complete where it has to be, and as small as documented. */
function expectSmall(summary: Record<string, unknown>): void {
  const { title, note, ...counted } = summary;
  const { connected, commands, model, ...stored } = counted;
  expect(Buffer.byteLength(JSON.stringify(stored))).toBeLessThanOrEqual(maxSummaryBytes);
  expect(validate(runSummarySchema, JSON.parse(encode(summary)))).toMatchObject({ ok: true });
  expect(summary).toMatchObject({ ...changes, shortened: true, version: 2, lastSeq: events.length });
  expect(summary.metricNames).toHaveLength(eventLimits.metrics);
}

async function helloFor({
  liveUrl,
}: TestGateway): Promise<{ viewer: Connection; hello: Message; bytes: number }> {
  const viewer = await connect(liveUrl);
  const bytes = new Promise<number>((resolve) =>
    viewer.socket.once('message', (data) => resolve(String(data).length)),
  );
  const hello = await viewer.next();
  return { viewer, hello, bytes: await bytes };
}

/** Publishes the largest run at one gateway, and reads its summary in every way at the other, which may be the same. */
async function expectSmallEverywhere(gateway: TestGateway, other: TestGateway): Promise<void> {
  const commands = [
    'pause',
    'resume',
    'stop',
    'setLearningRate',
    'enqueue',
    'listQueue',
    'moveQueued',
    'cancelQueued',
  ];
  const publisher = await openPublisher(gateway.ingestUrl, helloOf(runId, { protocol: 2, commands }));
  publisher.send(events);
  const replies = await publisher.acked(events.length);
  expect(replies.filter(({ type }) => type === 'reject')).toEqual([]);
  const { viewer } = await helloFor(other);
  const answer = await fetch(`${gateway.url}/api/runs/${runId}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(changes),
  });
  expect(answer.status).toBe(200);
  expectSmall((await answer.json()) as Record<string, unknown>);
  const annotated = (await viewer.until(({ type }) => type === 'annotated')).at(-1)!;
  expect(annotated).toMatchObject(changes);
  // A viewer that has read nothing for a moment receives it too, and is not closed as slow.
  const annotatedBytes = Buffer.byteLength(JSON.stringify(annotated));
  expect(annotatedBytes).toBeGreaterThan(64 * 1024);
  expect(annotatedBytes).toBeLessThan(limits.unreadBroadcastBytes);
  const list = (await (await fetch(`${other.url}/api/runs`)).json()) as { runs: Record<string, unknown>[] };
  expectSmall(list.runs[0]!);
  const { hello, bytes } = await helloFor(other);
  expectSmall(hello.run);
  expect(bytes).toBeLessThanOrEqual(maxHelloBytes);
  publisher.connection.socket.close();
  const isOff = ({ type, connected }: Message): boolean => type === 'status' && !connected;
  const status = (await viewer.until(isOff)).find(({ type }) => type === 'status')!;
  expect(JSON.stringify(status).length).toBeLessThanOrEqual(1_000);
}

test('the largest run of version 2 is small in the list, in hello and in status (P-195, P-250)', async () => {
  const gateway = await startGateway({ limits: { statusIntervalMs: 20 } });
  await expectSmallEverywhere(gateway, gateway);
});

describeRedis('the largest run of version 2 in Redis', () => {
  test('is small in the list, in hello and in status of both gateways', async () => {
    const redis = await startRedis();
    afterTest(() => redis.stop());
    const options = { redisUrl: redis.url, limits: { statusIntervalMs: 20 } };
    const [gateway, other] = [await startGateway(options), await startGateway(options)];
    await expectSmallEverywhere(gateway, other);
  });
});
