import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { orderedBatches } from '../../src/dataset/batches.ts';
import { loadDataset } from '../../src/dataset/load.ts';
import { startWebgpu } from '../../src/engines/webgpu.ts';
import { webgpuEngines } from '../support/engines.ts';
import { smallNetwork } from '../support/small-network.ts';

describe.each(webgpuEngines)('the engine %s', (_name, start) => {
  test('refuses a software adapter, unless `allowSoftware` is set', async () => {
    await expect(startWebgpu()).rejects.toMatchObject({
      code: 'engine.unavailable',
      message: 'WebGPU finds no GPU, only software',
    });
  });

  test('lowers the loss of a repeated batch, and disposes all tensors', async () => {
    const engine = await start();
    expect(engine).toMatchObject({ name: 'webgpu', kind: 'gpu' });
    const { train } = await loadDataset(undefined);
    const [batch] = [...orderedBatches({ ...train, size: 8 }, 8)];
    const learner = await engine.createLearner({ optimizer: 'adam', seed: 1, layers: smallNetwork });
    const losses: number[] = [];
    let tensors = 0;
    for (let step = 1; step <= 8; step++) {
      losses.push((await learner.step(batch!, { step, learningRate: 0.01, seed: 1 })).loss);
      if (step === 1) tensors = tf.memory().numTensors;
    }
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) * 0.8);
    expect(tf.memory().numTensors).toBe(tensors);
    await learner.dispose();
  }, 120_000);
});
