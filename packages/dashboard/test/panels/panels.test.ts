import { describe, expect, it } from '@jest/globals';
import type { EpochData, RunStartedData, SamplePrediction } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { layerRows } from '../../src/panels/facts/layer-rows.ts';
import { deviceFacts, systemMeters, trainingFacts } from '../../src/panels/facts/run-facts.ts';
import { epochRows } from '../../src/panels/log/epoch-rows.ts';
import { noticeRows } from '../../src/panels/log/notice-rows.ts';
import { classRows, tickLabels } from '../../src/panels/test-results/class-accuracy.ts';
import {
  barHeights,
  filterSamples,
  firstSamples,
  imagePixels,
  orderSamples,
  sampleSentence,
  samplesOf,
} from '../../src/panels/test-results/sample-selection.ts';

const events = sampleRun();
const epochs = events.flatMap((event): EpochData[] => (event.type === 'epoch' ? [event.data] : []));
const started = events.flatMap((event): RunStartedData[] =>
  event.type === 'run.started' ? [event.data] : [],
)[0]!;
const spaced = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('classes', () => {
  it('stand on one track with their place before, and the change in percentage points', () => {
    const { floor, rows } = classRows([...'0123456789'], epochs.slice(0, 2));
    expect(floor).toBe(0.8);
    expect(rows[0]).toMatchObject({ name: '0', change: '+4.5' });
    expect(rows[0]?.at).toBeCloseTo(0.775);
    expect(rows[0]?.before).toBeCloseTo(0.55);
  });

  it('without an image in the test set have no place', () => {
    const epoch = epochs[0] as EpochData;
    const perClass = epoch.test.perClass.map((value, index) => (index === 3 ? null : value));
    const { rows } = classRows([...'0123456789'], [{ ...epoch, test: { ...epoch.test, perClass } }]);
    expect(rows[3]).toMatchObject({ at: null, value: '–', change: '' });
  });

  it('with long names are numbered where there is room for a digit', () => {
    expect(tickLabels(['a', 'bc'])).toEqual(['a', 'bc']);
    expect(tickLabels(['Shirt', 'Bag'])).toEqual(['0', '1']);
  });
});

describe('samples', () => {
  const sample = (label: number, prediction: number, sure: number): SamplePrediction => ({
    index: 0,
    label,
    prediction,
    probabilities: Array.from({ length: 10 }, (_, digit) => (digit === prediction ? sure : 0)),
    image: '',
  });

  it('begin with the surest mistake and end with the surest right one', () => {
    const items = [sample(1, 1, 0.99), sample(2, 3, 0.5), sample(4, 4, 0.6), sample(5, 6, 0.9)];
    expect(orderSamples(items).map(({ label }) => label)).toEqual([5, 2, 4, 1]);
  });

  it('show some right ones even when there are mistakes enough', () => {
    const wrong = Array.from({ length: 20 }, () => sample(1, 2, 0.5));
    const right = Array.from({ length: 20 }, () => sample(3, 3, 0.5));
    const shown = (items: SamplePrediction[]): number[] => firstSamples(items, 12).map(({ label }) => label);
    expect(shown([...wrong, ...right])).toEqual([...Array(8).fill(1), ...Array(4).fill(3)]);
    expect(shown([...wrong, ...right.slice(0, 1)])).toEqual([...Array(11).fill(1), 3]);
    expect(shown(wrong)).toHaveLength(12);
    expect(shown([...wrong.slice(0, 2), ...right])).toEqual([1, 1, ...Array(10).fill(3)]);
    expect(shown([])).toEqual([]);
  });

  it('say in words whether they are right, and how sure the network is', () => {
    const digits = [...'0123456789'];
    expect(spaced(sampleSentence(sample(4, 9, 0.83), digits))).toBe('Wrong: read as 9, 83 % sure; it is 4');
    expect(spaced(sampleSentence(sample(4, 4, 0.99), digits))).toBe('Right: read as 4, 99 % sure');
    expect(sampleSentence(sample(4, 4, Number.NaN), digits)).toBe('Right: read as 4');
  });

  it('can be narrowed down to right or wrong ones, to a digit, and to a cell of the matrix', () => {
    const items = [sample(1, 1, 0.9), sample(1, 7, 0.8), sample(1, 7, 0.9), sample(7, 1, 0.7)];
    expect(filterSamples(items, { verdict: 'wrong', label: null })).toHaveLength(3);
    expect(filterSamples(items, { verdict: 'right', label: 7 })).toHaveLength(0);
    expect(filterSamples(items, { verdict: 'all', label: 1 })).toHaveLength(3);
    expect(samplesOf(items, [1, 7])).toEqual([items[2], items[1]]);
  });

  it('have bars from 0 to 1 and pixels from 0 to 255', () => {
    expect(barHeights([Number.NaN, 7, -1])).toEqual([0, 1, 0]);
    expect([...imagePixels('AP+A')]).toEqual([0, 255, 128]);
  });
});

