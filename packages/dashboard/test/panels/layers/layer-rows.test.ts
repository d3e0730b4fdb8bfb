import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import {
  deadUnits,
  guessing,
  heightOf,
  layerRows,
  layerSentences,
} from '../../../src/panels/layers/layer-rows.ts';
import { applyEvent, copyRun, emptyRun, type Run } from '../../../src/state/run.ts';
import { Series } from '../../../src/state/series.ts';

const emptyRow = {
  ...{ loss: undefined, accuracy: undefined, throughput: undefined, learningRate: undefined },
  ...{ step: undefined, elapsedSeconds: undefined, time: undefined },
};

/** A run whose layer `conv1` has changed by the given ratios, one step after another. */
function runWith(ratios: readonly (number | null)[], more: object = {}): Run {
  const run = emptyRun('20261130-100000-test');
  ratios.forEach((ratio, index) => {
    applyEvent(run, {
      ...{ v: 1, runId: run.runId, seq: index + 1, time: '2026-11-30T10:00:00.000Z', type: 'layers' },
      data: {
        step: (index + 1) * 10,
        tensors: ['conv1.bias', 'conv1.weight'],
        weightNorm: [0.1, 5],
        gradientNorm: [0.2, 0.5],
        updateRatio: [1, ratio],
        ...more,
      },
    } as MonitorEvent);
  });
  return run;
}

