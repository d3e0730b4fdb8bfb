import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  eventPageSchema,
  type MonitorEvent,
  type RunConfig,
  type RunSummary,
  runListSchema,
  runSummarySchema,
  validate,
} from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { pino } from 'pino';
import { buildGateway, type Gateway } from '../../../src/app.ts';
import { openSqliteStore } from '../../../src/store/sqlite-store.ts';
import { toNewEvent } from '../../../src/store/store.ts';
import { afterTest, temporaryFolder } from '../../support/cleanup.ts';
import { range } from '../../support/connection.ts';
import { largestFirstAndLast } from '../../support/events.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const run = sampleRun({ runId: 'a', epochs: 2, batchesPerEpoch: 10 });

describe('reading runs', () => {
  let gateway: Gateway;
  let store: MemoryStore;
  beforeAll(async () => {
    store = new MemoryStore();
    await store.append('a', run.map(toNewEvent));
    await store.append('b', sampleRun({ runId: 'b' }).slice(0, 4).map(toNewEvent));
    const config = { host: '127.0.0.1', ingestHost: '127.0.0.1', runs: 'nowhere', token: undefined };
    gateway = await buildGateway({ config, store, log: pino({ level: 'silent' }) });
  });
  afterAll(() => gateway.close());

  const get = (url: string) => gateway.publicApp.inject({ url, headers: { host: 'localhost:5000' } });

  test('lists the runs, newest first, as documented (P-159)', async () => {
    const answer = await get('/api/runs');
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(validate(runListSchema, answer.json()).ok).toBe(true);
    expect(answer.json().runs).toMatchObject([
      { runId: 'b', status: 'stalled', connected: false },
      { runId: 'a', status: 'completed' },
    ]);
  });

  test('returns the summary of a run, as documented (P-94, P-160)', async () => {
    const answer = await get('/api/runs/a');
    expect(validate(runSummarySchema, answer.json()).ok).toBe(true);
    expect(answer.json()).toMatchObject({ runId: 'a', lastSeq: run.length });
  });

  test('returns events in pages, each with the position of the next (P-161)', async () => {
    const seqs: number[] = [];
    let after: number | null = 0;
    while (after !== null) {
      const answer = await get(`/api/runs/a/events?limit=9&after=${after}`);
      expect(validate(eventPageSchema, answer.json()).ok).toBe(true);
      seqs.push(...answer.json().events.map(({ seq }: { seq: number }) => seq));
      after = answer.json().nextAfter;
    }
    expect(seqs).toEqual(range(1, run.length));
  });

  test('returns only the requested types (P-161)', async () => {
    const answer = await get('/api/runs/a/events?types=epoch,run.finished');
    expect(answer.json().events.map(({ type }: { type: string }) => type)).toEqual([
      'epoch',
      'epoch',
      'run.finished',
    ]);
  });
});

