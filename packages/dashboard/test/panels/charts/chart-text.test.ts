import { describe, expect, it } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import {
  chartCaption,
  legendItems,
  legendPlace,
  spokenReading,
  stretchCaption,
} from '../../../src/panels/charts/chart-text.ts';
import { Painter } from '../../../src/panels/charts/frame-builder.ts';
import { tableOf } from '../../../src/panels/charts/table-rows.ts';
import { tickText } from '../../../src/panels/charts/ticks.ts';
import { chartSpecs, lossTick, percentTick } from '../../../src/state/chart-specs.ts';
import { applyEvent, emptyRun } from '../../../src/state/run.ts';

const spaced = (text: string): string => text.replaceAll('\u00a0', ' ');
const reading = { place: 412, step: 412, epoch: 4, values: [{ raw: 0.5, smooth: 0.25, test: undefined }] };
const train = { name: 'run', color: '--train' };

describe('the words of a chart', () => {
  it.each([
    [{ rows: 1_180, drawn: 1_180, thinned: 0, floor: 0 }, '1,180 points'],
    [{ rows: 20, drawn: 20, thinned: 0, floor: 0.95 }, '20 points · axis from 95 %'],
    [{ rows: 1, drawn: 1, thinned: 0, floor: 0 }, '1 point'],
    [{ rows: 46_900, drawn: 2_000, thinned: 0, floor: 0 }, '2,000 of 46,900 points'],
    [{ rows: 40_000, drawn: 2_000, thinned: 6_900, floor: 0 }, '2,000 of 46,900 points'],
  ])('say what is drawn (%#)', (counts, text) => {
    expect(spaced(chartCaption(counts))).toBe(text);
  });

  it('say where the loss ceases to be a number', () => {
    expect(stretchCaption([], undefined)).toBe('');
    expect(stretchCaption([{ from: 3.3, to: 4, value: Number.NaN }], 1_300)).toBe(
      'not a number (NaN) from batch 1,300',
    );
    expect(stretchCaption([{ from: 3, to: 3, value: Number.POSITIVE_INFINITY }], 3)).toBe(
      'infinite from batch 3',
    );
  });

  it('name each curve with its value, for the eye and for the ear', () => {
    const items = legendItems(chartSpecs.loss, [train], reading);
    expect(items.map(({ name, value }) => `${name} ${value}`)).toEqual([
      'train 0.5000',
      'smoothed 0.2500',
      'test –',
    ]);
    const place = legendPlace(chartSpecs.loss, reading, true);
    expect(place).toBe('Batch 412, epoch 4');
    expect(spokenReading(place, items)).toBe('Batch 412, epoch 4: train 0.5000, smoothed 0.2500, test –');
    expect(legendPlace(chartSpecs.loss, reading, false)).toBe('Latest');
    expect(legendPlace(chartSpecs.loss, undefined, false)).toBe('No batches yet');
    expect(legendPlace(chartSpecs.machine, undefined, false)).toBe('Nothing measured yet');
  });

  it('compare runs with the first', () => {
    const runs = ['first', 'second', 'third'].map((name) => ({ name, color: '' }));
    const values = [0.5, 0.75, Number.NaN].map((smooth) => ({ raw: 0, smooth, test: undefined }));
    const items = legendItems(chartSpecs.loss, runs, { ...reading, values });
    expect(items.map(({ value }) => value)).toEqual(['0.5000', '0.7500 (+0.2500)', '–']);
  });

  it('leave out what the machine does not have', () => {
    const values = [0.5, 0.25, Number.NaN, Number.NaN].map((raw) => ({ raw, smooth: raw, test: undefined }));
    const items = legendItems(chartSpecs.machine, [train], { ...reading, values });
    expect(items.map(({ name, value }) => spaced(`${name} ${value}`))).toEqual(['CPU 50 %', 'Memory 25 %']);
  });

  it('label the axes without noise', () => {
    expect([0, 0.005, 2, 0.0000125].map(lossTick)).toEqual(['0', '0.005', '2', '1.25e-5']);
    expect([200_000, 1e6, 8e15].map(lossTick)).toEqual(['2e5', '1e6', '8e15']);
    expect([0.95, 0.995, 1].map(percentTick).map(spaced)).toEqual(['95 %', '99.5 %', '100 %']);
    const range = { min: 0, max: 100 };
    expect([tickText('step', 1_200, range), tickText('epoch', 1.5, range)]).toEqual(['1,200', '1.5']);
    expect([5, 750, 3_725].map((value) => tickText('elapsed', value, range))).toEqual([
      '0:05',
      '12:30',
      '1:02:05',
    ]);
    expect(tickText('clock', Date.UTC(2026, 10, 24, 10, 30, 5), range)).toMatch(/^\d\d:30:05$/);
  });
});

describe('the table behind a chart', () => {
  const run = emptyRun('20261124-100000-test');
  for (const event of sampleRun({ epochs: 3, batchesPerEpoch: 100 })) applyEvent(run, event);
  const tableFor = (name: 'loss' | 'machine', axis: 'step' | 'epoch') =>
    tableOf({
      ...{ spec: chartSpecs[name], painter: new Painter(chartSpecs[name]) },
      lines: [{ run, color: '--train', name: 'run' }],
      look: { axis, range: { min: 0, max: axis === 'step' ? 300 : 3 }, weight: 0.85 },
    });

  it('has the numbers that are drawn, at places that a reader can go through', () => {
    const { heads, rows } = tableFor('loss', 'step');
    expect(heads).toEqual(['Batch', 'Loss', 'Smoothed', 'Test']);
    expect(rows.length).toBeGreaterThan(90);
    expect(rows.length).toBeLessThanOrEqual(101);
    expect(rows.at(-1)?.[0]).toBe('300');
    expect(rows.every((row) => row.length === heads.length)).toBe(true);
  });

  it('says which batch a place on another axis is', () => {
    const { heads, rows } = tableFor('loss', 'epoch');
    expect(heads.slice(0, 2)).toEqual(['Epoch', 'Batch']);
    expect(rows.at(-1)?.slice(0, 2)).toEqual(['3', '300']);
  });

  it('leaves out what the machine does not have', () => {
    const { heads, rows } = tableFor('machine', 'epoch');
    expect(heads).toEqual(['Epoch', 'Batch', 'CPU', 'Memory']);
    expect(rows.every((row) => row.length === heads.length)).toBe(true);
  });
});
