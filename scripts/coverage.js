// Runs the tests and prints how much of each package they run: V8's counters in Node.js, in every process that a test starts, and
// Chromium's for the page. Not counted are processes that a test kills, worker threads of the page, and Firefox and WebKit.
// `npm run coverage [-- FLAGS AND FILES FOR JEST]` prints JSON, and writes a report to browse into `coverage/`.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CoverageReport } from 'monocart-coverage-reports';

const root = fileURLToPath(new URL('..', import.meta.url));
const counters = mkdtempSync(join(tmpdir(), 'mnist-coverage-'));
const folders = { node: join(counters, 'node'), page: join(counters, 'page') };
const assets = join(root, 'packages/dashboard/dist/page/assets');

/** Runs a program from node_modules. @returns Its exit code. */
function run(program, args, environment = {}) {
  const { status } = spawnSync(process.execPath, [...program, ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...environment },
  });
  return status ?? 1;
}

const buildPage = (...flags) =>
  run(['node_modules/vite/bin/vite.js'], ['build', '--logLevel', 'warn', ...flags, 'packages/dashboard']);

/** Keeps the counters of this project's own code: those of a jest process also contain its libraries and the tests. */
function keepOwnScripts(file) {
  const { result } = JSON.parse(readFileSync(file, 'utf8'));
  const own = result.filter(({ url }) => /^file:.*\/packages\/\w+\/dist\/src\//.test(url));
  writeFileSync(file, JSON.stringify({ result: own }));
}

/** Returns the scripts of a page with their source maps, whatever the port that they were loaded from. */
function scriptsOfPage(file) {
  return JSON.parse(readFileSync(file, 'utf8')).flatMap((script) => {
    const path = join(assets, basename(new URL(script.url).pathname));
    if (!existsSync(`${path}.map`)) return [];
    const sourceMap = JSON.parse(readFileSync(`${path}.map`, 'utf8'));
    sourceMap.sources = sourceMap.sources.map((source) => source.replace(/^(\.\.\/)+src\//, 'src/'));
    return { ...script, url: pathToFileURL(path).href, sourceMap };
  });
}

/** Returns the folder of the package that a compiled file belongs to. */
const packageOf = (file) => /packages\/\w+/.exec(file)?.[0];

/** Returns the covered share of the lines, functions and branches of some files, in percent. */
function shares(files) {
  return Object.fromEntries(
    ['lines', 'functions', 'branches'].map((kind) => {
      const sum = (field) => files.reduce((total, { summary }) => total + (summary[kind][field] ?? 0), 0);
      return [kind, Math.round((sum('covered') / sum('total')) * 1_000) / 10];
    }),
  );
}

for (const folder of Object.values(folders)) mkdirSync(folder);
let failed = 0;
try {
  failed = buildPage('--sourcemap', 'hidden');
  failed ||= run(
    ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'],
    [
      '--setupFilesAfterEnv',
      './scripts/second-try.js',
      './scripts/take-coverage.js',
      ...process.argv.slice(2),
    ],
    { NODE_V8_COVERAGE: folders.node, PAGE_COVERAGE: folders.page },
  );
  for (const name of readdirSync(folders.node)) keepOwnScripts(join(folders.node, name));
  const report = new CoverageReport({
    name: 'MNIST Training Monitor',
    outputDir: join(root, 'coverage'),
    reports: ['v8'],
    logging: 'error',
    sourceFilter: (path) => /^packages\/\w+\/src\/.*\.ts$/.test(path),
    // Source maps name files as `src/…` of their package.
    sourcePath: (path, { distFile = '' }) => path.replace(/^src\//, `${packageOf(distFile)}/src/`),
  });
  await report.addFromDir(folders.node);
  for (const name of readdirSync(folders.page)) await report.add(scriptsOfPage(join(folders.page, name)));
  const { files } = await report.generate();
  const names = new Set(files.map(({ sourcePath }) => sourcePath.split('/')[1]));
  const rows = [...names].map((name) => {
    const own = files.filter(({ sourcePath }) => sourcePath.startsWith(`packages/${name}/`));
    return { package: name, files: own.length, ...shares(own) };
  });
  console.log(JSON.stringify({ coverage: rows, all: shares(files) }, null, 2));
} finally {
  rmSync(counters, { recursive: true });
  failed = buildPage() || failed;
}
process.exitCode = failed;
