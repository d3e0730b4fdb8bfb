import { expect, it } from '@jest/globals';
import { roundWeights } from '../../src/network/round-weights.ts';
import { readSafetensors } from '../../src/network/safetensors.ts';
import { snapshotFile } from '../support/snapshot-file.ts';
import { strokeWeights } from '../support/stroke-network.ts';

const bufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

it('weights become a byte each, with a scale for each output channel, and vectors stay as they are', () => {
  const file = bufferOf(strokeWeights({ upright: 1, level: 2 }));
  const rounded = roundWeights(file);
  expect(rounded.byteLength).toBeLessThan(file.byteLength / 3.5);
  const [before, after] = [readSafetensors(file), readSafetensors(rounded)];
  expect([...after.keys()].sort()).toEqual(['fc.bias', 'fc.weight']);
  expect(after.get('fc.bias')).toEqual(before.get('fc.bias'));
  const { values, scale, shape } = after.get('fc.weight') ?? { values: [], scale: undefined, shape: [] };
  expect(shape).toEqual([10, 784]);
  expect(scale?.shape).toEqual([10, 1]);
  const restored = Array.from(values, (value, at) => value * (scale?.values[Math.floor(at / 784)] ?? 0));
  for (const [at, value] of (before.get('fc.weight')?.values ?? []).entries())
    expect(restored[at]).toBeCloseTo(value, 6);
});

it('a snapshot, whose weights are bytes already, keeps its values', () => {
  const file = bufferOf(
    snapshotFile([
      {
        name: 'fc.weight',
        shape: [2, 2],
        values: Int8Array.of(1, -2, 3, 4),
        scales: Float32Array.of(0.5, 2),
      },
    ]),
  );
  expect(readSafetensors(roundWeights(file))).toEqual(readSafetensors(file));
});

it('weights of a run that has diverged are refused', () => {
  const file = bufferOf(strokeWeights({ upright: 1, level: 2 }));
  const bytes = new Uint8Array(file);
  bytes.fill(255, bytes.length - 4 * 10 - 8, bytes.length - 4 * 10);
  expect(() => roundWeights(file)).toThrow(new RangeError('the weights are not finite'));
});
