import { describe, expect, it } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import {
  chartCaption,
  chartTexts,
  type DrawnChart,
  legendItems,
  legendSentence,
  legendTitle,
  nonFiniteWarning,
} from '../../../src/panels/charts/chart-text.ts';
import { FrameBuilder } from '../../../src/panels/charts/frame-builder.ts';
import { chartSpecs, metricSpec } from '../../../src/state/chart-specs.ts';
import { applyEvent, copyRun, emptyRun } from '../../../src/state/run.ts';
import type { Range } from '../../../src/state/viewport.ts';
import { epochsOnlyRun } from '../../support/kinds-of-runs.ts';

const withPlainSpaces = (text: string): string => text.replaceAll('\u00a0', ' ');
const readout = { x: 412, step: 412, epoch: 4, values: [{ raw: 0.5, smooth: 0.25, test: undefined }] };
const train = { name: 'run', color: '--train' };

describe('the texts of a chart', () => {
  it.each([
    [{ rowCount: 1_180, pointCount: 1_180, thinned: 0, floor: 0 }, '1,180 points'],
    [
      { rowCount: 9, pointCount: 9, thinned: 0, floor: 0, hidesValues: true },
      '9 points · without values of 0 or less, which a log axis cannot show',
    ],
    [
      { rowCount: 9, pointCount: 9, thinned: 0, floor: 0, isCut: true },
      '9 points · the axis leaves out values far below most others',
    ],
    [{ rowCount: 20, pointCount: 20, thinned: 0, floor: 0.95 }, '20 points · axis from 95 %'],
    [
      { rowCount: 20, pointCount: 20, thinned: 0, floor: 0, isErrorScale: true },
      '20 points · 90, 99 and 99.9 % are evenly spaced',
    ],
    [{ rowCount: 1, pointCount: 1, thinned: 0, floor: 0 }, '1 point'],
    [{ rowCount: 46_900, pointCount: 2_000, thinned: 0, floor: 0 }, '2,000 of 46,900 points'],
    [{ rowCount: 40_000, pointCount: 2_000, thinned: 6_900, floor: 0 }, '2,000 of 46,900 points'],
  ])('count the points (%#)', (counts, text) => {
    expect(withPlainSpaces(chartCaption({ hidesValues: false, isCut: false, ...counts }))).toBe(text);
  });

  it('warn where the loss is not finite', () => {
    expect(nonFiniteWarning([], undefined)).toBe('');
    expect(nonFiniteWarning([{ from: 3.3, to: 4, value: Number.NaN }], 1_300)).toBe(
      'not a number (NaN) from batch 1,300',
    );
    expect(nonFiniteWarning([{ from: 3, to: 3, value: Number.POSITIVE_INFINITY }], 3)).toBe(
      'infinite from batch 3',
    );
  });

  it('list each curve with its value, in the legend and for screen readers', () => {
    const items = legendItems(chartSpecs.loss, [train], readout);
    expect(items.map(({ name, value }) => `${name} ${value}`)).toEqual([
      'train 0.5000',
      'smoothed 0.2500',
      'test –',
    ]);
    const latest = { underCursor: false, stepWord: 'batch' } as const;
    const title = legendTitle(chartSpecs.loss, readout, { underCursor: true, stepWord: 'batch' });
    expect(title).toBe('Batch 412, epoch 4');
    expect(legendSentence(title, items)).toBe('Batch 412, epoch 4: train 0.5000, smoothed 0.2500, test –');
    expect(legendTitle(chartSpecs.loss, readout, latest)).toBe('Latest');
    expect(legendTitle(chartSpecs.loss, undefined, latest)).toBe('No batches yet');
    expect(legendTitle(chartSpecs.machine, undefined, latest)).toBe('No measurements yet');
  });

  it('show the difference to the first run', () => {
    const runs = ['first', 'second', 'third'].map((name) => ({ name, color: '' }));
    const values = [0.5, 0.75, Number.NaN].map((smooth) => ({ raw: 0, smooth, test: undefined }));
    const items = legendItems(chartSpecs.loss, runs, { ...readout, values });
    expect(items.map(({ value }) => value)).toEqual(['0.5000', '0.7500 (+0.2500)', '–']);
  });

  it('mark each of several runs with the colour and the dashes of its curve', () => {
    const runs = [
      { name: 'first', color: '--run-1' },
      { name: 'second', color: '--run-2', dash: [8, 4] },
    ];
    const items = legendItems(chartSpecs.loss, runs, undefined);
    expect(items.map(({ color, dash }) => [color, dash])).toEqual([
      ['--run-1', undefined],
      ['--run-2', [8, 4]],
    ]);
  });

  it('name no smoothed curve of a run that reports only epochs', () => {
    const run = emptyRun('epochs');
    for (const event of epochsOnlyRun('epochs')) applyEvent(run, event);
    const names = legendItems(chartSpecs.loss, [{ ...train, run }], readout).map(({ name }) => name);
    expect(names).toEqual(['train', 'test']);
  });

  it('name only the test results of a run that reports nothing else', () => {
    const run = emptyRun('tests');
    for (const event of epochsOnlyRun('tests'))
      applyEvent(
        run,
        event.type === 'epoch'
          ? { ...event, data: { epoch: event.data.epoch, test: { accuracy: 0.9 } } }
          : event,
      );
    const items = legendItems(chartSpecs.accuracy, [{ ...train, run }], readout);
    expect(items.map(({ name }) => name)).toEqual(['test']);
  });

  it('count the points of a compared run where the main run lacks the values', () => {
    const [main, other] = [emptyRun('main'), emptyRun('other')];
    for (const event of sampleRun({ epochs: 3, batchesPerEpoch: 20 })) {
      applyEvent(main, event);
      applyEvent(
        other,
        event.type === 'batch' ? { ...event, data: { ...event.data, metrics: { f1: 0.5 } } } : event,
      );
    }
    const spec = metricSpec('f1', undefined);
    const runs = [main, other].map((run) => ({ ...train, run }));
    const options = {
      ...({ axis: 'step', scale: 'fit', smoothing: 0, buckets: 100, target: null } as const),
      range: { min: 0, max: 60 },
    };
    const drawn = { frame: new FrameBuilder(spec).build(runs, options), options };
    expect(chartTexts(spec, { runs, viewport: { kind: 'all' }, drawn }).caption).toBe('60 points');
  });

  it('leave out devices that the machine lacks', () => {
    const values = [0.5, 0.25, Number.NaN, Number.NaN].map((raw) => ({ raw, smooth: raw, test: undefined }));
    const items = legendItems(chartSpecs.machine, [train], { ...readout, values });
    expect(items.map(({ name, value }) => withPlainSpaces(`${name} ${value}`))).toEqual([
      'CPU 50 %',
      'Memory 25 %',
    ]);
  });

  it('are a placeholder while there is no data, in the run or in the visible range', () => {
    const run = emptyRun('20261124-100000-test');
    const draw = (range: Range, runs = [{ ...train, run }]): DrawnChart => {
      const options = { axis: 'step', scale: 'log', smoothing: 0.85, buckets: 100, target: null } as const;
      const frame = new FrameBuilder(chartSpecs.loss).build(runs, { ...options, range });
      return { frame, options: { ...options, range } };
    };
    const textsOf = (drawn?: DrawnChart) =>
      chartTexts(chartSpecs.loss, { runs: [{ ...train, run }], viewport: { kind: 'all' }, drawn });
    expect(textsOf().placeholder).toBe(chartSpecs.loss.empty);
    expect(textsOf(draw({ min: 0, max: 60 })).placeholder).toBe(chartSpecs.loss.empty);
    for (const event of sampleRun({ epochs: 3, batchesPerEpoch: 20 })) applyEvent(run, event);
    expect(textsOf().placeholder).toBe('');
    expect(textsOf(draw({ min: 0, max: 60 }))).toEqual({
      caption: '60 points',
      warning: '',
      placeholder: '',
    });
    expect(textsOf(draw({ min: 900, max: 999 })).placeholder).toBe('No data in this range.');
    // Each of two runs has its last point before the range: no line joins them.
    const compared = { ...train, run: copyRun(run) };
    expect(textsOf(draw({ min: 900, max: 999 }, [{ ...train, run }, compared])).placeholder).toBe(
      'No data in this range.',
    );
  });

  it('say why a log axis chosen by hand shows nothing of values that are all 0 or less', () => {
    const run = emptyRun('20261124-100000-test');
    for (const event of sampleRun({ epochs: 1, batchesPerEpoch: 20 }))
      if (event.type === 'batch') applyEvent(run, { ...event, data: { step: event.data.step, loss: 0 } });
    const options = {
      ...({ axis: 'step', smoothing: 0, buckets: 100, target: null } as const),
      range: { min: 0, max: 20 },
    };
    const placeholder = (scale: 'log' | 'linear'): string => {
      const drawn = {
        frame: new FrameBuilder(chartSpecs.loss).build([{ ...train, run }], { ...options, scale }),
        options: { ...options, scale },
      };
      const runs = [{ ...train, run }];
      return chartTexts(chartSpecs.loss, { runs, viewport: { kind: 'all' }, drawn }).placeholder;
    };
    expect(placeholder('linear')).toBe('');
    expect(placeholder('log')).toBe(
      'All values here are 0 or less, which a log axis cannot show. Choose “Linear”.',
    );
  });
});
