import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type MonitorEvent,
  runSeriesSchema,
  seriesFields,
  type Version1Event,
  validate,
} from '@mnist-monitor/shared';
import { sampleRun, sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { pino } from 'pino';
import { buildGateway, type Gateway } from '../../../src/app.ts';
import { toNewEvent } from '../../../src/store/store.ts';
import { range } from '../../support/connection.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const run = sampleRun({ runId: 'a', epochs: 4, batchesPerEpoch: 250 });
const eventsOf = <T extends Version1Event['type']>(type: T) =>
  run.filter((event): event is Extract<Version1Event, { type: T }> => event.type === type);

/** A run with a spike at step 600, whose loss is NaN after step 900. */
const wild = sampleRun({ runId: 'wild', epochs: 4, batchesPerEpoch: 250 }).map((event): Version1Event => {
  if (event.type !== 'batch') return event;
  const { step } = event.data;
  const loss = step === 600 ? 99 : step > 900 ? Number.NaN : event.data.loss;
  return { ...event, data: { ...event.data, loss } };
});

/** A run that was resumed from a checkpoint: steps 1 to 400, with spikes at 290 and 350, and then 301 to 500. */
const resumed = [...range(1, 400), ...range(301, 500)].map((step, index): Version1Event => {
  const { data, ...batch } = eventsOf('batch')[0]!;
  const loss = index === 289 ? 9 : index === 349 ? 99 : 1 / step;
  return { ...batch, runId: 'resumed', seq: index + 1, data: { ...data, step, loss } };
});

/** A run that reports epochs, and measurements of its machine, and no steps. */
const epochsOnly = range(1, 6).map((number): MonitorEvent => {
  const event = { v: 1, runId: 'epochs', seq: number, time: `2026-11-30T10:0${number}:00.000Z` } as const;
  const epoch = Math.ceil(number / 2);
  return number % 2 === 1
    ? { ...event, type: 'epoch', data: { epoch, test: { loss: 1 / epoch } } }
    : { ...event, type: 'system', data: { host: { cpu: 0.5, memoryUsedBytes: 1, memoryTotalBytes: 2 } } };
});

describe('series', () => {
  let gateway: Gateway;
  beforeAll(async () => {
    const store = new MemoryStore();
    await store.append('a', run.map(toNewEvent));
    await store.append('resumed', resumed.map(toNewEvent));
    await store.append('wild', wild.map(toNewEvent));
    await store.append('epochs', epochsOnly.map(toNewEvent));
    await store.append('tokens', sampleRunOfVersion2('tokens').map(toNewEvent));
    const config = { host: '127.0.0.1', ingestHost: '127.0.0.1', runs: 'nowhere', token: undefined };
    gateway = await buildGateway({ config, store, log: pino({ level: 'silent' }) });
  });
  afterAll(() => gateway.close());

  const get = (query: string, headers = {}) =>
    gateway.publicApp.inject({ url: `/api/runs/${query}`, headers: { host: 'localhost', ...headers } });
  async function seriesOf(query: string) {
    const answer = validate(runSeriesSchema, (await get(query)).json());
    if (!answer.ok) throw new Error(JSON.stringify(answer.error));
    return answer.value;
  }

  test('contain every point of the run when that is within the limit (P-162, P-202)', async () => {
    const answer = await seriesOf('a/series?fields=batch.loss,epoch.test.accuracy,system.host.cpu');
    expect(answer).toMatchObject({ runId: 'a', lastSeq: run.length, x: 'step' });
    const [loss, accuracy, cpu] = answer.series;
    expect(loss).toEqual({
      field: 'batch.loss',
      x: eventsOf('batch').map(({ data }) => data.step),
      y: eventsOf('batch').map(({ data }) => data.loss),
    });
    expect(accuracy).toEqual({
      field: 'epoch.test.accuracy',
      x: [250, 500, 750, 1000],
      y: eventsOf('epoch').map(({ data }) => data.test.accuracy),
    });
    // System events follow every seventh step, and have its x.
    expect(cpu!.x.slice(0, 3)).toEqual([7, 14, 21]);
  });

  test('of a run without steps have its epochs as x (P-198)', async () => {
    const query = 'epochs/series?fields=epoch.test.loss,system.host.cpu';
    const [loss, cpu] = (await seriesOf(query)).series;
    expect(loss).toMatchObject({ x: [1, 2, 3], y: [1, 1 / 2, 1 / 3] });
    expect(cpu!.x).toEqual([1, 2, 3]);
    expect((await seriesOf('epochs/series?fields=system.host.cpu')).series[0]!.x).toEqual([1, 2, 3]);
    expect((await seriesOf(`${query}&from=2&to=2`)).series.map(({ x }) => x)).toEqual([[2], [2]]);
  });

  test('of a custom metric contain a point for every event with the metric (P-196)', async () => {
    const fields = 'metrics.grad/norm,metrics.eval/f1,metrics.unheard-of,batch.accuracy,batch.throughput';
    const [norm, f1, ...others] = (await seriesOf(`tokens/series?fields=${fields}`)).series;
    expect(norm!.x).toEqual(range(1, 40));
    expect(norm!.y.slice(4, 7)).toEqual([1 / 5, 1 / 6, Number.NaN]);
    expect(f1).toEqual({ field: 'metrics.eval/f1', x: [10, 20, 30, 40, 40], y: [0.25, 0.5, 0.75, 1, 0.9] });
    expect(others.map(({ x }) => x.length)).toEqual([0, 0, 40]);
  });

  test.each([
    [
      'metrics.a b',
      'expected a field of the protocol, or "metrics." and the name of a metric, got "metrics.a b"',
    ],
    [`metrics.${'a'.repeat(65)}`, 'expected a field of the protocol'],
    [
      range(1, 51)
        .map((index) => `metrics.m${index}`)
        .join(),
      'expected at most 50 items, got 51',
    ],
    [
      `${range(1, 18)
        .map((index) => `metrics.m${index}`)
        .join()}&points=10000`,
      'expected at most 170000 points',
    ],
  ])('are refused for the fields %s (P-196, P-197, P-201)', async (fields, problem) => {
    const answer = await get(`tokens/series?fields=${fields}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().detail).toContain(problem);
  });

  test('keep spikes and non-finite values when they are downsampled (P-197)', async () => {
    const [loss] = (await seriesOf('wild/series?fields=batch.loss&points=50')).series;
    expect(loss!.x.length).toBeLessThanOrEqual(75);
    expect(loss!.y[loss!.x.indexOf(600)]).toBe(99);
    expect(loss!.y.at(-1)).toBeNaN();
    expect(loss!.y.filter(Number.isFinite).length).toBeGreaterThan(20);
  });

  test('keep the spikes of a resumed run, and none of the points that it superseded (P-204)', async () => {
    const [loss] = (await seriesOf('resumed/series?fields=batch.loss')).series;
    expect(loss!.x).toEqual(range(1, 500));
    expect(loss!.y.filter((y) => y > 1)).toEqual([9]);
    for (const points of [2, 3, 4, 20, 100]) {
      const [downsampled] = (await seriesOf(`resumed/series?fields=batch.loss&points=${points}`)).series;
      expect(downsampled!.x.length).toBeLessThanOrEqual(points);
      expect([Math.max(...downsampled!.y), Math.min(...downsampled!.y)]).toEqual([9, 1 / 500]);
    }
  });

  test.each([
    ['x=seq', 2, run.length - 3],
    ['x=seconds', 0.3, 300],
    ['x=step&from=100&to=200', 100, 200],
    ['x=seq&from=500', 500, run.length - 3],
  ])('have the axis and range of %s (P-198, P-199)', async (query, first, last) => {
    const { x } = (await seriesOf(`a/series?fields=batch.loss&${query}`)).series[0]!;
    expect(x[0]).toBeCloseTo(first);
    expect(x.at(-1)).toBeCloseTo(last);
    expect(x).toEqual([...x].sort((one, other) => one - other));
  });

  test('are those of loss and accuracy by default (P-196)', async () => {
    const { series } = await seriesOf('a/series');
    expect(series.map(({ field }) => field)).toEqual([
      'batch.loss',
      'batch.accuracy',
      'epoch.test.loss',
      'epoch.test.accuracy',
    ]);
  });

  test('are empty when the run has no such values, as without a GPU (P-200)', async () => {
    const answer = await seriesOf('a/series?fields=system.gpu.load');
    expect(answer.series).toEqual([{ field: 'system.gpu.load', x: [], y: [] }]);
  });

  test('are available for all fields in one request (P-196)', async () => {
    const answer = await seriesOf(`a/series?fields=${seriesFields.join(',')}`);
    expect(answer.series.map(({ field }) => field)).toEqual(seriesFields);
    expect(answer.series.filter(({ x }) => x.length === 0).map(({ field }) => field)).toEqual(
      seriesFields.filter((field) => field === 'batch.throughput' || field.startsWith('system.gpu.')),
    );
  });

  test('are answered with 304 until the run continues (P-185)', async () => {
    const first = await get('a/series');
    expect(first.headers['cache-control']).toBe('no-cache');
    const { etag } = first.headers;
    for (const known of [etag, `W/${etag}`, `"other, one", W/"1-1",${etag}`, '*']) {
      const again = await get('a/series', { 'if-none-match': known });
      expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', etag]);
    }
    for (const other of ['"1-1"', `${etag}`.slice(1, -1), '"*"', ''])
      expect((await get('a/series', { 'if-none-match': other })).statusCode).toBe(200);
  });

  test.each([
    ['a/series?fields=batch.weather', 400, 'request.invalid'],
    ['a/series?points=1', 400, 'request.invalid'],
    ['a/series?points=10001', 400, 'request.invalid'],
    ['a/series?x=time', 400, 'request.invalid'],
    ['a/series?from=now', 400, 'request.invalid'],
    ['a/series?to=', 400, 'request.invalid'],
    ['nowhere/series', 404, 'run.not_found'],
  ])('are refused for %s (P-201)', async (query, status, code) => {
    const answer = await get(query);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  });
});
