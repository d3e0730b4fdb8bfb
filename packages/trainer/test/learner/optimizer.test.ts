import { beforeAll, describe, expect, test } from '@jest/globals';
import type { OptimizerName } from '@mnist-monitor/shared';
import * as tf from '@tensorflow/tfjs-core';
import { createOptimizer } from '../../src/learner/optimizer.ts';
import { startFastest } from '../support/engines.ts';

/** Initial value of the only parameter. */
const start = 1;
const gradients = [0.5, -1, 0.25];
/** Values of the parameter after each step in PyTorch 2, at a learning rate of 0.1. */
const expected: [OptimizerName, number[]][] = [
  ['sgd', [0.9015, 1.051_455, 1.050_661]],
  ['adam', [0.9, 0.936_61, 0.950_279]],
  ['adamw', [0.899, 0.934_711, 0.947_446]],
];

describe('optimizers', () => {
  beforeAll(startFastest);

  test.each(expected)('%s makes the same steps as in PyTorch', (name, values) => {
    const parameter = tf.tidy(() => tf.variable(tf.tensor1d([start])));
    const optimizer = createOptimizer(name, [parameter]);
    const path = gradients.map((gradient, at) => {
      optimizer.apply([tf.tensor1d([gradient])], at + 1, 0.1);
      return parameter.dataSync<'float32'>()[0] as number;
    });
    path.forEach((value, at) => {
      expect(value).toBeCloseTo(values[at] as number, 4);
    });
    optimizer.dispose();
    parameter.dispose();
  });

  test('dispose all tensors', () => {
    for (const [name] of expected) {
      const before = tf.memory().numTensors;
      const parameter = tf.tidy(() => tf.variable(tf.tensor1d([start])));
      const optimizer = createOptimizer(name, [parameter]);
      const slots = Object.keys(optimizer.slots).length;
      optimizer.apply([tf.tensor1d([1])], 1, 0.1);
      expect(tf.memory().numTensors - before).toBe(1 + slots);
      optimizer.dispose();
      parameter.dispose();
      expect(tf.memory().numTensors).toBe(before);
    }
  });
});