describe('the list of runs', () => {
  const runIds = range(1, 25).map((number) => `run-${number}`);
  let gateway: Gateway;
  let store: MemoryStore;
  beforeAll(async () => {
    store = new MemoryStore();
    for (const runId of runIds) await store.append(runId, sampleRun({ runId }).slice(0, 2).map(toNewEvent));
    await store.append('run-7', sampleRun({ runId: 'run-7' }).slice(2).map(toNewEvent));
    await store.annotate('run-3', { pinned: true, title: 'Größer als zuvor' });
    await store.annotate('run-9', { pinned: true, note: 'the Best one' });
    const config = { host: '127.0.0.1', ingestHost: '127.0.0.1', runs: 'nowhere', token: undefined };
    gateway = await buildGateway({ config, store, log: pino({ level: 'silent' }) });
  });
  afterAll(() => gateway.close());

  const get = (query: string) =>
    gateway.publicApp.inject({ url: `/api/runs?${query}`, headers: { host: 'localhost:5000' } });
  const idsOf = (runs: RunSummary[]) => runs.map(({ runId }) => runId);

  async function pages(query: string): Promise<string[][]> {
    const found: string[][] = [];
    let cursor = '';
    do {
      const { runs, nextCursor } = (await get(`${query}${cursor}`)).json();
      found.push(idsOf(runs));
      cursor = nextCursor && `&cursor=${nextCursor}`;
    } while (cursor);
    return found;
  }

  test('is read in pages that contain each run once (P-159, P-187, P-193)', async () => {
    const found = await pages('limit=10');
    expect(found.map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(found.flat()).toEqual(runIds.toReversed());
    expect((await get('limit=10')).json().total).toBe(25);
  });

  test('begins with the pinned runs on request (P-190)', async () => {
    const others = runIds.toReversed().filter((runId) => runId !== 'run-9' && runId !== 'run-3');
    for (const limit of [1, 2, 3, 25])
      expect((await pages(`order=pinned&limit=${limit}`)).flat()).toEqual(['run-9', 'run-3', ...others]);
  });

  test.each([
    ['größer', ['run-3']],
    ['ONE%20best', ['run-9']],
    ['completed', ['run-7']],
    ['MNIST%20constant%20run-7', ['run-7']],
    ['run-2%20stalled%20cpu', ['run-25', 'run-24', 'run-23', 'run-22', 'run-21', 'run-20', 'run-2']],
    ['schedule%20constant%20run-7', ['run-7']],
    ['LEARNING%20rate%200.01%20run-17', ['run-17']],
    ['nothing%20like%20this', []],
  ])('contains the runs with all words of a search: %s (P-189, P-193)', async (search, expected) => {
    const { total, runs } = (await get(`search=${search}`)).json();
    expect(idsOf(runs)).toEqual(expected);
    expect(total).toBe(expected.length);
    expect((await pages(`search=${search}&limit=2`)).flat()).toEqual(expected);
  });

  test.each([
    ['sort=name', 'name'],
    ['sort=config.width&order=pinned', 'width'],
  ])('is sorted on all of its pages alike, whatever their length: %s (P-191, P-192)', async (query) => {
    for (const direction of ['ascending', 'descending']) {
      const [whole] = await pages(`${query}&direction=${direction}`);
      for (const limit of [1, 7, 24])
        expect((await pages(`${query}&direction=${direction}&limit=${limit}`)).flat()).toEqual(whole);
    }
  });

  test('continues after a run that was removed, and is not moved by one that begins (P-188)', async () => {
    await store.append('gone', sampleRun({ runId: 'gone' }).slice(0, 2).map(toNewEvent));
    const { nextCursor } = (await get('limit=1')).json();
    await store.remove('gone');
    await store.append('later', sampleRun({ runId: 'later' }).slice(0, 2).map(toNewEvent));
    expect(idsOf((await get(`limit=2&cursor=${nextCursor}`)).json().runs)).toEqual(['run-25', 'run-24']);
    await store.remove('later');
  });

  test.each([
    'limit=0',
    'limit=501',
    'cursor=x',
    'order=best',
    'sort=best',
    'sort=config.',
    'direction=up',
    `search=${'x'.repeat(201)}`,
  ])('refuses %s by the name of the parameter (P-187, P-194)', async (query) => {
    const answer = await get(query);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      code: 'request.invalid',
      detail: expect.stringContaining(query.split('=')[0]!),
    });
  });
});

