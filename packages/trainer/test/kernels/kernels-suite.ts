import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { elementCount, type Kernels } from '../../src/kernels/kernels.ts';
import { seededRandom } from '../../src/random.ts';
import type { EngineEntry } from '../support/engines.ts';
import * as reference from '../support/reference.ts';

const random = seededRandom(11);
const draw = (...shape: number[]): reference.Values => ({
  shape,
  values: Float32Array.from({ length: elementCount(shape) }, () => random() * 2 - 1),
});
const tensor = <T extends tf.Tensor>({ values, shape }: reference.Values): T => tf.tensor(values, shape) as T;

async function expectClose(actual: tf.Tensor, expected: Float32Array): Promise<void> {
  const values = await actual.data();
  expect(values).toHaveLength(expected.length);
  const worst = expected.reduce((max, value, at) => Math.max(max, Math.abs(value - values[at])), 0);
  expect(worst).toBeLessThan(1e-4);
}

/** Defines the tests that compare the kernels of each engine with their definitions. */
export const testKernels = (engines: EngineEntry[]): void =>
  describe.each(engines)('the kernels of the engine %s', (_name, start) => {
    let kernels: Kernels;
    beforeAll(async () => {
      kernels = (await start()).kernels;
    });

    const x = draw(2, 6, 6, 3);
    const filter = draw(3, 3, 3, 4);
    const bias = draw(4);
    const dy = draw(2, 6, 6, 4);

    test('convolve as defined', async () => {
      await expectClose(
        kernels.conv(tensor(x), tensor(filter), tensor(bias), 'linear'),
        reference.conv(x, filter, bias.values),
      );
    });

    test('convolve with a fused relu', async () => {
      await expectClose(
        kernels.conv(tensor(x), tensor(filter), tensor(bias), 'relu'),
        reference.conv(x, filter, bias.values).map((value) => Math.max(0, value)),
      );
    });

    test('compute the gradients of a convolution by the product rule', async () => {
      const actual = kernels.convGradients(tensor(x), tensor(filter), tensor(dy), true);
      const expected = reference.convGradients(x, filter, dy.values);
      await expectClose(actual.input as tf.Tensor, expected.input);
      await expectClose(actual.filter, expected.filter);
    });

    // Channels that fill vectors or do not, rows of several widths, and images of one to three blocks.
    test.each([
      [2, 28, 1, 32],
      [1, 14, 8, 16],
      [3, 7, 24, 32],
      [2, 14, 12, 24],
      [2, 5, 16, 8],
      [1, 1, 8, 8],
      [2, 3, 32, 64],
    ])(
      'convolve %i images of size %i with %i channels, and compute the gradients, for %i filters',
      async (count, size, inputs, outputs) => {
        const [x, filter] = [draw(count, size, size, inputs), draw(3, 3, inputs, outputs)];
        const [bias, dy] = [draw(outputs), draw(count, size, size, outputs)];
        const y = kernels.conv(tensor(x), tensor(filter), tensor(bias), 'relu');
        await expectClose(
          y,
          reference.conv(x, filter, bias.values).map((value) => Math.max(0, value)),
        );
        const actual = kernels.convGradients(tensor(x), tensor(filter), tensor(dy), true);
        const expected = reference.convGradients(x, filter, dy.values);
        await expectClose(actual.input as tf.Tensor, expected.input);
        await expectClose(actual.filter, expected.filter);
      },
    );

    test('omit the input gradient of a convolution unless it is requested', async () => {
      expect(kernels.convGradients(tensor(x), tensor(filter), tensor(dy), false).input).toBeUndefined();
    });

    test('pool maxima, and pass the gradient to their positions', async () => {
      const input = tensor<tf.Tensor4D>(x);
      const expected = reference.maxPool(x);
      const { y, state } = kernels.maxPool(input);
      await expectClose(y, expected.y);

      const pooledDy = draw(2, 3, 3, 3);
      const back = new Float32Array(x.values.length);
      expected.from.forEach((position, at) => {
        back[position] = pooledDy.values[at];
      });
      await expectClose(kernels.maxPoolGradient(input, y, tensor(pooledDy), state), back);
    });

    test.each([
      [4, 4, 8],
      [7, 5, 12],
    ])(
      'pass the gradient of a max-pool to the maxima of images of %i by %i with %i channels',
      async (height, width, channels) => {
        const x = draw(2, height, width, channels);
        const expected = reference.maxPool(x);
        const input = tensor<tf.Tensor4D>(x);
        const { y, state } = kernels.maxPool(input);
        const dy = draw(...y.shape);
        const back = new Float32Array(x.values.length);
        expected.from.forEach((position, at) => {
          back[position] = dy.values[at];
        });
        await expectClose(kernels.maxPoolGradient(input, y, tensor(dy), state), back);
      },
    );

    test('compute the gradient of a max-pool correctly in reused memory', async () => {
      const input = tensor<tf.Tensor4D>(draw(2, 8, 8, 4));
      const { y, state } = kernels.maxPool(input);
      tf.dispose(Array.from({ length: 10 }, () => tf.fill(input.shape, 7)));
      const gradient = kernels.maxPoolGradient(input, y, tf.ones(y.shape), state);
      expect((await tf.sum(gradient).data())[0]).toBeCloseTo(y.size, 3);
    });

    test('pass the gradient of relu where the output is above zero', async () => {
      const y = Float32Array.from(x.values, (value) => Math.max(0, value));
      const expected = x.values.map((value, at) => (y[at] > 0 ? value : 0));
      await expectClose(kernels.reluGradient(tensor(x), tf.tensor(y, x.shape)), expected);
    });

    test.each([{}, { a: true }, { b: true }, { a: true, b: true }])(
      'multiply matrices as defined, transposed %j',
      async (transposed) => {
        const [a, b] = [draw(5, 7), draw(7, 3)];
        const input = (matrix: reference.Values, isTransposed = false) => {
          const original = tensor<tf.Tensor2D>(matrix);
          return isTransposed ? tf.transpose(original) : original;
        };
        const actual = kernels.matMul(input(a, transposed.a), input(b, transposed.b), transposed);
        expect(actual.shape).toEqual([5, 3]);
        await expectClose(actual, reference.matMul(a, b));
      },
    );

    test.each([[[2, 6, 6, 4]], [[9, 4]]])(
      'sum the gradient of a bias over all axes but the last, %j',
      async (shape) => {
        const given = draw(...shape);
        const expected = new Float32Array(4);
        given.values.forEach((value, at) => {
          expected[at % 4] += value;
        });
        await expectClose(kernels.biasGradient(tensor(given)), expected);
      },
    );

    test('compute the cross-entropy of a softmax, and its gradient', async () => {
      const logits = draw(3, 10);
      const labels = [0, 4, 9];
      const oneHot = Float32Array.from({ length: 30 }, (_, at) =>
        labels[Math.floor(at / 10)] === at % 10 ? 1 : 0,
      );
      const { losses, gradient } = kernels.crossEntropy(tensor(logits), tf.tensor2d(oneHot, [3, 10]));
      const expected = labels.map((label, row) => {
        const exponentials = logits.values.slice(row * 10, row * 10 + 10).map(Math.exp);
        const sum = exponentials.reduce((a, b) => a + b);
        const probabilities = exponentials.map((value) => value / sum);
        return {
          loss: -Math.log(probabilities[label]),
          row: probabilities.map((p, at) => p - (at === label ? 1 : 0)),
        };
      });
      await expectClose(
        losses,
        Float32Array.from(expected, ({ loss }) => loss),
      );
      await expectClose(gradient, Float32Array.from(expected.flatMap(({ row }) => [...row])));
    });

    test('draw dropout masks with the rate, the scale and the seed', async () => {
      const mask = kernels.dropoutMask([100, 100], 0.25, 5);
      const values = await mask.data();
      const kept = values.filter((value) => value > 0);
      expect(kept.length / values.length).toBeCloseTo(0.75, 1);
      expect(new Set(kept)).toEqual(new Set([Math.fround(1 / 0.75)]));
      expect(await kernels.dropoutMask([100, 100], 0.25, 5).data()).toEqual(values);
      expect(await kernels.dropoutMask([100, 100], 0.25, 6).data()).not.toEqual(values);
    });
  });
