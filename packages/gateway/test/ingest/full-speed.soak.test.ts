import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { temporaryFolder } from '../support/cleanup.ts';
import { connect } from '../support/connection.ts';
import { startProcess } from '../support/process.ts';
import { helloOf, openPublisher } from '../support/publisher.ts';

const count = 300_000;
const mebibyte = 2 ** 20;

/** Returns the peak of a process's resident memory, in bytes (Linux). */
function peakMemory(pid: number): number {
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

test('a publisher at full speed is slowed down to the speed of the disk, and a viewer gets every event', async () => {
  const runs = temporaryFolder();
  const gateway = startProcess(['--runs', runs, '--port', '0', '--ingest-port', '0', '--log-level', 'warn']);
  const { url, ingestUrl } = await gateway.listening;
  const publisher = await openPublisher(ingestUrl, helloOf('fast'));
  const batch = sampleRun({ runId: 'fast' })[1]!;
  publisher.send([{ ...batch, seq: 1 }]);
  await publisher.acked(1);

  const viewer = await connect(`${url.replace('http', 'ws')}/live?run=fast&complete=true`);
  let seen = 0;
  let outOfOrder = 0;
  viewer.socket.on('message', (data) => {
    const [, seq] = /^\{"v":1.*?"seq":(\d+)/.exec(String(data)) ?? [];
    if (seq === undefined) return;
    if (Number(seq) !== seen + 1) outOfOrder++;
    seen = Number(seq);
    viewer.takeAll();
  });

  const { socket } = publisher.connection;
  for (let seq = 2; seq <= count; seq++) {
    publisher.send([{ ...batch, seq }]);
    while (socket.bufferedAmount > mebibyte) await nextTurn();
  }
  await publisher.acked(count);
  while (seen < count) await nextTurn();
  expect(outOfOrder).toBe(0);
  expect(peakMemory(gateway.child.pid!)).toBeLessThan(400 * mebibyte);
}, 300_000);
