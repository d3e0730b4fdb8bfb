import { get as request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun, sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { csvTable } from '../../../src/series/csv.ts';
import { openSqliteStore } from '../../../src/store/sqlite-store.ts';
import { type NewEvent, toNewEvent } from '../../../src/store/store.ts';
import { afterTest, temporaryFolder } from '../../support/cleanup.ts';
import { startGateway } from '../../support/gateway.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { until } from '../../support/until.ts';

const run = sampleRun({ runId: 'a', epochs: 3, batchesPerEpoch: 200 });

async function gatewayWith(events: readonly NewEvent[]) {
  const store = await openSqliteStore(temporaryFolder());
  await store.append('a', events);
  return { store, gateway: await startGateway({ store }) };
}

describe('an export', () => {
  test('as JSON lines contains every event as it is stored (P-9, P-163)', async () => {
    const { gateway } = await gatewayWith(run.map(toNewEvent));
    const answer = await fetch(`${gateway.url}/api/runs/a/export.jsonl`);
    expect(answer.headers.get('content-type')).toBe('application/jsonl; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="a.jsonl"');
    expect(await answer.text()).toBe(run.map((event) => `${toNewEvent(event).json}\n`).join(''));
  });

  test('as CSV has a line for each event (P-164, P-205)', async () => {
    const { gateway } = await gatewayWith(run.map(toNewEvent));
    const answer = await fetch(`${gateway.url}/api/runs/a/export.csv`);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="a.csv"');
    const { header, row } = csvTable();
    expect(await answer.text()).toBe(header + run.map(row).join(''));
  });

  test('as CSV has columns for each GPU and each custom metric of the run (P-208)', async () => {
    const events = sampleRunOfVersion2('a');
    const { gateway } = await gatewayWith(events.map(toNewEvent));
    const text = await (await fetch(`${gateway.url}/api/runs/a/export.csv`)).text();
    const [header, ...lines] = text
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(','));
    expect(lines).toHaveLength(events.length);
    const system = lines.find((cells) => cells[2] === 'system')!;
    const cellOf = (name: string): string | undefined => system[header!.indexOf(name)];
    expect(cellOf('system.gpus.0.load')).toBe('0.5');
    expect(cellOf('system.gpus.1.load')).toBe('0.25');
    expect(cellOf('system.gpus.1.memoryUsedBytes')).toBe('1000000000');
    expect(header!.filter((name) => name.startsWith('system.gpus.'))).toHaveLength(10);
    expect(header!.slice(-3)).toEqual(['metrics.perplexity', 'metrics.grad/norm', 'metrics.eval/f1']);
  });

  test('as CSV has the columns of each GPU also when the other events of the run fit version 1', async () => {
    const gpus = Array.from({ length: 3 }, (_, index) => ({ load: index / 4 }));
    const system = {
      ...{ v: 1, runId: 'a', seq: 2, time: '2026-11-24T10:00:00.000Z', type: 'system', data: { gpus } },
    } as MonitorEvent;
    const { gateway } = await gatewayWith(
      [...run.slice(0, 1), system].map((event) => ({ ...toNewEvent(event), version: 1 as const })),
    );
    const summary = await (await fetch(`${gateway.url}/api/runs/a`)).json();
    expect(summary).toMatchObject({ version: 1 });
    const text = await (await fetch(`${gateway.url}/api/runs/a/export.csv`)).text();
    const [header, ...lines] = text.split('\r\n').map((line) => line.split(','));
    expect(lines[1]?.[header?.indexOf('system.gpus.2.load') ?? -1]).toBe('0.5');
    expect(header?.filter((name) => name.startsWith('system.gpus.'))).toHaveLength(15);
  });

  test('as CSV begins with a byte order mark on request (P-164)', async () => {
    const { gateway } = await gatewayWith(run.slice(0, 5).map(toNewEvent));
    const begin = async (query: string) =>
      new Uint8Array(await (await fetch(`${gateway.url}/api/runs/a/export.csv${query}`)).arrayBuffer()).slice(
        0,
        3,
      );
    expect(await begin('?bom=true')).toEqual(new Uint8Array([0xef, 0xbb, 0xbf]));
    expect(String.fromCharCode(...(await begin('')))).toBe('seq');
    expect((await fetch(`${gateway.url}/api/runs/a/export.csv?bom=maybe`)).status).toBe(400);
  });

  test('ends with the last event of the run, and is answered with 304 until the run has another event (P-185)', async () => {
    const { store, gateway } = await gatewayWith(run.slice(0, 5).map(toNewEvent));
    const url = `${gateway.url}/api/runs/a/export.jsonl`;
    const first = await fetch(url);
    expect((await first.text()).split('\n')).toHaveLength(6);
    const headers = { 'if-none-match': first.headers.get('etag')! };
    expect((await fetch(url, { headers })).status).toBe(304);
    await store.append('a', [toNewEvent(run[5]!)]);
    expect((await (await fetch(url, { headers })).text()).split('\n')).toHaveLength(7);
  });

  test.each(['jsonl', 'csv'])(
    'as %s of a run whose events are missing is an error (P-217)',
    async (extension) => {
      const { store, gateway } = await gatewayWith(run.slice(0, 5).map(toNewEvent));
      const page = store.page.bind(store);
      for (const missing of [[3], [5], [1, 2, 3, 4, 5]]) {
        store.page = async (runId, options) => {
          const found = await page(runId, options);
          return { ...found, events: found.events.filter(({ seq }) => !missing.includes(seq)) };
        };
        const answer = await fetch(`${gateway.url}/api/runs/a/export.${extension}`);
        expect([answer.status, await answer.json()]).toEqual([
          500,
          expect.objectContaining({ code: 'run.damaged' }),
        ]);
      }
    },
  );

  test('is read from the store no faster than the client reads it', async () => {
    const message = 'x'.repeat(20_000);
    const large = Array.from({ length: 2_000 }, (_, index) =>
      toNewEvent({
        ...{ v: 1, runId: 'a', seq: index + 1, time: run[0]!.time, type: 'notice' },
        data: { level: 'info', code: 'x', message, step: null },
      }),
    );
    const store = await openSqliteStore(temporaryFolder());
    // The first and the last event are valid, unlike the notices, which are too long: the gateway validates these two when
    // it reads the summary of a run.
    await store.append('a', [
      toNewEvent(run[0]!),
      ...large.slice(1, -1),
      toNewEvent({ ...run[1]!, seq: 2_000 }),
    ]);
    let pages = 0;
    const page = store.page.bind(store);
    store.page = (...options) => {
      pages++;
      return page(...options);
    };
    const gateway = await startGateway({ store });
    let bytes = 0;
    const answer = request(`${gateway.url}/api/runs/a/export.jsonl`, (response) => {
      response.pause();
      setTimeout(() => response.resume(), 300);
      response.on('data', (data) => {
        bytes += data.length;
      });
      response.on('end', () => answer.destroy());
    });
    await until(() => pages > 0);
    await new Promise((resolve) => setTimeout(resolve, 250));
    const pagesWhilePaused = pages;
    await until(() => answer.destroyed);
    expect(bytes).toBeGreaterThan(39_000_000);
    expect(pagesWhilePaused).toBeLessThan(pages);
  });

  test('breaks off, rather than appear complete, when the run is removed during it (P-219)', async () => {
    const { store, gateway } = await gatewayWith(run.map(toNewEvent));
    const page = store.page.bind(store);
    store.page = async (runId, options) => {
      // Beyond the first 64 kB, which are read before the headers are sent.
      if (options.after > 400) await store.remove('a');
      return page(runId, options);
    };
    const answer = await fetch(`${gateway.url}/api/runs/a/export.jsonl`);
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
  });

  test('over HTTP/1.0 ends with a reset, rather than appear complete, when the run is removed during it (P-219)', async () => {
    const { store, gateway } = await gatewayWith(run.map(toNewEvent));
    const page = store.page.bind(store);
    store.page = async (runId, options) => {
      if (options.after > 400) {
        // Node.js reports a reset as a normal end while it has unread data; other programs do not.
        await delay(200);
        await store.remove('a');
      }
      return page(runId, options);
    };
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    afterTest(() => socket.destroy());
    socket.write('GET /api/runs/a/export.jsonl HTTP/1.0\r\nHost: localhost\r\n\r\n');
    let received = '';
    socket.on('data', (data) => (received += data));
    const error = await new Promise((resolve) => {
      socket.on('error', resolve);
      socket.on('end', () => resolve(undefined));
    });
    expect(received).toMatch(/^HTTP\/1\.1 200 /);
    expect(error).toMatchObject({ code: 'ECONNRESET' });
  });

  test('is refused for an unknown run or format', async () => {
    const gateway = await startGateway();
    for (const ending of ['csv', 'jsonl'])
      expect((await fetch(`${gateway.url}/api/runs/a/export.${ending}`)).status).toBe(404);
    expect((await fetch(`${gateway.url}/api/runs/a/export.xml`)).status).toBe(404);
  });
});

