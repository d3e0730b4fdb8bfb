// Packs everything that `bench/gpu/run.sh` needs on a machine without a network into `bench/gpu/bundle.tar.gz`, at most 64 MiB: the compiled
// trainer, tfjs with WebGPU, Dawn's binary for Linux on x64, MNIST, Node.js, and the loader of Vulkan if this machine has one.
// `npm run build && node bench/gpu/pack.js`, on Linux on x64.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { mnistFolder } from '../peers.js';

const maxBytes = 64 * 2 ** 20;
const root = fileURLToPath(new URL('../..', import.meta.url));
const bundle = fileURLToPath(new URL('bundle.tar.gz', import.meta.url));
const vulkanLoader = '/usr/lib/x86_64-linux-gnu/libvulkan.so.1';
/** Packages that are needed only to compile, or that `check.js` does not use. */
const unused = /^(@types\/|@webgpu\/types$|node-fetch$)/;

/** Copies a package with its dependencies, without sources, types and the binaries of other platforms. */
function copyPackage(name, from, target, copied = new Set()) {
  if (unused.test(name) || copied.has(name)) return;
  copied.add(name);
  const path = createRequire(from)
    .resolve.paths(name)
    .map((folder) => join(folder, name))
    .find(existsSync);
  const isNeeded = (file) => {
    const inside = file.slice(path.length);
    if (statSync(file).isDirectory())
      return !/\/(src|node_modules|docs)$/.test(inside) && !/\/dist\/(darwin|win32|linux-arm)/.test(inside);
    if (name.startsWith('@tensorflow/')) return /^\/(package\.json|dist\/[^/]+\.node\.js)$/.test(inside);
    return !/\.(map|ts|cts|mts|md)$/.test(inside) || /licen[cs]e/i.test(inside);
  };
  cpSync(path, join(target, name), { recursive: true, dereference: true, filter: isNeeded });
  const { dependencies = {} } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  for (const dependency of Object.keys(dependencies))
    copyPackage(dependency, join(path, 'package.json'), target, copied);
}

const folder = mkdtempSync(join(tmpdir(), 'mnist-gpu-'));
try {
  for (const name of ['trainer', 'shared']) {
    const from = join(root, 'packages', name);
    const to = join(folder, 'packages', name);
    cpSync(join(from, 'dist', 'src'), join(to, 'dist', 'src'), {
      recursive: true,
      filter: (file) => !/\.(map|d\.c?ts)$/.test(file),
    });
    cpSync(join(from, 'package.json'), join(to, 'package.json'));
  }
  const modules = join(folder, 'node_modules');
  const trainer = join(root, 'packages', 'trainer', 'package.json');
  for (const name of ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-webgpu', 'webgpu', 'zod'])
    copyPackage(name, trainer, modules);
  mkdirSync(join(modules, '@mnist-monitor'));
  symlinkSync('../../packages/shared', join(modules, '@mnist-monitor', 'shared'));
  mkdirSync(join(folder, 'data'));
  for (const name of readdirSync(mnistFolder))
    writeFileSync(join(folder, 'data', `${name}.gz`), gzipSync(readFileSync(join(mnistFolder, name))));
  mkdirSync(join(folder, 'bench', 'gpu'), { recursive: true });
  for (const name of ['check.js', 'train_pytorch.py'])
    cpSync(fileURLToPath(new URL(name, import.meta.url)), join(folder, 'bench', 'gpu', name));
  cpSync(process.execPath, join(folder, 'node'), { dereference: true });
  if (existsSync(vulkanLoader)) {
    mkdirSync(join(folder, 'lib'));
    cpSync(vulkanLoader, join(folder, 'lib', basename(vulkanLoader)), { dereference: true });
  }
  execFileSync('tar', ['-czf', bundle, '-C', folder, '.']);
} finally {
  rmSync(folder, { recursive: true });
}
const { size } = statSync(bundle);
console.log(
  `${join('bench', 'gpu', basename(bundle))}: ${(size / 2 ** 20).toFixed(1)} MiB, with Node.js ${process.version}`,
);
if (size > maxBytes) throw new Error(`expected a bundle of at most ${maxBytes} bytes, got ${size}`);
