// Mutation testing: makes small changes to compiled files, one at a time, and reports which of them no test detects.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from '@mnist-monitor/shared/random';
import { findMutants } from './mutation/mutants.js';
import { compiledFiles, importDistances, root } from './mutation/project-copy.js';
import { Worker } from './mutation/worker.js';

const folders = [
  'shared/client',
  'shared/console',
  'shared/documents',
  'shared/options',
  'shared/protocol',
  'shared/schemas',
  'gateway/cluster',
  'gateway/commands',
  'gateway/ingest',
  'gateway/live',
  'gateway/presence',
  'gateway/redis',
  'gateway/runs',
  'gateway/series',
  'gateway/store',
  'gateway/trust',
  'trainer/learner',
  'trainer/runner',
  'trainer/training',
  'dashboard/state',
];

const help = `Changes one expression of a compiled file at a time (a mutant), runs the tests that reach it, and lists the
mutants that no test detects.

  npm run mutate -- --all                              every mutant of every folder
  npm run mutate -- --sample 60 --seed 1               60 mutants of each folder, drawn from a seed
  npm run mutate -- --sample 60 --folder gateway/live  of one folder, or file; can be repeated
  npm run mutate -- --since main                       the mutants of lines that have changed since a commit
  npm run mutate -- --at packages/gateway/src/live/history.ts:35   all mutants of a line
  npm run mutate -- --again results.json               the mutants that survived in an earlier result

  --out FILE    write the result as JSON      --tests N   test files for a mutant, nearest first (6)
  --jobs N      processes at a time (2)       --failures  print the failure that detected each mutant

Run it after a build. Folders: ${folders.join(', ')}.`;

