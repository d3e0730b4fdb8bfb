import { describe, expect, it } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { tableOf } from '../../../src/panels/charts/chart-table.ts';
import { FrameBuilder } from '../../../src/panels/charts/frame-builder.ts';
import { chartSpecs } from '../../../src/state/chart-specs.ts';
import { applyEvent, emptyRun } from '../../../src/state/run.ts';

describe('the table of a chart', () => {
  const run = emptyRun('20261124-100000-test');
  for (const event of sampleRun({ epochs: 3, batchesPerEpoch: 100 })) applyEvent(run, event);
  const tableFor = (name: 'loss' | 'machine', axis: 'step' | 'epoch') =>
    tableOf({
      ...{ spec: chartSpecs[name], frameBuilder: new FrameBuilder(chartSpecs[name]) },
      runs: [{ run, color: '--train', name: 'run' }],
      options: { axis, range: { min: 0, max: axis === 'step' ? 300 : 3 }, smoothing: 0.85 },
    });

  it('has 21 rows of the drawn values, from the first to the last in the visible range', () => {
    const { heads, rows } = tableFor('loss', 'step');
    expect(heads).toEqual(['Batch', 'Loss', 'Smoothed', 'Test']);
    expect(rows.map(([batch]) => batch)).toEqual(
      Array.from({ length: 21 }, (_, index) => String(Math.round(1 + index * 14.95))),
    );
    expect(rows.every((row) => row.length === heads.length)).toBe(true);
  });

  it('also has the batch when the x axis shows another quantity', () => {
    const { heads, rows } = tableFor('loss', 'epoch');
    expect(heads.slice(0, 2)).toEqual(['Epoch', 'Batch']);
    expect(rows.at(-1)?.slice(0, 2)).toEqual(['3', '300']);
  });

  it('leaves out devices that the machine lacks', () => {
    const { heads, rows } = tableFor('machine', 'epoch');
    expect(heads).toEqual(['Epoch', 'Batch', 'CPU', 'Memory']);
    expect(rows.every((row) => row.length === heads.length)).toBe(true);
  });
});
