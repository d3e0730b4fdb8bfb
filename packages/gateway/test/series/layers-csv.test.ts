import { expect, test } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { layersCsvHeader, layersCsvLines } from '../../src/series/layers-csv.ts';

const time = '2026-11-24T10:00:00.000Z';
const layers = (data: object): MonitorEvent =>
  ({ v: 1, runId: 'a', seq: 1, time, type: 'layers', data: { step: 3, ...data } }) as MonitorEvent;

test('the table of the layers has a line for each tensor and each activation (P-210)', () => {
  const event = layers({
    ...{ tensors: ['w', 'b'], weightNorm: [1.5, 2], gradientNorm: [0.5, null], updateRatio: [1e-3, 'NaN'] },
    ...{ activations: ['relu1', '-relu2'], dead: [0.25, 0] },
  });
  expect(layersCsvHeader + layersCsvLines(event)).toBe(
    [
      'time,step,name,weightNorm,gradientNorm,updateRatio,dead',
      `${time},3,w,1.5,0.5,0.001,`,
      `${time},3,b,2,,NaN,`,
      `${time},3,relu1,,,,0.25`,
      `${time},3,'-relu2,,,,0`,
      '',
    ].join('\r\n'),
  );
});

test('the cells of a list that the event does not have are empty (P-210)', () => {
  expect(layersCsvLines(layers({ tensors: ['w'] }))).toBe(`${time},3,w,,,,\r\n`);
  expect(layersCsvLines(layers({ tensors: [], activations: ['relu1'] }))).toBe(`${time},3,relu1,,,,\r\n`);
});

test('the table of the layers has no line for other events (P-210)', () => {
  expect(sampleRun().map(layersCsvLines).join('')).toBe('');
});
