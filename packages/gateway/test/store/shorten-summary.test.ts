import { describe, expect, test } from '@jest/globals';
import { encode } from '@mnist-monitor/shared';
import { shortenSummary } from '../../src/store/shorten-summary.ts';
import { maxSummaryBytes, type StoredSummary } from '../../src/store/store.ts';

const layer = (name: string) => ({ name, type: 'dense', outputShape: [1], parameters: 1 });

/** A summary with a value for each part that a step removes; `filler` is a text that every step but the last ones keeps. */
function summaryOf(filler: string, more: object = {}): StoredSummary {
  return {
    ...{
      runId: 'a',
      stream: 's-1',
      status: 'completed',
      startedAt: 't',
      lastEventAt: 't',
      lastSeq: 4,
      version: 2,
    },
    ...{ bytes: 1, title: null, note: null, pinned: false, name: 'n', tags: [], bestAccuracy: 0.9 },
    started: {
      ...{ name: 'n', tags: ['t'], config: { epochs: 3, own: 1 }, unit: filler },
      device: { name: 'gpu box', gpu: { name: 'first' }, gpus: [{ name: 'first' }, { name: 'second' }] },
      model: { layers: [layer('one'), layer('two')], parameters: 2 },
      dataset: { name: 'digits', classes: ['zero', 'one'] },
      metrics: { f1: { direction: 'maximize' } },
    },
    batch: { step: 2, loss: 1, metrics: { f1: 0.5 } },
    epoch: { epoch: 1, test: { loss: 1, accuracy: 0.9, perClass: [1, 0.8] }, metrics: { f1: 0.6 } },
    finished: { status: 'completed', reason: 'done', files: ['model.json'], metrics: { f1: 0.7 } },
    ...more,
  } as unknown as StoredSummary;
}

const bytesOf = ({ title, note, ...counted }: StoredSummary): number => Buffer.byteLength(encode(counted));
/** Returns a summary of exactly this size before it is shortened. */
const summaryOfSize = (bytes: number, more?: object): StoredSummary =>
  summaryOf('x'.repeat(bytes - bytesOf(summaryOf('', more))), more);

