import { describe, expect, test } from '@jest/globals';
import {
  deadShares,
  describeUpdate,
  histogram,
  roundMeasures,
} from '../../src/inspection/tensor-statistics.ts';

const tensor = (name: string, ...values: number[]) => ({
  name,
  shape: [values.length],
  values: Float32Array.from(values),
});

describe('describeUpdate', () => {
  test('returns the norms of weights and gradients, and the size of the update relative to the weights', () => {
    expect(
      describeUpdate({
        before: [tensor('fc1.weight', 3, 4), tensor('fc1.bias', 1)],
        after: [tensor('fc1.weight', 3, 4.5), tensor('fc1.bias', 0.75)],
        gradients: [Float32Array.of(0, -5), Float32Array.of(2.5)],
      }),
    ).toEqual({
      tensors: ['fc1.weight', 'fc1.bias'],
      weightNorm: [5, 1],
      gradientNorm: [5, 2.5],
      updateRatio: [0.1, 0.25],
    });
  });

  test('returns no ratio for weights that are all 0', () => {
    const { updateRatio } = describeUpdate({
      before: [tensor('fc1.bias', 0)],
      after: [tensor('fc1.bias', 1)],
      gradients: [Float32Array.of(1)],
    });
    expect(updateRatio).toEqual([null]);
  });

  test('adds up many small values without losing them', () => {
    const values = new Float32Array(1_000_001).fill(1e-3);
    values[0] = 1e3;
    const { weightNorm } = describeUpdate({
      before: [{ name: 'fc1.weight', shape: [values.length], values }],
      after: [{ name: 'fc1.weight', shape: [values.length], values }],
      gradients: [values],
    });
    // In float32 the sum of squares would stay at 1e6.
    expect(weightNorm?.[0]).toBeCloseTo(Math.sqrt(1e6 + 1), 6);
  });
});

describe('histogram', () => {
  test('counts every value once, the largest in the last bin', () => {
    const { edges, counts } = histogram(Float32Array.from({ length: 65 }, (_, at) => at / 64))!;
    expect(edges).toHaveLength(33);
    expect([edges[0], edges[16], edges[32]]).toEqual([0, 0.5, 1]);
    expect(counts).toEqual([...Array(31).fill(2), 3]);
  });

  test('of equal values has them in the middle', () => {
    const { edges, counts } = histogram(Float32Array.of(0, 0))!;
    expect([edges[0], edges[32]]).toEqual([-0.5, 0.5]);
    expect(counts[16]).toBe(2);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('does not exist with %p among the values', (value) => {
    expect(histogram(Float32Array.of(0, value))).toBeUndefined();
  });
});

test('roundMeasures rounds every measure to six digits, and keeps what is missing or not finite', () => {
  const [edges, counts] = [Array.from({ length: 33 }, (_, at) => at / 3), Array(32).fill(1)];
  const rounded = roundMeasures({
    step: 1_234_567,
    tensors: ['fc1.weight'],
    weightNorm: [1 / 3],
    gradientNorm: [Number.NaN],
    updateRatio: [null],
    activations: ['relu1'],
    dead: [2 / 3],
    histograms: [{ edges, counts }],
  });
  expect(rounded).toMatchObject({
    step: 1_234_567,
    weightNorm: [0.333333],
    gradientNorm: [Number.NaN],
    updateRatio: [null],
    dead: [0.666667],
    histograms: [{ counts }],
  });
  expect(rounded.histograms?.[0]?.edges.slice(0, 2)).toEqual([0, 0.333333]);
  expect(roundMeasures({ step: 1, tensors: [] })).toEqual({ step: 1, tensors: [] });
});

test('deadShares returns the share of units whose largest output is 0', () => {
  expect(deadShares([Float32Array.of(0, 2, 0, 1), Float32Array.of(3)])).toEqual([0.5, 0]);
});
