import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventPageSchema, runListSchema, runSummarySchema, validate } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { pino } from 'pino';
import { buildGateway, type Gateway } from '../../../src/app.ts';
import { toNewEvent } from '../../../src/store/store.ts';
import { range } from '../../support/connection.ts';
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

  test('lists the runs, newest first, as documented', async () => {
    const answer = await get('/api/runs');
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(validate(runListSchema, answer.json()).ok).toBe(true);
    expect(answer.json().runs).toMatchObject([
      { runId: 'b', status: 'stalled', connected: false },
      { runId: 'a', status: 'completed' },
    ]);
  });

  test('returns the summary of a run, as documented', async () => {
    const answer = await get('/api/runs/a');
    expect(validate(runSummarySchema, answer.json()).ok).toBe(true);
    expect(answer.json()).toMatchObject({ runId: 'a', lastSeq: run.length });
  });

  test('returns events in pages, each with the position of the next', async () => {
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

  test('returns only the requested types', async () => {
    const answer = await get('/api/runs/a/events?types=epoch,run.finished');
    expect(answer.json().events.map(({ type }: { type: string }) => type)).toEqual([
      'epoch',
      'epoch',
      'run.finished',
    ]);
  });
});
