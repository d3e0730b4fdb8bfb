import { describe, expect, it } from '@jest/globals';
import type { EpochData, RunStartedData } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { layerRows } from '../../src/panels/facts/layer-rows.ts';
import { deviceFacts, systemMeters, trainingFacts } from '../../src/panels/facts/run-facts.ts';
import { epochRows } from '../../src/panels/log/epoch-rows.ts';
import { noticeRows } from '../../src/panels/log/notice-rows.ts';

const events = sampleRun();
const epochs = events.flatMap((event): EpochData[] => (event.type === 'epoch' ? [event.data] : []));
const started = events.flatMap((event): RunStartedData[] =>
  event.type === 'run.started' ? [event.data] : [],
)[0]!;
const spaced = (text: string): string => text.replaceAll('\u00a0', ' ');

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

  it('has the precision and why it was selected, where the trainer reports them', () => {
    const precision = { precision: 'bfloat16', precisionReason: '1.8 times as fast as float32 here' };
    const facts = new Map(deviceFacts({ ...started, device: { ...started.device, ...precision } }));
    expect(facts.get('Precision')).toBe('bfloat16: 1.8 times as fast as float32 here');
    expect(new Map(deviceFacts(started)).has('Precision')).toBe(false);
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
