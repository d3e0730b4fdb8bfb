import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { orderedBatches } from '../../packages/trainer/dist/src/dataset/batches.js';
import { takeFirst } from '../../packages/trainer/dist/src/dataset/dataset.js';
import { loadDataset } from '../../packages/trainer/dist/src/dataset/load.js';
import { toPyTorch } from '../../packages/trainer/dist/src/export/pytorch.js';
import { encodeSafetensors } from '../../packages/trainer/dist/src/export/safetensors.js';
import { NetworkInspector } from '../../packages/trainer/dist/src/inspection/network-inspector.js';
import { momentum } from '../../packages/trainer/dist/src/learner/optimizer.js';
import { architecture } from '../../packages/trainer/dist/src/network/architecture.js';
import { pytorch } from './support/tools.js';

const script = fileURLToPath(new URL('support/layer_statistics.py', import.meta.url));
const learningRate = 0.01;
const batchSize = 64;
const base64 = (bytes) => Buffer.from(bytes).toString('base64');

// In CI, the engines require a driver that only the trainer's tests have, so they are not loaded for a skipped test.
const { engines } = pytorch
  ? await import('../../packages/trainer/dist/test/support/engines.js')
  : { engines: [['every engine']] };

(pytorch ? describe : describe.skip)('the inside of the network', () => {
  const folder = mkdtempSync(join(tmpdir(), 'inside-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Makes a step, and writes the batch, the weights before and after it, and the events about it. */
  async function writeStep(startEngine) {
    const engine = await startEngine();
    const dataset = await loadDataset(undefined);
    const [batch] = orderedBatches(takeFirst(dataset.train, batchSize, ''), batchSize);
    // Dropout draws other numbers in PyTorch.
    const layers = architecture.filter(({ type }) => type !== 'dropout');
    const learner = await engine.createLearner({ optimizer: 'sgd', seed: 1, precision: 'float32', layers });
    const state = await learner.state();
    for (const { name, values } of state.weights) {
      // A bias other than 0 has an update ratio. With a bias below 0, the background of the images is 0 after each relu; equal
      // values above 0 would tie in the pooling, where engines choose different maxima. A bias of -100 switches a unit off.
      if (name.endsWith('.bias')) values.fill(-0.01);
      if (name === 'conv1.bias') values.fill(-100, 0, 4);
      if (name === 'fc1.bias') values.fill(-100, 0, 32);
    }
    await learner.restore(state);
    const save = async (name) =>
      writeFileSync(join(folder, name), encodeSafetensors(toPyTorch(await learner.weights(), layers)));
    await save('before.safetensors');
    const inspector = new NetworkInspector({
      learner,
      test: dataset.test,
      seed: 1,
      probeSize: 100,
      evaluationBatch: 50,
      relus: layers.filter(({ type }) => type === 'relu').map(({ name }) => name),
      ...{ epochs: 1, batchesPerEpoch: 10, emitted: { step: 0, probeImages: 0 } },
      writeSnapshot() {},
      seconds: () => 0,
    });
    await inspector.step(batch, { step: 1, learningRate, seed: 1 });
    await save('after.safetensors');
    const events = [];
    for await (const event of inspector.inspect(1, 1)) events.push(event);
    await learner.dispose();
    const dataOf = (wanted, field) => events.find(({ type, data }) => type === wanted && field in data).data;
    const probeImages = dataOf('probe', 'images').images;
    const step = {
      images: base64(dataset.train.images.subarray(0, batchSize * 784)),
      labels: [...dataset.train.labels.subarray(0, batchSize)],
      ...{ learningRate, momentum },
      layers: dataOf('layers', 'tensors'),
      probe: { ...dataOf('probe', 'logits').logits, images: probeImages.pixels },
    };
    writeFileSync(join(folder, 'step.json'), JSON.stringify(step));
  }

  test.each(engines)('has the same numbers on %s as in PyTorch', async (_name, startEngine) => {
    await writeStep(startEngine);
    const found = JSON.parse(execFileSync(pytorch, [script, folder], { encoding: 'utf8' }));
    for (const measure of ['weightNorm', 'gradientNorm', 'updateRatio'])
      expect([measure, found[measure]]).toEqual([measure, expect.any(Number)]);
    expect(found.weightNorm).toBeLessThan(1e-4);
    expect(found.gradientNorm).toBeLessThan(1e-4);
    expect(found.updateRatio).toBeLessThan(1e-4);
    expect(found.dead[0]).toEqual(found.dead[1].map((share) => expect.closeTo(share, 5)));
    expect(found.dead[0][0]).toBe(4 / 32);
    expect(found.dead[0][4]).toBeGreaterThanOrEqual(32 / 128);
    expect(found.histograms).toBeLessThanOrEqual(2);
    // The logits are rounded to the nearest byte: they differ by up to half a scale, and by the rounding of float32.
    expect(found.logits).toBeLessThan(0.51);
  });
});
