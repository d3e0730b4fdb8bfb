import { describe, expect, it } from '@jest/globals';
import type { Version1EventOf } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { layerRows } from '../../../src/panels/facts/layer-rows.ts';
import { deviceFacts, systemMeters, trainingFacts } from '../../../src/panels/facts/run-facts.ts';

const [first] = sampleRun();
const started = (first?.type === 'run.started' && first.data) as Version1EventOf<'run.started'>['data'];
const withPlainSpaces = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('the facts of a run', () => {
  const gpu = { name: 'RTX', memoryBytes: 24e9, driver: '550', computeCapability: null };

  it('contain only known properties of a GPU', () => {
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

  it('contain the precision and its reason where the trainer reports them', () => {
    const precision = { precision: 'bfloat16', precisionReason: '1.8 times as fast as float32 here' };
    const facts = new Map(deviceFacts({ ...started, device: { ...started.device, ...precision } }));
    expect(facts.get('Precision')).toBe('bfloat16: 1.8 times as fast as float32 here');
    expect(new Map(deviceFacts(started)).has('Precision')).toBe(false);
  });

  it('contain the learning rates that were set during the run', () => {
    const set = { level: 'info', code: 'learning_rate.set', message: 'm', step: 43, value: 0.005 } as const;
    const facts = trainingFacts(started, [set, { ...set, code: 'run.paused' }]);
    expect(new Map(facts).get('Learning rate')).toBe('0.01, then 0.005 from batch 44 on, constant');
  });

  it('show a live figure as a share where the total is known', () => {
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
    expect(withPlainSpaces(meters.at(-1)?.value ?? '')).toBe('60 °C');
  });

  it('show the output shape of a layer, and its parameters unless it has none', () => {
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
});