test.each([
  'export.jsonl',
  'export.csv',
  'events',
  'events?types=batch',
  'series',
  'series?fields=epoch.test.loss&x=seq',
  'series?fields=epoch.test.loss&x=step',
])('reading a run whose events are all missing is an error: %s (P-218)', async (path) => {
  const store = new MemoryStore();
  await store.append('a', run.map(toNewEvent));
  const gateway = await startGateway({ store });
  for (const through of [0, run.length]) {
    store.page = async () => ({ events: [], stream: store.streamOf('a'), version: 1, through, more: false });
    const answer = await fetch(`${gateway.url}/api/runs/a/${path}`);
    // When a page reaches the end, a selection by type cannot show that batches are missing.
    if (path === 'events?types=batch' && through > 0) continue;
    expect([answer.status, await answer.json()]).toEqual([
      500,
      expect.objectContaining({ code: 'run.damaged' }),
    ]);
  }
});

describe('an export of a run with custom metrics', () => {
  const own = sampleRunOfVersion2('a');

  test('as CSV has a column for each metric, the speed, and the final results (P-208)', async () => {
    const { gateway } = await gatewayWith(own.map(toNewEvent));
    const text = await (await fetch(`${gateway.url}/api/runs/a/export.csv`)).text();
    const [header, ...lines] = text.trimEnd().split('\r\n');
    expect(lines).toHaveLength(own.length);
    const names = header!.split(',');
    expect(names.slice(-3)).toEqual(['metrics.perplexity', 'metrics.grad/norm', 'metrics.eval/f1']);
    const cell = (seq: number, name: string) => lines[seq - 1]!.split(',')[names.indexOf(name)];
    const seqOfStep7 =
      own.findIndex(({ type, data }) => type === 'batch' && 'step' in data && data.step === 7) + 1;
    expect(cell(seqOfStep7, 'metrics.grad/norm')).toBe('NaN');
    expect(cell(seqOfStep7, 'batch.throughput')).toBe('100000');
    expect(cell(own.length, 'run.finished.test.loss')).toBe('-1');
    expect(cell(own.length, 'run.finished.seconds')).toBe('80');
    expect(cell(own.length, 'metrics.perplexity')).toBe('0.5');
    const noticeSeq = own.findIndex(({ type }) => type === 'notice') + 1;
    expect([cell(noticeSeq, 'value'), cell(noticeSeq, 'by')]).toEqual(['0.1', 'page']);
  });

  test('as JSON lines has null in place of numbers that are not finite, on request (P-163)', async () => {
    const notice: MonitorEvent = {
      ...{ v: 1, runId: 'a', seq: own.length + 1, time: own[0]!.time, type: 'notice' },
      data: { level: 'info', code: 'a.b', message: 'NaN' },
    };
    const { gateway } = await gatewayWith([...own, notice].map(toNewEvent));
    const url = `${gateway.url}/api/runs/a/export.jsonl`;
    const lines = (await (await fetch(`${url}?nonfinite=null`)).text()).trimEnd().split('\n');
    const diverged = own.findIndex(({ data }) => JSON.stringify(data).includes('"grad/norm":null'));
    expect(JSON.parse(lines[diverged]!).data.metrics).toEqual({ perplexity: 2 ** 2.3, 'grad/norm': null });
    expect(JSON.parse(lines.at(-1)!).data.message).toBe('NaN');
    expect(lines[1]).toBe(toNewEvent(own[1]!).json);
    expect((await fetch(`${url}?nonfinite=maybe`)).status).toBe(400);
  });
});