describe('the sorted list of runs', () => {
  let gateway: Gateway;
  let store: MemoryStore;
  /** Publishes a run that ends with these results. */
  async function add(
    runId: string,
    { loss, accuracy, seconds = 0, config, metrics }: Results,
  ): Promise<void> {
    const base = { v: 1 as const, runId, time: '2026-12-01T10:00:00.000Z' };
    const test = loss === undefined ? null : { loss, accuracy };
    const ended = { status: 'completed' as const, reason: 'the end', steps: 1, files: [] };
    const events: MonitorEvent[] = [
      { ...base, seq: 1, type: 'run.started', data: { config: config ?? {} } },
      { ...base, seq: 2, type: 'batch', data: { step: 1, loss: 4 } },
      { ...base, seq: 3, type: 'epoch', data: { epoch: 1, test } },
      { ...base, seq: 4, type: 'run.finished', data: { ...ended, seconds, metrics } },
    ];
    await store.append(runId, events.map(toNewEvent));
  }
  type Results = {
    loss?: number;
    accuracy?: number;
    seconds?: number;
    config?: RunConfig;
    metrics?: Record<string, number>;
  };
  beforeAll(async () => {
    store = new MemoryStore();
    await add('run-2', { loss: 0.5, accuracy: 0.9, seconds: 30, config: { learningRate: 0.1 } });
    await add('run-10', { loss: Number.NaN, accuracy: 0.1, seconds: 4, config: { learningRate: 0.01 } });
    await add('b', { metrics: { bleu: 31 }, config: { learningRate: 0.01, optimizer: 'Lion' } });
    await add('a', { metrics: { bleu: 4 }, seconds: 200, config: { optimizer: 'adam', toString: 1 } });
    await store.annotate('b', { name: 'Álpha 2' });
    const config = { host: '127.0.0.1', ingestHost: '127.0.0.1', runs: 'nowhere', token: undefined };
    gateway = await buildGateway({ config, store, log: pino({ level: 'silent' }) });
  });
  afterAll(() => gateway.close());

  async function sorted(query: string): Promise<string> {
    const url = `/api/runs?${query}`;
    const answer = await gateway.publicApp.inject({ url, headers: { host: 'localhost:5000' } });
    return answer
      .json()
      .runs.map(({ runId }: RunSummary) => runId)
      .join(' ');
  }

  test.each([
    ['sort=started&direction=ascending', 'run-2 run-10 b a'],
    ['sort=name&direction=ascending', 'a run-2 run-10 b'],
    ['sort=bestAccuracy', 'run-2 run-10 a b'],
    ['sort=seconds&direction=ascending', 'b run-10 run-2 a'],
    // A loss in training where there is none on the test set; a loss that is not finite comes last.
    ['sort=loss&direction=ascending', 'run-2 a b run-10'],
    ['sort=loss&direction=descending', 'a b run-2 run-10'],
    ['sort=config.learningRate', 'run-2 b run-10 a'],
    ['sort=config.optimizer&direction=ascending', 'a b run-10 run-2'],
    ['sort=config.toString', 'a b run-10 run-2'],
    ['sort=config.constructor', 'a b run-10 run-2'],
    ['sort=metrics.bleu', 'b a run-10 run-2'],
  ])('is in the order of %s (P-191, P-192)', async (query, expected) => {
    expect(await sorted(query)).toBe(expected);
  });

  test('has the new value of a run that has changed', async () => {
    expect(await sorted('sort=name')).toBe('b run-10 run-2 a');
    await store.annotate('a', { name: 'zeta' });
    expect(await sorted('sort=name')).toBe('b a run-10 run-2');
    expect(await sorted('search=zeta')).toBe('a');
  });
});

test('a list of runs with the largest events has at most 17 kB a run, for ten requests at once (P-195, S-37)', async () => {
  const runs = temporaryFolder();
  const store = await openSqliteStore(runs);
  for (const number of range(1, 10))
    await store.append(`r${number}`, largestFirstAndLast(`r${number}`).map(toNewEvent));
  const config = { host: '127.0.0.1', ingestHost: '127.0.0.1', runs, token: undefined };
  const gateway = await buildGateway({ config, store, log: pino({ level: 'silent' }) });
  afterTest(() => gateway.close());
  const headers = { host: 'localhost:5000' };
  const list = () => gateway.publicApp.inject({ url: '/api/runs', headers });
  for (const { statusCode, body } of await Promise.all(range(1, 10).map(list))) {
    expect(statusCode).toBe(200);
    expect(body.length).toBeLessThan(10 * 17 * 1024);
    expect(JSON.parse(body).runs).toHaveLength(10);
  }
});
