import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { afterTest, temporaryFolder } from '../support/cleanup.ts';
import { connect } from '../support/connection.ts';
import { startProcess } from '../support/process.ts';
import { publish } from '../support/publisher.ts';
import { fuzz, residentMiB } from './fuzz.ts';

const messages = Number(process.env.FUZZ_MESSAGES ?? 100_000);
const minutes = 60_000;

async function startFuzzed() {
  const flags = ['--port', '0', '--ingest-port', '0', '--runs', temporaryFolder()];
  // A small heap, in which a leak soon ends the process: by default, V8 lets the heap grow before it collects garbage.
  const gateway = startProcess(flags, { NODE_OPTIONS: '--max-old-space-size=96' });
  const { url, ingestUrl } = await gateway.listening;
  return { gateway, url, ingestUrl, liveUrl: `${url.replace('http', 'ws')}/live` };
}

async function expectToServe({ url, ingestUrl, liveUrl }: Awaited<ReturnType<typeof startFuzzed>>) {
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  await publish(ingestUrl, sampleRun({ runId: 'behind', epochs: 1, batchesPerEpoch: 3 }));
  const viewer = await connect(`${liveUrl}?run=behind`);
  await viewer.until(({ type }) => type === 'live');
}

test(
  `${messages} invalid messages crash nothing, leak nothing, and each is refused with a code`,
  async () => {
    const fuzzed = await startFuzzed();
    const pid = fuzzed.gateway.child.pid as number;
    await fuzz({ ...fuzzed, messages: messages / 10, seed: 1 });
    const before = residentMiB(pid);
    const report = await fuzz({ ...fuzzed, messages, seed: 2 });
    const after = residentMiB(pid);
    console.log(JSON.stringify({ ...report, memoryMiB: { before, after } }));

    expect(report.accepted).toEqual([]);
    expect(report.sent).toBeGreaterThanOrEqual(messages);
    expect(after - before).toBeLessThan(128);
    await expectToServe(fuzzed);
    fuzzed.gateway.child.kill('SIGTERM');
    const { code, stdout, stderr } = await fuzzed.gateway.ended;
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout.split('\n').filter((line) => /"level":[56]0/.test(line))).toEqual([]);
  },
  15 * minutes,
);

test('upgrades that never end are cut in time, and others are served meanwhile', async () => {
  const fuzzed = await startFuzzed();
  const { port } = new URL(fuzzed.url);
  const closed: Promise<void>[] = [];
  const sockets = Array.from({ length: 500 }, (): Socket => {
    const socket = connectTcp(Number(port), '127.0.0.1');
    socket.on('error', () => {});
    closed.push(new Promise((resolve) => socket.on('close', () => resolve())));
    afterTest(() => socket.destroy());
    socket.write('GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n');
    return socket;
  });
  const drip = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('X-A: b\r\n');
  }, 1_000);
  afterTest(() => clearInterval(drip));
  await delay(1_000);
  await expectToServe(fuzzed);
  await Promise.all(closed);
}, 30_000);
