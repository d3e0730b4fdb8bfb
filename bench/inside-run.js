// A run with everything that this project's trainer sends of the inside of its network. Its numbers are made up, its sizes are real.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { publishedFilePath } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { encodeSafetensors } from '../packages/trainer/dist/src/export/safetensors.js';
import { probeImageParts } from '../packages/trainer/dist/src/inspection/probe-set.js';
import { quantizeWeights } from '../packages/trainer/dist/src/inspection/quantize.js';
import { snapshotSteps } from '../packages/trainer/dist/src/inspection/snapshot-steps.js';
import { histogram } from '../packages/trainer/dist/src/inspection/tensor-statistics.js';
import { testImagesFile } from '../packages/trainer/dist/src/inspection/test-images.js';
import { parameterSpecs, summarizeLayers } from '../packages/trainer/dist/src/network/architecture.js';
import { initialValues } from '../packages/trainer/dist/src/network/network.js';

const length = { epochs: 10, batchesPerEpoch: 118 };
const [classCount, testSize, probeSize, side] = [10, 10_000, 500, 28];
/** Steps between two `layers` and two `probe` events: 4 a second and one in 2 s at 20 steps a second. */
const [layersEvery, probeEvery] = [5, 40];
const relus = ['relu1', 'relu2', 'relu3', 'relu4', 'relu5'];

const weights = parameterSpecs().map((spec) => ({ ...spec, values: initialValues(spec, 1) }));
const tensors = quantizeWeights(weights);
const histograms = weights.map(({ values }) => histogram(values));
const testSet = ringImages(testSize);
const testImages = testImagesFile(testSet);
const isSnapshotStep = snapshotSteps(length);

/** Draws rings whose radius grows with the class, as a substitute for the digits. */
function ringImages(size) {
  const images = new Uint8Array(size * side ** 2);
  const labels = Uint16Array.from({ length: size }, (_, at) => at % classCount);
  for (let pixel = 0; pixel < images.length; pixel++) {
    const [at, within] = [Math.floor(pixel / side ** 2), pixel % side ** 2];
    const distance = Math.hypot((within % side) - 13.5, Math.floor(within / side) - 13.5);
    images[pixel] = Math.max(0, 255 - Math.abs(distance - 3 - labels[at]) * 120);
  }
  return { images, labels, size, classCount };
}

const base64 = (bytes) => Buffer.from(bytes).toString('base64');

/** Returns whether the network misreads an image at a step: more seldom as the run goes on, and another one each time. */
const isMisread = (at, step) => (at * 7919 + step * 104_729) % 1_000 < 20 + 200 / (1 + step / 20);
const predictionOf = (at, step) => (at + (isMisread(at, step) ? 1 + (at % 9) : 0)) % classCount;

function probeLogits(step) {
  const values = new Int8Array(probeSize * classCount).map((_, index) => {
    const [at, label] = [Math.floor(index / classCount), index % classCount];
    const noise = ((at * 31 + label * 17 + step * 13) % 40) - 20;
    return noise + (label === predictionOf(at, step) ? Math.min(100, 20 + step / 4) : 0);
  });
  return { classes: classCount, scale: 0.1, values: base64(values) };
}

const layers = (step, withHistograms) => ({
  ...{ step, tensors: weights.map(({ name }) => name) },
  ...Object.fromEntries(
    ['weightNorm', 'gradientNorm', 'updateRatio'].map((name, at) => [
      name,
      weights.map((_, tensor) => Number((10 ** -at * (1 + Math.sin(step / 50 + tensor) / 2)).toPrecision(6))),
    ]),
  ),
  ...{ activations: relus, dead: relus.map((_, at) => at / 20) },
  ...(withHistograms && { histograms }),
});

/** Writes the weights of a step to the folder of the runs. */
function snapshot(runs, runId, step) {
  const file = encodeSafetensors(tensors, { step: String(step) });
  const digest = createHash('sha256').update(file).digest('hex');
  write(join(runs, runId, publishedFilePath('snapshots', digest)), file);
  return { step, digest, bytes: file.length };
}

function write(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/**
 * Writes the test images and the snapshots of a run of 10 epochs, and returns its events without seqs and times.
 * @param runs Folder of the gateway's runs.
 */
export function insideRun(runs, runId) {
  const { description, content } = testImages;
  write(join(runs, runId, publishedFilePath('test-images', description.digest)), content);
  const probeSet = {
    indices: Uint32Array.from({ length: probeSize }, (_, at) => at),
    split: ringImages(probeSize),
  };
  return sampleRun({ runId, ...length }).flatMap(({ type, data }) => {
    if (type === 'run.started') {
      const model = { layers: summarizeLayers(), parameters: 467_818 };
      const dataset = { ...data.dataset, testImages: description };
      const images = probeImageParts(probeSet, 0).map((part) => ({
        type: 'probe',
        data: { step: 1, size: probeSize, images: part },
      }));
      return [{ type, data: { ...data, model, dataset } }, ...images];
    }
    if (type === 'epoch') {
      const predictions = base64(Array.from({ length: testSize }, (_, at) => predictionOf(at, data.step)));
      const confidences = base64(Array.from({ length: testSize }, (_, at) => 255 - (at % 100)));
      return [{ type, data: { ...data, test: { ...data.test, predictions, confidences } } }];
    }
    if (type !== 'batch') return [{ type, data }];
    const { step, batch } = data;
    return [
      { type, data },
      ...(step === 1 || step % layersEvery === 0
        ? [{ type: 'layers', data: layers(step, batch < layersEvery) }]
        : []),
      ...(step === 1 || step % probeEvery === 0
        ? [{ type: 'probe', data: { step, size: probeSize, logits: probeLogits(step) } }]
        : []),
      ...(isSnapshotStep(step) ? [{ type: 'snapshot', data: snapshot(runs, runId, step) }] : []),
    ];
  });
}