const { values: flags } = parseArgs({
  options: {
    all: { type: 'boolean' },
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    folder: { type: 'string', multiple: true },
    since: { type: 'string' },
    at: { type: 'string', multiple: true },
    again: { type: 'string' },
    out: { type: 'string' },
    tests: { type: 'string', default: '6' },
    jobs: { type: 'string', default: '2' },
    failures: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
const selections = [flags.all, flags.sample, flags.since, flags.at, flags.again].filter(Boolean);
if (flags.help || selections.length !== 1) {
  console.log(help);
  process.exit(flags.help ? 0 : 2);
}

const oneLine = (text) => {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 70 ? `${line.slice(0, 69)}…` : line;
};

/** Returns the mutants of a compiled file, each with its line in the TypeScript source and a text that describes it. */
function mutantsOf(file, folder) {
  const code = readFileSync(join(root, file), 'utf8');
  const map = new SourceMap(JSON.parse(readFileSync(join(root, `${file}.map`), 'utf8')));
  const source = file.replace('/dist/', '/').replace(/\.js$/, '.ts');
  return findMutants(code).map((mutant) => {
    const before = code.slice(0, mutant.start).split('\n');
    const { originalLine = 0 } = map.findEntry(before.length - 1, before.at(-1).length);
    const change = `${oneLine(code.slice(mutant.start, mutant.end))} → ${oneLine(mutant.text)}`;
    return { ...mutant, folder, file, line: `${source}:${originalLine + 1}`, change };
  });
}

/** Returns a part of a list in random order. */
function draw(list, count, seed) {
  const next = seededRandom(seed);
  const rest = [...list];
  for (let index = 0; index < Math.min(count, rest.length); index++) {
    const other = index + Math.floor(next() * (rest.length - index));
    [rest[index], rest[other]] = [rest[other], rest[index]];
  }
  return rest.slice(0, count);
}

/** Returns the lines of sources that have changed since a commit, as `FILE:LINE`. */
function changedLines(commit) {
  const { stdout } = spawnSync('git', ['diff', '--unified=0', commit, '--', 'packages/*/src'], {
    cwd: root,
    encoding: 'utf8',
  });
  const lines = new Set();
  let file = '';
  for (const line of stdout.split('\n')) {
    file = /^\+\+\+ b\/(.*)/.exec(line)?.[1] ?? file;
    const [, first, count = 1] = /^@@ .*\+(\d+)(?:,(\d+))? @@/.exec(line) ?? [];
    for (let index = 0; first && index < count; index++) lines.add(`${file}:${Number(first) + index}`);
  }
  return lines;
}

const compiledPath = (path) =>
  path.startsWith('packages/')
    ? path.replace('/src/', '/dist/src/').replace(/\.ts$/, '.js')
    : path.replace(/^(\w+)\//, 'packages/$1/dist/src/').replace(/\.ts$/, '.js');

function select() {
  const chosen = flags.at?.map((place) => place.split(':')[0]) ?? flags.folder ?? folders;
  const perFolder = [...new Set(chosen)].map((folder) =>
    compiledFiles(compiledPath(folder)).flatMap((file) => mutantsOf(file, folder)),
  );
  if (flags.sample)
    return perFolder.flatMap((mutants) => draw(mutants, Number(flags.sample), Number(flags.seed)));
  const mutants = perFolder.flat();
  if (flags.at)
    return mutants.filter(({ line }) =>
      flags.at.some((place) => line === place || line.startsWith(`${place}:`)),
    );
  if (flags.since) {
    const lines = changedLines(flags.since);
    return mutants.filter(({ line }) => lines.has(line));
  }
  if (!flags.again) return mutants;
  const { survivors } = JSON.parse(readFileSync(flags.again, 'utf8'));
  const isSurvivor = ({ line, change }) =>
    survivors.some((each) => each.line === line && each.change === change);
  return mutants.filter(isSurvivor);
}

const baseName = (path) => path.split('/').at(-1).split('.')[0];
const distances = importDistances();

/** The number of imports by which a test file counts as farther away, by what it does not share with a file. */
const otherName = 5;
const otherFolder = 10;
const otherPackage = 20;

/** Returns the test files that import a file, also indirectly, the nearest first. */
function testsOf(file) {
  const folder = file.replace('/dist/src/', '/dist/test/').replace(/[^/]+$/, '');
  const [, packageName] = file.split('/');
  const rank = (test) =>
    distances.get(test).get(file) +
    (baseName(test) === baseName(file) ? 0 : otherName) +
    (test.startsWith(folder) ? 0 : otherFolder) +
    (test.split('/')[1] === packageName ? 0 : otherPackage);
  const tests = [...distances.keys()].filter((test) => distances.get(test).has(file));
  return tests.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

const mutants = select();
const files = [...new Set(mutants.map(({ file }) => file))];
const options = { files, maxTests: Number(flags.tests), baselines: new Map(), detections: new Map() };
const workers = Array.from({ length: Number(flags.jobs) }, () => new Worker(options));
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));
process.on('exit', () => {
  for (const worker of workers) worker.close();
});

const waiting = [...mutants];
const results = [];
await Promise.all(
  workers.map(async (worker) => {
    while (waiting.length > 0) {
      const mutant = waiting.shift();
      const { status, failure, tests } = await worker.run(mutant, testsOf(mutant.file));
      results.push({ ...mutant, status, tests });
      const by = status === 'survived' ? `${tests.length} test files` : tests.at(-1).split('/dist/test/')[1];
      console.log(`${results.length}/${mutants.length} ${status} ${mutant.line} ${mutant.change} (${by})`);
      if (flags.failures && failure) console.log(failure);
    }
  }),
);

const count = (list, status) => list.filter((each) => each.status === status).length;
const summary = [...new Set(mutants.map(({ folder }) => folder))].map((folder) => {
  const own = results.filter((each) => each.folder === folder);
  const [killed, timedOut, survived] = ['killed', 'timed out', 'survived'].map((status) =>
    count(own, status),
  );
  const score = Math.round((1000 * (killed + timedOut)) / own.length) / 10;
  return { folder, mutants: own.length, killed, timedOut, survived, score };
});
console.table(summary);
const survivors = results
  .filter(({ status }) => status === 'survived')
  .map(({ folder, line, change, tests }) => ({ folder, line, change, tests }));
if (flags.out) writeFileSync(flags.out, `${JSON.stringify({ flags, summary, survivors }, undefined, 2)}\n`);
process.exit();
