// Compiles the packages with tsc and builds the page with Vite, each only if its sources have changed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`);
const projects = [...packages, 'simulation'];
const compilerInputs = [
  ...projects.flatMap((project) => [`${project}/src`, `${project}/test`, `${project}/tsconfig.json`]),
  'tsconfig.json',
  'tsconfig.base.json',
  'package-lock.json',
];
/** Its time is the beginning of the last compilation that succeeded. */
const compiled = 'packages/shared/dist/compiled';
const builtPage = 'packages/dashboard/dist/page/index.html';
const pageInputs = [
  'packages/dashboard/index.html',
  'packages/dashboard/vite.config.js',
  'packages/dashboard/compress-files.js',
  'packages/dashboard/notices.js',
  'packages/dashboard/saved-page.js',
  'packages/dashboard/src',
  'packages/shared/src',
  'package-lock.json',
];

/** Runs a program from node_modules. When the program fails, this process exits with the same code. */
function run(program, args, options = {}) {
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules', program), ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    ...options,
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** Returns the time of the last change to a file or to anything in a folder; 0 when it does not exist. */
function changedAt(path) {
  const stat = statSync(join(root, path), { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(join(root, path)).map((name) => changedAt(join(path, name))));
}

/** Returns the time of the last change to any of these files and folders. */
const lastChange = (paths) => Math.max(...paths.map(changedAt));

/** Removes compiled files whose source was deleted: jest would still run a deleted test. */
function removeStaleOutput(project) {
  for (const part of ['src', 'test']) {
    const output = join(root, project, 'dist', part);
    if (!existsSync(output)) continue;
    const sources = new Set(readdirSync(join(root, project, part), { recursive: true }));
    for (const file of readdirSync(output, { recursive: true })) {
      const [, module] = /^(.*?)\.(?:js|d\.ts)(?:\.map)?$/.exec(file) ?? [];
      if (module && !sources.has(`${module}.ts`)) rmSync(join(output, file));
    }
  }
}

/** Compiles everything that has changed; even when nothing has, tsc needs 0.1 s to find that out. */
function compile() {
  const isComplete = projects.every((project) => existsSync(join(root, project, 'dist')));
  if (isComplete && lastChange(compilerInputs) < changedAt(compiled)) return;
  for (const project of packages) removeStaleOutput(project);
  const compiling = join(root, `${compiled}.new`);
  mkdirSync(dirname(compiling), { recursive: true });
  writeFileSync(compiling, '');
  run('typescript/bin/tsc', ['-b']);
  renameSync(compiling, join(root, compiled));
}

if (!existsSync(join(root, 'node_modules/typescript'))) {
  console.error(
    'The compiler is not installed (NODE_ENV=production omits it): run npm ci --include=dev, then start again.',
  );
  process.exit(2);
}
if (changedAt(builtPage) === 0) console.log('Building the programs and the page, for the first time …');
compile();
if (lastChange(pageInputs) > changedAt(builtPage))
  run('vite/bin/vite.js', ['build', '--logLevel', 'warn', 'packages/dashboard']);
