import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  eventPageSchema,
  MonitorError,
  runListSchema,
  runSummarySchema,
  validate,
} from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { pino } from 'pino';
import { buildGateway, type Gateway } from '../../../src/app.ts';
import { toStoredEvent } from '../../../src/store/store.ts';
import { range } from '../../support/connection.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const run = sampleRun({ runId: 'a', epochs: 2, batchesPerEpoch: 10 });

describe('the REST API', () => {
  let gateway: Gateway;
  let store: MemoryStore;
  beforeAll(async () => {
    store = new MemoryStore();
    await store.append('a', run.map(toStoredEvent));
    await store.append('b', sampleRun({ runId: 'b' }).slice(0, 4).map(toStoredEvent));
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

  test.each([
    ['/api/runs/nowhere', 404, 'run.not_found'],
    ['/api/runs/nowhere/events', 404, 'run.not_found'],
    ['/api/runs/..%2F..%2Fetc', 400, 'request.invalid'],
    [`/api/runs/${'a'.repeat(65)}`, 400, 'request.invalid'],
    [`/api/runs/${'a'.repeat(2_000)}`, 400, 'request.invalid'],
    ['/api/runs/a/events?after=x', 400, 'request.invalid'],
    ['/api/runs/a/events?after=', 400, 'request.invalid'],
    ['/api/runs/a/events?limit=0', 400, 'request.invalid'],
    ['/api/runs/a/events?limit=2001', 400, 'request.invalid'],
    ['/api/runs/a/events?types=weather', 400, 'request.invalid'],
    ['/api/nothing', 404, 'request.not_found'],
    ['/%zz', 400, 'request.invalid'],
    ['/live', 400, 'request.invalid'],
  ])('answers %s with %d and the code %s', async (url, status, code) => {
    const answer = await get(url);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json()).toMatchObject({
      status,
      code,
      title: expect.any(String),
      detail: expect.any(String),
    });
  });

  test('hides the details of an internal error', async () => {
    const { summary } = store;
    store.summary = () => Promise.reject(new Error('secret path'));
    const answer = await get('/api/runs/a');
    store.summary = summary;
    expect(answer.statusCode).toBe(500);
    expect(answer.json().code).toBe('internal');
    expect(answer.body).not.toContain('secret');
  });

  test('refuses a Host that is not this machine', async () => {
    const answer = await gateway.publicApp.inject({ url: '/api/runs', headers: { host: 'evil.example' } });
    expect(answer.statusCode).toBe(403);
    expect(answer.json().code).toBe('request.forbidden');
  });

  test('is healthy, and ready as long as the store works', async () => {
    expect((await get('/healthz')).json()).toMatchObject({ status: 'ok' });
    expect((await get('/readyz')).statusCode).toBe(200);
    const { check } = store;
    store.check = () => Promise.reject(new MonitorError('store.vanished', 'the database is gone'));
    const answer = await get('/readyz');
    store.check = check;
    expect(answer.statusCode).toBe(503);
    expect(answer.json().code).toBe('store.vanished');
    expect(answer.headers['retry-after']).toBe('10');
    expect((await get('/healthz')).statusCode).toBe(200);
  });

  test('sends Retry-After while the store cannot be read', async () => {
    const { summary } = store;
    store.summary = () => Promise.reject(new MonitorError('store.failing', 'the disk fails'));
    const answer = await get('/api/runs/a');
    store.summary = summary;
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'store.failing']);
    expect(answer.headers['retry-after']).toBe('10');
  });
});
