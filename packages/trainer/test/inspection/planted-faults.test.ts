import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Engine } from '../../src/engines/engine.ts';
import type { LayersData } from '../../src/event-data.ts';
import { startFastest } from '../support/engines.ts';
import { type FaultName, trainWithFault } from '../support/planted-faults.ts';

/** The update ratios of a network that learns well are usually between these; with a momentum of 0.97, some are above at first. */
const band = { from: 1e-4, to: 1e-2 };
const sizes = { trainSize: 160, testSize: 50, batchSize: 16, epochs: 1 };

/** Returns the update ratios of the weights; those of a run that has diverged are NaN. A bias, which begins at 0, changes by more. */
const finiteRatios = ({ tensors, updateRatio }: LayersData): number[] =>
  (updateRatio ?? []).flatMap((ratio, at) =>
    tensors[at]?.endsWith('.weight') && Number.isFinite(ratio) ? [ratio as number] : [],
  );

describe('the numbers of a run with a planted fault', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startFastest();
  });

  async function trainedWith(fault: FaultName) {
    const events = await trainWithFault(engine, fault, sizes);
    const layers = events.flatMap(({ type, data }) => (type === 'layers' ? [data] : []));
    const losses = events.flatMap(({ type, data }) => (type === 'batch' ? [data.loss] : []));
    const last = layers.at(-1) as LayersData;
    /** The values of the last event, of the weights of each layer. */
    const weightsIn = (field: 'updateRatio' | 'gradientNorm'): Record<string, number> =>
      Object.fromEntries(
        last.tensors.flatMap((name, at) =>
          name.endsWith('.weight') ? [[name.split('.')[0], last[field]?.[at] as number]] : [],
        ),
      );
    return {
      ratios: weightsIn('updateRatio'),
      gradients: weightsIn('gradientNorm'),
      dead: (last.dead ?? []).map(Number),
      lastLoss: losses.at(-1) as number,
      largestRatio: Math.max(...layers.flatMap(finiteRatios)),
      count: layers.length,
    };
  }

  test('are in the usual band without a fault', async () => {
    const { ratios, largestRatio, dead, count } = await trainedWith('none');
    expect(count).toBeGreaterThan(2);
    for (const ratio of Object.values(ratios)) {
      expect(ratio).toBeGreaterThan(band.from);
      expect(ratio).toBeLessThan(5 * band.to);
    }
    expect(largestRatio).toBeLessThan(10 * band.to);
    expect(Math.max(...dead)).toBeLessThan(0.8);
  });

  test('show a learning rate that is too high: updates far above the band', async () => {
    const { largestRatio } = await trainedWith('learning rate too high');
    expect(largestRatio).toBeGreaterThan(10 * band.to);
  });

  test('show a learning rate that is too low: every update below the band', async () => {
    const { ratios } = await trainedWith('learning rate too low');
    expect(Math.max(...Object.values(ratios))).toBeLessThan(band.from);
  });

  test('show a frozen layer: it alone has no update, although it has a gradient', async () => {
    const { ratios, gradients } = await trainedWith('frozen layer');
    const { conv3, ...others } = ratios;
    expect(conv3).toBe(0);
    expect(gradients.conv3).toBeGreaterThan(0);
    expect(Math.min(...Object.values(others))).toBeGreaterThan(band.from);
  });

  test('show dead relus: all units of one are off, and no gradient gets through it', async () => {
    const { dead, gradients } = await trainedWith('dead relus');
    expect(dead.at(-1)).toBe(1);
    expect(Math.max(...dead.slice(0, -1))).toBeLessThan(1);
    expect([gradients.fc1, gradients.conv1]).toEqual([0, 0]);
  });

  test('show shuffled labels: the layers learn as usual, and the loss stays that of guessing', async () => {
    const { ratios, lastLoss } = await trainedWith('shuffled labels');
    expect(Math.max(...Object.values(ratios))).toBeGreaterThan(band.from);
    expect(lastLoss).toBeGreaterThan(Math.log(10) - 0.2);
  });
});
