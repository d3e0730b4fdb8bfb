// Measures what a user waits for: from the command to the end of the last epoch, with the start of the processes, data, the evaluation of
// all test images after each epoch and saving, for `npm start`, Keras `fit` and a loop in PyTorch, and when each first passes 98, 99
// and 99.2 %. All have the same network, optimizer and batches; `npm start` also runs with the recipe sprint, which has its own.
// `npm run bench -- time-to-accuracy [--epochs 10] [--rounds 1] [--train-size 60000] [--precision both] [--only TEXT] [--python PATH]` prints JSON.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runCommand } from './command.js';
import { machine } from './machine.js';
import { mnistFolder, peerPython } from './peers.js';
import { spread } from './statistics.js';

const { values } = parseArgs({
  options: {
    epochs: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '1' },
    'train-size': { type: 'string', default: '60000' },
    /** `float32` or `bfloat16`; `both` runs each program with each, but the recipe sprint only in float32. */
    precision: { type: 'string', default: 'both' },
    /** Text in the names of the programs to run; all by default. */
    only: { type: 'string', default: '' },
    /** A Python with torch and tensorflow, instead of a new virtual environment. */
    python: { type: 'string' },
  },
});
const { epochs, 'train-size': trainSize } = values;
const precisions = values.precision === 'both' ? ['float32', 'bfloat16'] : [values.precision];
/** The accuracies whose first time is reported. */
const goals = [0.98, 0.99, 0.992];
const localPath = (file) => fileURLToPath(new URL(file, import.meta.url));

/** Describes `npm start` with flags: its command, given the folder for its files, and how its epochs are read. */
const npmStart = (...flags) => ({
  command: (folder) => [
    ...[process.execPath, localPath('../scripts/start.js'), '--once', '--run-id', 'run', '--runs', folder],
    ...['--port', '0', '--ingest-port', '0', '--engine', 'tensorflow', '--train-size', trainSize, ...flags],
  ],
  epochs: (_lines, folder) => readEpochs(folder),
});

/** Describes a peer, which prints a line of JSON after each epoch, when its weights are saved. */
const peer = (file, ...flags) => ({
  command: (folder) => [
    ...[peerPython(values.python), localPath(`peers/${file}`), mnistFolder, epochs, trainSize, folder],
    ...flags,
  ],
  epochs: (lines) => lines.map(({ line, time }) => ({ ...JSON.parse(line), time })),
});

function programs() {
  const inEach = (name, program) =>
    precisions.map((precision) => [`${name}, ${precision}`, program(precision)]);
  const all = [
    ...inEach('npm start', (precision) => npmStart('--epochs', epochs, '--precision', precision)),
    ...inEach('Keras fit, oneDNN on', (precision) => peer('fit_keras.py', precision)),
    ...inEach('PyTorch, channels_last', (precision) => peer('fit_pytorch.py', precision)),
    ['npm start, recipe sprint', npmStart('--recipe', 'sprint')],
  ];
  return all.filter(([name]) => name.includes(values.only));
}

/** Runs a program. @returns The times of its epochs in seconds since the command; undefined when it fails. */
async function run(program, folder) {
  const lines = [];
  const { startedAt, cpuSeconds, errors, code } = await runCommand(program.command(folder), {
    env: { TF_ENABLE_ONEDNN_OPTS: '1', ...process.env },
    onLine: (line) => lines.push({ line, time: Date.now() }),
  });
  if (code !== 0) {
    console.error(errors);
    return undefined;
  }
  const reached = program
    .epochs(lines, folder)
    .map(({ time, ...epoch }) => ({ ...epoch, seconds: (time - startedAt) / 1_000 }));
  const first = (goal) => reached.find(({ accuracy }) => accuracy >= goal)?.seconds ?? null;
  return {
    seconds: reached.at(-1).seconds,
    accuracy: reached.at(-1).accuracy,
    reaches: Object.fromEntries(goals.map((goal) => [`${goal * 100} %`, first(goal)])),
    cpuSeconds,
    load: loadavg()[0],
    epochs: reached,
  };
}

/** Reads the epochs of `npm start` from the events of its run. The last epoch ends with the run, when everything is saved. */
function readEpochs(folder) {
  const lines = readFileSync(join(folder, 'run', 'events.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const events = lines.map((line) => JSON.parse(line));
  const epochEvents = events.filter(({ type }) => type === 'epoch');
  return epochEvents.map(({ time, data: { epoch, test } }, at) => ({
    epoch,
    accuracy: test.accuracy,
    time: Date.parse(at === epochEvents.length - 1 ? events.at(-1).time : time),
  }));
}

async function inTemporaryFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'mnist-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const runs = Object.fromEntries(programs().map(([name]) => [name, []]));
for (let round = 0; round < Number(values.rounds); round++)
  for (const [name, program] of programs()) {
    const result = await inTemporaryFolder((folder) => run(program, folder));
    if (result) runs[name].push(result);
    else console.error(`${name}: does not run on this machine`);
  }

const settings = { epochs: Number(epochs), trainSize: Number(trainSize), rounds: Number(values.rounds) };
const results = Object.entries(runs)
  .filter(([, each]) => each.length > 0)
  .map(([name, each]) => ({
    name,
    seconds: spread(each.map(({ seconds }) => seconds)),
    cpuSeconds: spread(each.map(({ cpuSeconds }) => cpuSeconds)),
    runs: each,
  }));
console.log(JSON.stringify({ bench: 'time-to-accuracy', ...machine(), settings, results }, null, 2));