describe('the rows of the layers', () => {
  it('show the weight of each layer, with the latest norms and the median of the latest changes', () => {
    const [row, ...others] = layerRows(runWith([0.5, 1e-3, 2e-3, 3e-3, 0.9, 4e-3]).layers, null);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ name: 'conv1', state: 'healthy', updateRatio: 3e-3 });
    expect(row).toMatchObject({ gradientNorm: 0.5, weightNorm: 5 });
  });

  it('have a curve over the run on a logarithmic axis', () => {
    const [row] = layerRows(runWith([1e-6, 1e-3, 1]).layers, null);
    expect(row?.curve.map(({ x }) => x)).toEqual([1 / 3, 2 / 3, 1]);
    expect(row?.curve.map(({ y }) => Math.round(y * 100) / 100)).toEqual([0, 0.5, 1]);
    expect(layerRows(runWith(Array(5_000).fill(1e-3)).layers, null)[0]?.curve.length).toBeLessThanOrEqual(
      120,
    );
    expect([heightOf(0), heightOf(10)]).toEqual([0, 1]);
  });

  it.each([
    [0, 'frozen', 'conv1 does not change at all'],
    [1e-8, 'stopped', 'conv1 has stopped learning'],
    [1e-5, 'slow', 'A step changes every layer by less than 0.01 %'],
    [1e-3, 'healthy', 'Every layer is learning.'],
    [0.05, 'fast', 'conv1 changes by more than 1 % in a step, which is above the healthy band.'],
    [0.5, 'tooFast', 'conv1 changes by more than 10 % in a step'],
  ])('at a change of %p are called %s, and described in a sentence', (ratio, state, sentence) => {
    const rows = layerRows(runWith([ratio, ratio]).layers, null);
    expect(rows[0]?.state).toBe(state);
    expect(layerSentences(rows, [])).toEqual([expect.stringContaining(sentence)]);
  });

  it('are described together when several have one problem', () => {
    const rows = ['conv1', 'conv2', 'fc1'].map((name) => ({
      ...layerRows(runWith([0]).layers, null)[0]!,
      name,
    }));
    expect(layerSentences(rows.slice(1), [])[0]).toMatch(/^conv2 and fc1 do not change at all/);
    expect(layerSentences(rows, [])[0]).toMatch(/^conv1, conv2 and fc1 do not/);
  });

  it('of a network that still guesses after 100 steps are described with that', () => {
    const steps = new Series([
      'loss',
      'accuracy',
      'throughput',
      'learningRate',
      'step',
      'elapsedSeconds',
      'time',
    ]);
    const started = { config: {}, dataset: { name: 'Digits', classes: [...'0123456789'] } } as Run['started'];
    for (let step = 1; step <= 120; step++)
      steps.append(step, { ...emptyRow, loss: 2.3, accuracy: step < 110 ? 0.1 : 0.9 });
    expect(guessing({ steps, started }, 50)).toBeUndefined();
    expect(guessing({ steps, started }, 105)?.accuracy).toBeCloseTo(0.1);
    expect(guessing({ steps, started }, null)).toBeUndefined();
    const rows = layerRows(runWith([1e-3]).layers, null);
    expect(layerSentences(rows, [], { accuracy: 0.1, classes: 10 })[0]).toMatch(
      /^The network still guesses: 10.0\s% right with 10 classes. .*labels may not belong/,
    );
  });

  it('of which one leaves the healthy band are described with that one', () => {
    const [row] = layerRows(runWith([1e-3]).layers, null);
    const rows = [row!, { ...row!, name: 'fc1', state: 'slow' as const }];
    expect(layerSentences(rows, [])).toEqual([
      'fc1 learns slowly: a step changes it by less than 0.01 %, which is below the healthy band.',
    ]);
    expect(layerSentences(rows, [], { accuracy: 0.1, classes: 10 })[1]).toMatch(/labels may not belong/);
  });

  it('whose labels were shuffled are not explained by some dead units, but by nearly all being dead', () => {
    const rows = layerRows(runWith([1e-3]).layers, null);
    const sentencesWith = (share: number) =>
      layerSentences(rows, [{ activation: 'relu1', share }], { accuracy: 0.1, classes: 10 });
    expect(sentencesWith(0.5)[1]).toMatch(/labels may not belong to the images\.$/);
    expect(sentencesWith(0.95)[1]).toMatch(/Its layers show why\.$/);
  });

  it('say which layer has exploded, or receives no gradient', () => {
    const run = runWith([1e-3, 1e-3]);
    const data = {
      step: 30,
      tensors: ['conv1.weight'],
      weightNorm: [101],
      gradientNorm: [0],
      updateRatio: [1e-3],
    };
    const event = { v: 1, runId: run.runId, time: '2026-11-30T10:00:01.000Z', type: 'layers' } as const;
    applyEvent(run, { ...event, seq: 3, data });
    const exploded = layerRows(run.layers, null);
    expect(exploded[0]?.state).toBe('exploded');
    expect(layerSentences(exploded, [])).toEqual([
      'conv1 has weights over 20 times as large as at first: the learning rate is too high.',
    ]);
    applyEvent(run, { ...event, seq: 4, data: { ...data, step: 40, weightNorm: [5] } });
    const still = layerRows(run.layers, null);
    expect(still[0]?.state).toBe('noGradient');
    expect(layerSentences(still, [])).toEqual(['conv1 receives no gradient, so it cannot learn.']);
  });

  it('say which layer has diverged', () => {
    const rows = layerRows(runWith([Number.NaN], { weightNorm: [Number.NaN, Number.NaN] }).layers, null);
    expect(rows[0]).toMatchObject({ state: 'diverged', updateRatio: undefined, weightNorm: undefined });
    expect(layerSentences(rows, [])[0]).toMatch(/^conv1 has weights that are not finite/);
  });

  it('say nothing of changes that are not known', () => {
    const rows = layerRows(runWith([null]).layers, null);
    expect(rows[0]).toMatchObject({ state: 'unknown', updateRatio: undefined, curve: [] });
    expect(layerSentences(rows, [])).toEqual([]);
  });

  it('name activations whose units are mostly dead', () => {
    const run = runWith([1e-3], { activations: ['relu1', 'relu2', 'relu3'], dead: [0.75, 0.1, null] });
    const units = deadUnits(run.layers, null);
    expect(units).toEqual([
      { activation: 'relu1', share: 0.75 },
      { activation: 'relu2', share: 0.1 },
      { activation: 'relu3', share: undefined },
    ]);
    expect(layerSentences(layerRows(run.layers, null), units)).toEqual([
      expect.stringMatching(/^relu1 has lost at least half of its units/),
    ]);
    expect(layerSentences(layerRows(run.layers, null), [{ activation: 'relu1', share: 1 }])).toEqual([
      'relu1 has lost all of its units: they are 0 for every image (dead).',
    ]);
  });

  it('are those of an earlier step, with a mark on the whole curve', () => {
    const { layers } = runWith([1e-3, 2e-3, 0.5, 0.5, 0.5], { activations: ['relu1'], dead: [0.25] });
    const [row] = layerRows(layers, 25);
    expect(row).toMatchObject({ state: 'healthy', updateRatio: 2e-3, cursor: 0.4 });
    expect(row?.curve).toHaveLength(5);
    expect(layerRows(layers, 5)[0]).toMatchObject({ state: 'unknown', gradientNorm: undefined });
    expect(deadUnits(layers, 5)).toEqual([{ activation: 'relu1', share: undefined }]);
    expect(layerRows(layers, null)[0]).toMatchObject({ state: 'tooFast', cursor: undefined });
  });

  it('are replaced by each measurement, and only by that', () => {
    const run = runWith([1e-3]);
    const { layers } = run;
    const event = { v: 1, runId: run.runId, time: '2026-11-30T10:00:01.000Z' } as const;
    applyEvent(run, { ...event, seq: 2, type: 'batch', data: { step: 11, loss: 1 } });
    expect(run.layers).toBe(layers);
    const data = { step: 20, tensors: ['conv1.weight'], updateRatio: [0.5] };
    applyEvent(run, { ...event, seq: 3, type: 'layers', data });
    expect(run.layers).not.toBe(layers);
  });

  it('of a copy do not change with later events', () => {
    const run = runWith([1e-3]);
    const copy = copyRun(run);
    applyEvent(run, {
      ...{ v: 1, runId: run.runId, seq: 2, time: '2026-11-30T10:00:01.000Z', type: 'layers' },
      data: { step: 20, tensors: ['conv1.weight'], updateRatio: [0.5] },
    } as MonitorEvent);
    expect(copy.layers.tensors.get('conv1.weight')?.length).toBe(1);
  });
});
