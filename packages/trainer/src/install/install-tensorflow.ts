import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MonitorError } from '@mnist-monitor/shared/errors';
import {
  addonFile,
  binaries,
  isInstalled,
  libraryFolder,
  loaderFile,
  tfjsNodeFolder,
} from './tensorflow-library.ts';
import { type Library, librariesForThisMachine, tensorflowVersion } from './tensorflow-wheels.ts';

export type Say = (line: string) => void;

/**
 * Installs TensorFlow's C library and tfjs-node's addon for it into the cache folder, once. All work happens in a
 * folder beside it that takes the final name at the end: a broken download or a second installer at the same time
 * leaves nothing half done.
 * @returns The folder.
 * @throws MonitorError `engine.unavailable` that says what is missing.
 */
export async function installTensorflow(variant: Library['variant'], say: Say): Promise<string> {
  const library = librariesForThisMachine().find((each) => each.variant === variant);
  if (!library)
    throw unavailable(
      `TensorFlow publishes no ${variant} library for ${process.platform} on ${process.arch}`,
    );
  const folder = libraryFolder(library);
  if (isInstalled(folder)) return folder;

  const python = await firstThatRuns(['python3', 'python'], ['-m', 'pip', '--version']);
  if (!python) throw unavailable('it takes python3 with pip to fetch the TensorFlow library');
  const compiler = await firstThatRuns(['c++', 'g++', 'clang++'], ['--version']);
  if (!compiler) throw unavailable('it takes a C++ compiler (g++ or clang++) to build the addon');

  await mkdir(dirname(folder), { recursive: true });
  const work = await mkdtemp(`${folder}.partial-`);
  try {
    say(`Fetching TensorFlow ${tensorflowVersion} (${library.size}, once) …`);
    await download(python, library, work);
    say('Unpacking the library …');
    await unpack(python, library, work);
    say('Building the addon …');
    await compile(compiler, library, work);
    await moveInto(folder, work);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  say(`TensorFlow ${tensorflowVersion} is ready.`);
  return folder;
}

async function download(python: string, { wheels, platforms }: Library, work: string): Promise<void> {
  const requirements = join(work, 'requirements.txt');
  const lines = wheels.map(({ name, version, sha256 }) => `${name}==${version} --hash=sha256:${sha256}\n`);
  await writeFile(requirements, lines.join(''));
  const target = ['--python-version', '3.11', '--only-binary=:all:', '--no-deps', '--dest', work];
  for (const platform of platforms) target.push('--platform', platform);
  const pip = ['-m', 'pip', '--disable-pip-version-check', '--retries=1', 'download', '--require-hashes'];
  await run(python, [...pip, '-r', requirements, ...target], 'pip could not fetch the TensorFlow library');
  await rm(requirements);
}

/** Takes the libraries and the C headers out of the wheels, which are zip files; Python has a reader of its own. */
const unpackScript = `
import glob, os, sys, zipfile
target, *libraries = sys.argv[1:]
headers = tuple(f'tensorflow/include/{part}/' for part in ('tensorflow', 'tsl', 'xla'))
def wanted(name):
    if name.startswith('nvidia/'):
        return '/include/' not in name and not name.endswith('.a')
    return name.removeprefix('tensorflow/') in libraries or name.startswith(headers) and name.endswith('.h')
for wheel in glob.glob(os.path.join(target, '*.whl')):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target, [name for name in archive.namelist() if wanted(name)])
    os.remove(wheel)
`;

async function unpack(python: string, { files }: Library, work: string): Promise<void> {
  await run(python, ['-c', unpackScript, work, ...files], 'the wheels could not be unpacked');
}

/** C++ of our own. */
const native = fileURLToPath(new URL('../../../native', import.meta.url));

async function compile(compiler: string, { files }: Library, work: string): Promise<void> {
  const source = tfjsNodeFolder();
  const target = binaries(work);
  const include = join(target, 'include');
  const nodeApi = dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json'));
  const darwin = process.platform === 'darwin';
  const common = [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', '-w', '-DNAPI_VERSION=8'],
    ...(darwin ? ['-undefined', 'dynamic_lookup'] : []),
    `-I${join(nodeApi, 'include')}`,
  ];
  const addon = [
    ...[include, source].map((folder) => `-I${folder}`),
    ...['-include', join(native, 'attribute-lists.h')],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(source, 'binding', file)),
    ...files.map((file) => join(target, file)),
    `-Wl,-rpath,${darwin ? '@loader_path' : '$ORIGIN'}`,
  ];
  const failure = 'the addon could not be compiled';
  await run(compiler, [...common, ...addon, '-o', join(target, addonFile)], failure);

  const loader = [`-DFRAMEWORK_LIBRARY="${files[1]}"`, join(native, 'quiet-load.cc'), '-ldl'];
  await run(compiler, [...common, ...loader, '-o', join(target, loaderFile)], failure);

  await rm(include, { recursive: true });
  await chmod(work, 0o755); // mkdtemp's folders are private; other users of this machine may share the library.
}

async function moveInto(folder: string, work: string): Promise<void> {
  try {
    await rename(work, folder);
  } catch (cause) {
    if (isInstalled(folder)) return; // Another installer was first; its result is the same.
    throw cause;
  }
}

async function firstThatRuns(programs: string[], args: string[]): Promise<string | undefined> {
  for (const program of programs) {
    const works = await run(program, args, '', 'ignore').then(
      () => true,
      () => false,
    );
    if (works) return program;
  }
  return undefined;
}

function run(
  program: string,
  args: string[],
  failure: string,
  stdout: 'inherit' | 'ignore' = 'inherit',
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', stdout, stdout] });
    child.on('error', (cause) => reject(unavailable(`${failure}: ${cause.message}`, cause)));
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(unavailable(`${failure} (exit code ${code})`)),
    );
  });
}

const unavailable = (message: string, cause?: unknown): MonitorError =>
  new MonitorError('engine.unavailable', message, { cause });
