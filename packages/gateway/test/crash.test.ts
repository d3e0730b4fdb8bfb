import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { connectLive, type MonitorEvent, type WebSocketConstructor } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { WebSocket } from 'ws';
import { afterTest, temporaryFolder } from './support/cleanup.ts';
import { range } from './support/connection.ts';
import { freePort, startProcess } from './support/process.ts';
import { ReconnectingPublisher } from './support/reconnecting-publisher.ts';

const run = sampleRun({ runId: 'crash', epochs: 6, batchesPerEpoch: 60 });

// `crash.soak.test.ts` kills a gateway a hundred times.
test('a gateway that is killed during a run loses and repeats no event, in its store and for viewers (P-21, S-47)', async () => {
  const [port, ingestPort] = [await freePort(), await freePort()];
  const flags = ['--port', `${port}`, '--ingest-port', `${ingestPort}`, '--runs', temporaryFolder()];
  let gateway = startProcess(flags);
  const { url, ingestUrl } = await gateway.listening;

  const seen: number[] = [];
  const lastSeqsAtHello: number[] = [];
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const viewer = connectLive({
    url: `${url.replace('http', 'ws')}/live`,
    // The viewer gets every event, however many it missed while the gateway restarted.
    complete: true,
    WebSocket: WebSocket as unknown as WebSocketConstructor,
    onHello: ({ run: summary }) => lastSeqsAtHello.push(summary?.lastSeq ?? 0),
    onEvent: ({ seq, type }) => {
      seen.push(seq);
      if (type === 'run.finished') finish();
    },
  });
  afterTest(() => viewer.close());

  const publisher = new ReconnectingPublisher(ingestUrl, run);
  const kill = Math.floor(100 + Math.random() * 200);
  for (const event of run) {
    publisher.produce(1);
    if (event.seq % 5 === 0) await delay(2);
    if (event.seq !== kill) continue;
    while (publisher.acked === 0) await delay(5);
    gateway.child.kill('SIGKILL');
    expect((await gateway.ended).signal).toBe('SIGKILL');
    gateway = startProcess(flags);
    await gateway.listening;
  }
  await finished;

  expect(seen).toEqual(range(1, run.length));
  expect(lastSeqsAtHello.length).toBeGreaterThan(1);
  const response = await fetch(`${url}/api/runs/crash/events?limit=2000`);
  const { events, nextAfter } = (await response.json()) as {
    events: MonitorEvent[];
    nextAfter: number | null;
  };
  expect(events).toEqual(JSON.parse(JSON.stringify(run)));
  expect(nextAfter).toBeNull();
}, 60_000);