describe('the table of epochs', () => {
  it('has the newest first and marks the best', () => {
    const rows = epochRows(epochs);
    expect(rows.map(({ epoch }) => epoch)).toEqual(['3', '2', '1']);
    expect(rows.map(({ best }) => best)).toEqual([true, false, false]);
  });

  it.each(['accuracy', 'loss'])('marks none when no test %s is a number', (figure) => {
    const lost = epochs.map((epoch) => ({ ...epoch, test: { ...epoch.test, [figure]: Number.NaN } }));
    expect(epochRows(lost).some(({ best }) => best)).toBe(false);
  });
});

describe('device, network and notices', () => {
  const gpu = { name: 'RTX', memoryBytes: 24e9, driver: '550', computeCapability: null };

  it('tells of a GPU only what is known', () => {
    const facts = deviceFacts({ ...started, device: { ...started.device, kind: 'gpu', name: 'RTX', gpu } });
    expect(facts.map(([name]) => name)).toEqual([
      'Engine',
      'GPU',
      'Kernels',
      'Threads',
      'GPU memory',
      'Driver',
    ]);
  });

  it('tells from where on another learning rate was set', () => {
    const set = { level: 'info', code: 'learning_rate.set', message: 'm', step: 43, value: 0.005 } as const;
    const facts = trainingFacts(started, [set, { ...set, code: 'run.paused' }]);
    expect(new Map(facts).get('Learning rate')).toBe('0.01, then 0.005 from batch 44 on, constant');
  });

  it('measures against the whole where there is one', () => {
    const meters = systemMeters({
      process: { cpu: 1.5, memoryBytes: 9e8 },
      host: { cpu: 0.5, memoryUsedBytes: 6e9, memoryTotalBytes: 24e9 },
      gpu: {
        load: null,
        memoryUsedBytes: 1e9,
        memoryTotalBytes: null,
        temperatureCelsius: 60.4,
        powerWatts: null,
      },
    });
    expect(meters.map(({ share }) => share)).toEqual([0.5, 0.25, null, null, null, null]);
    expect(spaced(meters.at(-1)?.value ?? '')).toBe('60 °C');
  });

  it('writes shapes and leaves out what a layer does not learn', () => {
    const [layer] = layerRows({
      ...started,
      model: {
        parameters: 0,
        layers: [{ name: 'p', type: 'maxPool2d', outputShape: [14, 14, 32], parameters: 0 }],
      },
    });
    expect(layer).toEqual({
      name: 'p',
      type: 'maxPool2d',
      shape: '14\u2009×\u200914\u2009×\u200932',
      parameters: '–',
    });
  });

  it('lists notices newest first with the batch they belong to', () => {
    const notice = { level: 'warning', code: 'c', message: 'm', time: '2026-11-24T10:00:00.000Z' } as const;
    const rows = noticeRows([
      { ...notice, step: null },
      { ...notice, step: 1_412 },
    ]);
    expect(rows[0]?.where).toMatch(/^batch 1,412 · \d\d:00:00$/);
    expect(rows[1]?.where).toMatch(/^\d\d:00:00$/);
  });
});
