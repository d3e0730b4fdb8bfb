import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { type CloseCodeName, closeCodes } from '@mnist-monitor/shared';
import { limits } from '../../src/limits.ts';
import { frame, opcodes, RawSocket } from '../fuzz/raw-socket.ts';
import { afterTest } from '../support/cleanup.ts';
import { startGateway } from '../support/gateway.ts';
import { until } from '../support/until.ts';

/** The payload of a TCP segment on an Ethernet. */
const segmentBytes = 1_448;
const text = Buffer.from('{}');
const fragments = Array.from({ length: limits.maxFragments + 1 }, (_, index) =>
  frame(text, { fin: false, opcode: index === 0 ? opcodes.text : opcodes.continuation }),
);

test.each<[string, Buffer, CloseCodeName]>([
  ['a frame with a reserved bit', frame(text, { reserved: 1 }), 'protocolError'],
  ['a frame with an unknown opcode', frame(text, { opcode: 3 }), 'protocolError'],
  ['a frame without a mask', frame(text, { masked: false }), 'protocolError'],
  ['a text that is not UTF-8', frame(Buffer.from([0xff])), 'notUtf8'],
  ['a message of 17 fragments', Buffer.concat(fragments), 'tooFragmented'],
  ['a message over 1 MB', frame(Buffer.alloc(limits.ingestPayloadBytes + 1, 'x')), 'tooBig'],
  ['a length of 2⁶³ bytes', frame(text, { claimedLength: 2n ** 63n }), 'tooBig'],
])(
  '%s is closed with a code of the table, and counted by its name (P-245, S-29, S-30, S-56)',
  async (_what, bytes, name) => {
    const gateway = await startGateway();
    for (const [endpoint, url] of [
      ['live', gateway.liveUrl],
      ['ingest', gateway.ingestUrl],
    ]) {
      const socket = await RawSocket.open(url!);
      afterTest(() => socket.destroy());
      socket.send(bytes);
      await until(() => socket.closeCode !== undefined);
      expect(socket.closeCode).toBe(closeCodes[name].code);
      const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
      expect(metrics).toContain(`monitor_connections_closed_total{endpoint="${endpoint}",name="${name}"} 1`);
    }
  },
);

test('a message of 1 MB that arrives one TCP segment at a time is read as a whole', async () => {
  const gateway = await startGateway();
  const socket = await RawSocket.open(gateway.ingestUrl);
  afterTest(() => socket.destroy());
  const bytes = frame(Buffer.alloc(limits.ingestPayloadBytes, 'x'));
  for (let at = 0; at < bytes.length; at += segmentBytes) {
    socket.send(bytes.subarray(at, at + segmentBytes));
    await nextTurn();
  }
  await until(() => socket.closeCode !== undefined);
  // Its content is no hello.
  expect(socket.closeCode).toBe(closeCodes.invalid.code);
});

// From dist/test/sockets of this package.
const folder = new URL('../../../src/', import.meta.url);
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(new URL(file, folder), 'utf8'))
  .join('\n');

test('the gateway closes connections only with codes of the table (P-154)', () => {
  expect(sources).not.toMatch(/\.close\(\s*\d/);
});

test('the gateway uses every code of the table, except that of a client that closes (P-154)', () => {
  const unused = Object.keys(closeCodes).filter(
    (name) => !new RegExp(`'${name}'|closeCodes\\.${name}\\b`).test(sources),
  );
  expect(unused).toEqual(['normal']);
});
