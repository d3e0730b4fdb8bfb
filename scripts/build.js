// Compiles the packages with tsc and builds the page with Vite, each only if its sources have changed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
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

/** Removes compiled files whose source was deleted: jest would still run a deleted test. */
function removeStaleOutput(packageFolder) {
  const dist = join(root, packageFolder, 'dist');
  for (const part of ['src', 'test']) {
    if (!existsSync(join(dist, part))) continue;
    for (const file of readdirSync(join(dist, part), { recursive: true })) {
      const [, module] = /^(.*?)\.(?:js|d\.ts)(?:\.map)?$/.exec(file) ?? [];
      if (module && !existsSync(join(root, packageFolder, part, `${module}.ts`)))
        rmSync(join(dist, part, file));
    }
  }
}

if (!existsSync(join(root, 'node_modules/typescript'))) {
  console.error(
    'The compiler is not installed (NODE_ENV=production omits it): run npm ci --include=dev, then start again.',
  );
  process.exit(2);
}
if (changedAt(builtPage) === 0) console.log('Building the programs and the page, for the first time …');
for (const name of readdirSync(join(root, 'packages'))) removeStaleOutput(join('packages', name));
run('typescript/bin/tsc', ['-b']);
if (Math.max(...pageInputs.map(changedAt)) > changedAt(builtPage))
  run('vite/bin/vite.js', ['build', '--logLevel', 'warn', 'packages/dashboard']);
