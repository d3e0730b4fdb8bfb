// Measures the start: from `npm start` to a served page, and to the first `batch` event, with TensorFlow's library installed. The first
// start of each checkout warms up and is not counted. With --against, another checkout of this project, built, is started in turn.
// `npm run bench -- start [--starts 5] [--engine tensorflow] [--against FOLDER]` prints JSON, in seconds.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runCommand } from './command.js';
import { machine } from './machine.js';
import { spread } from './statistics.js';

const { values } = parseArgs({
  options: {
    starts: { type: 'string', default: '5' },
    engine: { type: 'string', default: 'tensorflow' },
    /** Folder of another checkout to compare with. */
    against: { type: 'string' },
  },
});
const checkouts = {
  this: fileURLToPath(new URL('..', import.meta.url)),
  ...(values.against && { other: values.against }),
};
/** A run of two steps. */
const flags = [
  ...['--once', '--run-id', 'run', '--port', '0', '--ingest-port', '0', '--engine', values.engine],
  ...['--epochs', '1', '--train-size', '1024', '--test-size', '100'],
];

/** Starts a checkout, requests the page as soon as its address is printed, and waits for the end of the run. */
async function start(folder) {
  const runs = mkdtempSync(join(tmpdir(), 'mnist-bench-'));
  try {
    let page;
    const command = ['npm', 'start', '--prefix', folder, '--', ...flags, '--runs', runs];
    const { startedAt, cpuSeconds, errors, code } = await runCommand(command, {
      onLine(line) {
        const [url] = /http:\S+/.exec(line) ?? [];
        if (url) page ??= fetch(url).then((response) => response.text().then(() => Date.now()));
      },
    });
    if (code !== 0) throw new Error(errors);
    const events = readFileSync(join(runs, 'run', 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const first = events.find(({ type }) => type === 'batch');
    return {
      page: ((await page) - startedAt) / 1_000,
      firstBatch: (Date.parse(first.time) - startedAt) / 1_000,
      cpuSeconds,
      load: loadavg()[0],
    };
  } finally {
    rmSync(runs, { recursive: true });
  }
}

const starts = Object.fromEntries(Object.keys(checkouts).map((name) => [name, []]));
for (let round = 0; round <= Number(values.starts); round++)
  for (const [name, folder] of Object.entries(checkouts)) {
    const figures = await start(folder);
    if (round > 0) starts[name].push(figures);
  }

const results = Object.entries(starts).map(([name, each]) => {
  const summary = (figure) => spread(each.map((figures) => figures[figure]));
  return {
    name,
    folder: checkouts[name],
    page: summary('page'),
    firstBatch: summary('firstBatch'),
    cpuSeconds: summary('cpuSeconds'),
    starts: each,
  };
});
console.log(JSON.stringify({ bench: 'start', ...machine(), engine: values.engine, results }, null, 2));
