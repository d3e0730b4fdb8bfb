// A copy of the compiled project in a temporary folder, whose files can be changed while tests run there.
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = readdirSync(join(root, 'packages'));

/** Links the entries of a folder of the project into the copy, without those of some names. */
function link(copy, folder, except) {
  mkdirSync(join(copy, folder), { recursive: true });
  for (const name of readdirSync(join(root, folder)))
    if (!except.includes(name)) symlinkSync(join(root, folder, name), join(copy, folder, name));
}

/** Creates a copy and returns its path. Everything but the compiled packages is linked. */
export function createCopy() {
  const copy = mkdtempSync(join(tmpdir(), 'mutation-'));
  chmodSync(copy, 0o755); // Tests start programs as another user.
  link(copy, '.', ['packages', 'node_modules', '.git', 'jest.config.js', 'package.json']);
  link(copy, 'node_modules', ['@mnist-monitor']);
  mkdirSync(join(copy, 'node_modules/@mnist-monitor'));
  for (const name of ['jest.config.js', 'package.json']) cpSync(join(root, name), join(copy, name));
  for (const name of packages) {
    const folder = `packages/${name}`;
    link(copy, folder, ['dist', 'package.json']);
    cpSync(join(root, folder, 'package.json'), join(copy, folder, 'package.json'));
    cpSync(join(root, folder, 'dist'), join(copy, folder, 'dist'), { recursive: true, filter: isNeeded });
    symlinkSync(join(copy, folder), join(copy, 'node_modules/@mnist-monitor', name));
  }
  return copy;
}

const isNeeded = (path) => !/\.(d\.ts|js\.map|d\.ts\.map|tsbuildinfo)$/.test(path);

export const removeCopy = (copy) => rmSync(copy, { recursive: true, force: true });

/** Returns the compiled files of a folder such as `packages/gateway/dist/src/live`, or the one file of that name, sorted. */
export function compiledFiles(path) {
  if (path.endsWith('.js')) return [path];
  return readdirSync(join(root, path), { recursive: true })
    .filter((name) => name.endsWith('.js'))
    .map((name) => join(path, name))
    .sort();
}

/** Returns the exports of the shared package: the compiled file of each import specifier. */
function sharedExports() {
  const { exports } = JSON.parse(readFileSync(join(root, 'packages/shared/package.json'), 'utf8'));
  return Object.entries(exports).map(([name, { default: file }]) => [
    join('@mnist-monitor/shared', name),
    join('packages/shared', file),
  ]);
}

const ofShared = new Map(sharedExports());

/** Returns the compiled files that a compiled file names: its imports, and the files of its worker threads and programs. */
function importsOf(file) {
  const code = readFileSync(join(root, file), 'utf8');
  return [...code.matchAll(/['"](\.{1,2}\/[^'"]+\.js|@mnist-monitor\/shared[^'"]*)['"]/g)]
    .map(([, name]) => ofShared.get(name) ?? relative(root, resolve(root, dirname(file), name)))
    .filter((path) => path.startsWith('packages/'));
}

/** Returns the number of imports between each test file and the files that it reaches: `Map<test, Map<file, distance>>`. */
export function importDistances() {
  const imports = new Map();
  const tests = packages.flatMap((name) => compiledFiles(`packages/${name}/dist/test`));
  return new Map(
    tests
      .filter((file) => /(?<!\.(soak|browsers|browser|container|package|webgpu))\.test\.js$/.test(file))
      .map((test) => {
        const distances = new Map([[test, 0]]);
        for (const [file, distance] of distances) {
          if (!imports.has(file)) imports.set(file, readImports(file));
          for (const next of imports.get(file)) if (!distances.has(next)) distances.set(next, distance + 1);
        }
        return [test, distances];
      }),
  );
}

function readImports(file) {
  try {
    return importsOf(file);
  } catch {
    return []; // A path in a text that is no file, as in the tests of imports.
  }
}
