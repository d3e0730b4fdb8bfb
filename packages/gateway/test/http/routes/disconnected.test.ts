import { get } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { toNewEvent } from '../../../src/store/store.ts';
import { startGateway } from '../../support/gateway.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { until } from '../../support/until.ts';

/** A store whose pages can be held back, and that counts them. */
class SlowStore extends MemoryStore {
  pages = 0;
  release: () => void = () => {};
  held: Promise<void> | undefined;

  hold(): void {
    this.held = new Promise((resolve) => {
      this.release = resolve;
    });
  }

  override async page(...args: Parameters<MemoryStore['page']>): ReturnType<MemoryStore['page']> {
    this.pages++;
    await this.held;
    return super.page(...args);
  }
}

describe('a client that disconnects before its response', () => {
  test.each(['series?fields=batch.loss', 'events?limit=2000', 'export.csv', 'export.jsonl'])(
    'ends the reading of %s (S-39)',
    async (path) => {
      const store = new SlowStore();
      await store.append('a', sampleRun({ runId: 'a', epochs: 2, batchesPerEpoch: 500 }).map(toNewEvent));
      const gateway = await startGateway({ store });
      store.hold();
      const before = store.pages;
      const request = get(`${gateway.url}/api/runs/a/${path}`);
      request.on('error', () => {}); // It is destroyed below.
      await until(() => store.pages > before);
      request.destroy();
      await new Promise((resolve) => request.once('close', resolve));
      const health = async () => (await fetch(`${gateway.url}/healthz`)).status;
      // The gateway has handled the end of the connection before it answers another client.
      for (let turn = 0; turn < 5; turn++) expect(await health()).toBe(200);
      store.release();
      for (let turn = 0; turn < 50; turn++) await setImmediate();
      expect(await health()).toBe(200);
      expect(store.pages).toBe(before + 1);
    },
  );
});
