import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { toNewEvent } from '../../src/store/store.ts';
import { afterTest, temporaryFolder } from '../support/cleanup.ts';
import { asStored } from '../support/events.ts';

const stored = sampleRun({ runId: 'a', epochs: 2, batchesPerEpoch: 10 }).map(toNewEvent);

/** The bytes that a disk may have after the point at which a power cut interrupts the writing of the log. */
const damages: [string, (rest: Buffer) => Buffer][] = [
  ['is missing', () => Buffer.alloc(0)],
  ['is zeros', (rest) => Buffer.alloc(rest.length)],
  ['is torn', (rest) => Buffer.from(rest.map((byte, index) => (index % 512 < 256 ? 255 - byte : byte)))],
];

test.each(damages)(
  'every acknowledged event is stored after a power cut, when the rest of the log %s (P-21)',
  async (_what, damage) => {
    const folder = temporaryFolder();
    const store = await openSqliteStore(folder);
    afterTest(() => store.close());
    const path = join(folder, 'monitor.db');
    const begin = statSync(`${path}-wal`).size;
    /** The size of the log when each append was acknowledged. */
    const acknowledged: { bytes: number; seq: number }[] = [{ bytes: begin, seq: 0 }];
    for (let at = 0; at < stored.length; at += 5) {
      const seq = await store.append('a', stored.slice(at, at + 5));
      acknowledged.push({ bytes: statSync(`${path}-wal`).size, seq });
    }
    const log = readFileSync(`${path}-wal`);

    for (const [index, { bytes, seq }] of acknowledged.entries()) {
      const next = acknowledged[index + 1]?.bytes ?? bytes;
      for (const cut of [bytes, Math.floor((bytes + next) / 2), next - 1].filter((at) => at >= bytes)) {
        const copy = temporaryFolder();
        copyFileSync(path, join(copy, 'monitor.db'));
        writeFileSync(
          join(copy, 'monitor.db-wal'),
          Buffer.concat([log.subarray(0, cut), damage(log.subarray(cut))]),
        );
        const cutStore = await openSqliteStore(copy);
        const { events } = await cutStore.page('a', { after: 0, limit: 1_000 });
        expect(events).toEqual(asStored(stored.slice(0, seq)));
        expect(await cutStore.append('a', stored)).toBe(stored.length);
        await cutStore.close();
      }
    }
  },
);
