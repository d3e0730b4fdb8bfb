import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MonitorError } from '@mnist-monitor/shared';
import {
  addonFile,
  isInstalled,
  libraryFolder,
  loaderFile,
  tfjsNodeFolder,
  type Wheel,
  wheelForThisMachine,
} from './tensorflow-library.ts';

export type Say = (line: string) => void;

/**
 * Installs TensorFlow's C library and tfjs-node's addon for it into the cache folder, once. All work happens in a
 * folder beside it that takes the final name at the end: a broken download or a second installer at the same time
 * leaves nothing half done.
 * @returns The folder.
 * @throws MonitorError `engine.unavailable` that says what is missing.
 */
export async function installTensorflow(say: Say): Promise<string> {
  const wheel = wheelForThisMachine();
  if (!wheel) throw unavailable(`TensorFlow publishes no library for ${process.platform} on ${process.arch}`);
  const folder = libraryFolder(wheel);
  if (isInstalled(folder)) return folder;

  const python = await firstThatRuns(['python3', 'python'], ['-m', 'pip', '--version']);
  if (!python) throw unavailable('it takes python3 with pip to fetch the TensorFlow library');
  const compiler = await firstThatRuns(['c++', 'g++', 'clang++'], ['--version']);
  if (!compiler) throw unavailable('it takes a C++ compiler (g++ or clang++) to build the addon');

  await mkdir(dirname(folder), { recursive: true });
  const work = await mkdtemp(`${folder}.partial-`);
  try {
    say(`Fetching ${wheel.package} ${wheel.version} (about 280 MB, once) …`);
    await download(python, wheel, work);
    say('Unpacking the library …');
    await unpack(python, wheel, work);
    say('Building the addon …');
    await compile(compiler, wheel, work);
    await moveInto(folder, work);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  say(`TensorFlow ${wheel.version} is ready.`);
  return folder;
}

async function download(python: string, wheel: Wheel, work: string): Promise<void> {
  const requirements = join(work, 'requirements.txt');
  await writeFile(requirements, `${wheel.package}==${wheel.version} --hash=sha256:${wheel.sha256}\n`);
  const target = [
    '--platform',
    wheel.platform,
    '--python-version',
    '3.11',
    '--only-binary=:all:',
    '--no-deps',
  ];
  const pip = [
    '-m',
    'pip',
    '--disable-pip-version-check',
    'download',
    '--require-hashes',
    '-r',
    requirements,
  ];
  await run(python, [...pip, ...target, '--dest', work], 'pip could not fetch the TensorFlow library');
}

/** Takes the libraries and the C headers out of the wheel, which is a zip file; Python has a reader of its own. */
const unpackScript = `
import sys, zipfile
wheel, target, *libraries = sys.argv[1:]
headers = tuple(f'tensorflow/include/{part}/' for part in ('tensorflow', 'tsl', 'xla'))
with zipfile.ZipFile(wheel) as archive:
    for member in archive.infolist():
        header = member.filename.startswith(headers) and member.filename.endswith('.h')
        library = member.filename.removeprefix('tensorflow/') in libraries
        if library:
            member.filename = member.filename.removeprefix('tensorflow/')
        if header or library:
            archive.extract(member, target)
`;

async function unpack(python: string, wheel: Wheel, work: string): Promise<void> {
  const file = (await readdir(work)).find((name) => name.endsWith('.whl'));
  if (!file) throw unavailable('pip fetched no wheel');
  const path = join(work, file);
  await run(python, ['-c', unpackScript, path, work, ...wheel.libraries], 'the wheel could not be unpacked');
  await rm(path);
}

/** C++ of our own. */
const native = fileURLToPath(new URL('../../../native', import.meta.url));

async function compile(compiler: string, wheel: Wheel, work: string): Promise<void> {
  const source = tfjsNodeFolder();
  const nodeApi = dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json'));
  const darwin = process.platform === 'darwin';
  const common = [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', '-w', '-DNAPI_VERSION=8'],
    ...(darwin ? ['-undefined', 'dynamic_lookup'] : []),
    `-I${join(nodeApi, 'include')}`,
  ];
  const addon = [
    ...[join(work, 'tensorflow', 'include'), source].map((folder) => `-I${folder}`),
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(source, 'binding', file)),
    ...wheel.libraries.map((library) => join(work, library)),
    `-Wl,-rpath,${darwin ? '@loader_path' : '$ORIGIN'}`,
  ];
  const failure = 'the addon could not be compiled';
  await run(compiler, [...common, ...addon, '-o', join(work, addonFile)], failure);

  const loader = [`-DFRAMEWORK_LIBRARY="${wheel.libraries[1]}"`, join(native, 'quiet-load.cc'), '-ldl'];
  await run(compiler, [...common, ...loader, '-o', join(work, loaderFile)], failure);

  await rm(join(work, 'tensorflow'), { recursive: true });
  await rm(join(work, 'requirements.txt'));
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