describe('a summary', () => {
  test('is unchanged up to 16 kB, not counting title and note', () => {
    const summary = summaryOfSize(maxSummaryBytes);
    expect(shortenSummary(summary)).toEqual(summary);
    const annotated = { ...summary, title: 'x'.repeat(200), note: 'y'.repeat(20_000) };
    expect(shortenSummary(annotated)).toEqual(annotated);
  });

  test('beyond 16 kB loses its files and all layers but the first, and nothing else if that is enough', () => {
    const { started, finished, ...others } = summaryOfSize(maxSummaryBytes + 1);
    expect(shortenSummary({ started, finished, ...others } as StoredSummary)).toEqual({
      ...others,
      started: { ...started, model: { layers: [layer('one')], parameters: 2 } },
      finished: { ...finished, files: [] },
      shortened: true,
    });
  });

  test('then loses the values for each class', () => {
    const classes = Array.from({ length: 40 }, (_, index) => `class ${index}`);
    const shortened = shortenSummary(summaryWith(summaryOfSize(maxSummaryBytes - 100), { classes }));
    expect(bytesOf(shortened)).toBeLessThanOrEqual(maxSummaryBytes);
    expect(shortened).toMatchObject({
      started: {
        ...{ name: 'n', tags: ['t'], config: { epochs: 3, own: 1 }, metrics: { f1: {} } },
        ...{ dataset: { name: 'digits', classes: null }, device: { name: 'gpu box' } },
      },
      batch: { step: 2, loss: 1, metrics: { f1: 0.5 } },
    });
    expect(shortened.epoch).toEqual({ epoch: 1, test: { loss: 1, accuracy: 0.9 }, metrics: { f1: 0.6 } });
  });

  test('then loses the settings and values that the publisher chose, and all GPUs but the first', () => {
    const own = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`setting ${index}`, 1]));
    const shortened = shortenSummary(summaryWith(summaryOfSize(maxSummaryBytes - 100), { config: own }));
    expect(bytesOf(shortened)).toBeLessThanOrEqual(maxSummaryBytes);
    expect(shortened).toMatchObject({
      name: 'n',
      started: {
        ...{ name: null, tags: null, config: { epochs: 3 }, metrics: { f1: { direction: 'maximize' } } },
        ...{ dataset: { name: 'digits', classes: null }, unit: expect.stringMatching(/^x{14000}/) },
        device: { name: 'gpu box', gpu: { name: 'first' }, gpus: null },
      },
      batch: { step: 2, loss: 1, metrics: null },
      epoch: { epoch: 1, metrics: null },
      finished: { status: 'completed', reason: 'done', files: [], metrics: null },
    });
    expect(shortened.started!.config).toEqual({ epochs: 3 });
  });

  test('then loses the meanings of its metrics, and at last its texts are cut', () => {
    const metrics = Object.fromEntries(Array.from({ length: 700 }, (_, index) => [`metric ${index}`, {}]));
    const withMetrics = summaryWith(summaryOfSize(maxSummaryBytes - 500), { metrics });
    expect(bytesOf(withMetrics)).toBeGreaterThan(maxSummaryBytes + 5_000);
    const shortened = shortenSummary(withMetrics);
    expect(shortened.started).toMatchObject({ metrics: null, unit: expect.stringMatching(/^x{14000}/) });
    const cut = shortenSummary(summaryOf('x'.repeat(20_000)));
    expect(cut.started!.unit).toBe(`${'x'.repeat(499)}…`);
    expect(cut).toMatchObject({ finished: { status: 'completed', reason: 'done' } });
  });

  test('is cut without half of a surrogate pair, and without a change of digests and statuses', () => {
    const digest = 'd'.repeat(64);
    const texts = Array(2_000).fill(`1234${'😀'.repeat(250)}`);
    const summary = summaryWith(summaryOf(''), { unit: texts, digest });
    const { started } = shortenSummary(summary) as unknown as { started: Record<string, unknown> };
    expect(started.digest).toBe(digest);
    const kept = (started.unit as string[])[0]!;
    expect(kept.isWellFormed()).toBe(true);
    expect(kept.endsWith('…')).toBe(true);
  });

  test('of version 1 keeps the values of each class, which its viewers require', () => {
    const shortened = shortenSummary(summaryOfSize(maxSummaryBytes + 1_000, { version: 1 }));
    expect(shortened).toMatchObject({
      started: { dataset: { classes: ['zero', 'one'] }, config: { epochs: 3 } },
      epoch: { test: { perClass: [1, 0.8] } },
    });
  });

  test.each(['predictions', 'confidences'])('never has the %s of an epoch', (field) => {
    const { epoch, ...others } = summaryOf('');
    const test = { ...epoch!.test, [field]: 'AAAA' };
    const shortened = shortenSummary({ ...others, epoch: { ...epoch, test } } as StoredSummary);
    expect(shortened).toEqual({ ...others, epoch });
  });

  test('without events, a model, a data set or a test is shortened too', () => {
    const little = { started: null, batch: null, epoch: { epoch: 1 }, finished: null };
    const summary = summaryOf('', { ...little, name: 'x'.repeat(maxSummaryBytes) });
    expect(shortenSummary(summary)).toMatchObject({
      ...little,
      shortened: true,
      epoch: { epoch: 1, metrics: null },
    });
    const { dataset, model, device, ...few } = summaryOf('x'.repeat(20_000)).started!;
    const shortened = shortenSummary(summaryOf('', { started: few }));
    for (const name of ['dataset', 'model', 'device']) expect(shortened.started).not.toHaveProperty(name);
  });
});

/** Replaces fields of the first event. `config` adds to the settings, and `classes` are those of the data set. */
function summaryWith(
  summary: StoredSummary,
  { config, classes, ...fields }: { config?: object; classes?: string[]; [field: string]: unknown },
): StoredSummary {
  const started = summary.started!;
  return {
    ...summary,
    started: {
      ...started,
      config: { ...started.config, ...config },
      ...(classes && { dataset: { ...started.dataset, classes } }),
      ...fields,
    },
  } as unknown as StoredSummary;
}
