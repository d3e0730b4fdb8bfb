// Measures how fast each engine trains, alternating over rounds; with --peers also PyTorch, Keras and tfjs with default settings.
// `npm run bench -- training [--rounds 3] [--steps 20] [--batch-size 512] [--peers] [--python PATH] [--json]`
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine } from './machine.js';
import { mnistFolder, peerPython } from './peers.js';
import { spread } from './statistics.js';
import { trainerEnvironment } from './trainer-environment.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '20' },
    'batch-size': { type: 'string', default: '512' },
    peers: { type: 'boolean', default: false },
    /** A Python with torch and tensorflow, instead of a new virtual environment. */
    python: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const { steps, 'batch-size': batchSize } = values;
const localPath = (file) => fileURLToPath(new URL(file, import.meta.url));

/** Steps of a slow engine, enough for a few seconds. */
const fewSteps = String(Math.ceil(Number(steps) / 5));
const node = (file, ...args) => ({ command: [process.execPath, localPath(file), ...args] });
const stepsOn = (...args) => ({ ...node('steps.js', ...args), env: trainerEnvironment });

function competitors() {
  const threads = availableParallelism();
  const ours = {
    tensorflow: stepsOn('tensorflow', batchSize, steps),
    'tensorflow, bfloat16': stepsOn('tensorflow', batchSize, steps, '--precision', 'bfloat16'),
    'tensorflow, augmented images': stepsOn('tensorflow', batchSize, steps, '--augment'),
    [`wasm, ${threads} threads`]: stepsOn('wasm', batchSize, fewSteps, '--threads', String(threads)),
    webgpu: stepsOn('webgpu', batchSize, steps),
    'wasm, 1 thread': stepsOn('wasm', batchSize, fewSteps, '--threads', '1'),
  };
  if (!values.peers) return ours;
  const python = peerPython(values.python);
  const withOneDnn = { ...process.env, TF_ENABLE_ONEDNN_OPTS: '1' };
  const peer = (file, ...more) => ({
    command: [python, localPath(`peers/${file}`), mnistFolder, batchSize, steps, ...more],
  });
  return {
    ...ours,
    'tfjs-node, default settings': node('peers/train_tfjs.js', batchSize, steps),
    'tfjs wasm, missing kernel added': node('peers/train_tfjs_wasm.js', batchSize, fewSteps),
    'PyTorch eager': peer('train_pytorch.py'),
    'PyTorch eager, channels_last': peer('train_pytorch.py', 'channels_last'),
    'PyTorch channels_last, bfloat16': peer('train_pytorch.py', 'channels_last', 'bfloat16'),
    'Keras, tf.function': peer('train_keras.py'),
    'Keras, tf.function, oneDNN on': { ...peer('train_keras.py'), env: withOneDnn },
    'Keras, mixed_bfloat16, oneDNN on': { ...peer('train_keras.py', 'mixed_bfloat16'), env: withOneDnn },
  };
}

function measure({ command: [program, ...args], env }) {
  try {
    const output = execFileSync(program, args, {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
      encoding: 'utf8',
    });
    return JSON.parse(output.trim().split('\n').at(-1));
  } catch {
    return undefined;
  }
}

const programs = competitors();
const measured = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
for (let round = 0; round < Number(values.rounds); round++)
  for (const [name, program] of Object.entries(programs)) {
    const result = measure(program);
    if (result) measured[name].push(result);
    else console.error(`${name}: does not run on this machine`);
  }

const results = Object.entries(measured)
  .filter(([, runs]) => runs.length > 0)
  .map(([name, runs]) => {
    const { imagesPerSecond: _rate, ...about } = runs[0];
    return { name, ...about, ...spread(runs.map(({ imagesPerSecond }) => imagesPerSecond)) };
  });

if (values.json) {
  const settings = { rounds: Number(values.rounds), steps: Number(steps), batchSize: Number(batchSize) };
  console.log(
    JSON.stringify({ bench: 'training', ...machine(), settings, imagesPerSecond: results }, null, 2),
  );
} else {
  console.log('images per second                   min  median     max   first / this');
  for (const { name, min, median, max } of results) {
    const figures = [min, median, max].map((rate) => rate.toFixed(0).padStart(7));
    console.log(
      `${name.padEnd(32)}${figures.join(' ')}   ${(results[0].median / median).toFixed(2).padStart(6)}`,
    );
  }
}
