import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MonitorError } from '@mnist-monitor/shared/errors';
import { createFolder } from '@mnist-monitor/shared/files';
import { checkLoads } from './load-check.ts';
import {
  addonFile,
  binaryFolder,
  isInstalled,
  libraryFolder,
  loaderFile,
  tfjsNodeFolder,
} from './tensorflow-library.ts';
import { librariesForThisMachine, type TensorflowLibrary, tensorflowVersion } from './tensorflow-wheels.ts';

/** Options of `installTensorflow`. */
export interface InstallOptions {
  /** Receives a line of progress for the console. */
  log: (line: string) => void;
  /** Stops the installation and its child process, and removes the files written so far. */
  signal?: AbortSignal | undefined;
}

/**
 * Installs TensorFlow's C library and the addon of tfjs-node for it in the cache folder, unless they are installed. All files
 * are written to a temporary folder that is renamed at the end, so that a failed download or a second installer leaves no
 * incomplete installation.
 * @returns The installation folder.
 * @throws MonitorError `engine.unavailable` with the reason.
 */
export async function installTensorflow(
  variant: TensorflowLibrary['variant'],
  { log, signal }: InstallOptions,
): Promise<string> {
  const library = librariesForThisMachine().find((each) => each.variant === variant);
  if (!library)
    throw unavailable(`TensorFlow has no ${variant} library for ${process.platform} on ${process.arch}`);
  const folder = libraryFolder(library);
  if (isInstalled(folder)) return folder;

  requireAvx();
  const found = await findProgram(['python3', 'python'], ['-m', 'pip', '--version']);
  if (!found) throw unavailable('python3 with pip is required to download the TensorFlow library');
  const compiler = await findProgram(['c++', 'g++', 'clang++'], ['--version']);
  if (!compiler) throw unavailable('a C++ compiler (g++ or clang++) is required to build the addon');

  const python = await interpreterOf(found);
  const workFolder = await createWorkFolder(folder);
  const installation = { library, workFolder, python, compiler, signal };
  try {
    log(`Downloading TensorFlow ${tensorflowVersion} (${library.size}, once) …`);
    await download(installation);
    log('Unpacking the library …');
    await unpack(installation);
    log('Building the addon …');
    await compile(installation);
    await moveInto(folder, workFolder);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).syscall ? unwritable(workFolder, error) : error;
  } finally {
    // An error here must not replace that of the installation.
    await rm(workFolder, { recursive: true, force: true }).catch(() => {});
  }
  await checkLoads(folder);
  log(`TensorFlow ${tensorflowVersion} is ready.`);
  return folder;
}

async function createWorkFolder(folder: string): Promise<string> {
  try {
    createFolder(dirname(folder));
    return await mkdtemp(`${folder}.partial-`);
  } catch (cause) {
    throw unwritable(dirname(folder), cause);
  }
}

/**
 * Throws if the processor cannot run TensorFlow, so that nothing is downloaded in vain. An emulator may report features that
 * it does not have; `checkLoads` detects this after the installation.
 */
function requireAvx(): void {
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1];
  if (flags !== undefined && !flags.split(' ').includes('avx'))
    throw unavailable('TensorFlow needs a processor with AVX, and this one has none');
}

/** The data that the steps of an installation share. */
interface Installation {
  library: TensorflowLibrary;
  workFolder: string;
  python: string;
  compiler: string;
  signal: AbortSignal | undefined;
}

async function download({ library, workFolder, python, signal }: Installation): Promise<void> {
  const { wheels, platforms } = library;
  const requirements = join(workFolder, 'requirements.txt');
  const lines = wheels.map(({ name, version, sha256 }) => `${name}==${version} --hash=sha256:${sha256}\n`);
  await writeFile(requirements, lines.join(''));
  const target = ['--python-version', '3.11', '--only-binary=:all:', '--no-deps', '--dest', workFolder];
  for (const platform of platforms) target.push('--platform', platform);
  const pip = ['-m', 'pip', '--disable-pip-version-check', '--retries=1', 'download', '--require-hashes'];
  await run(python, [...pip, '-r', requirements, ...target], {
    failure: 'pip could not download the TensorFlow library',
    signal,
  });
  await rm(requirements);
}

/**
 * Python script that extracts the libraries, the C headers and the licences from the wheels: zip files, for which Node.js
 * has no reader. The licences are for the image of the trainer, which contains copies of the libraries.
 */
const unpackScript = `
import glob, os, sys, zipfile
target, *libraries = sys.argv[1:]
headers = tuple(f'tensorflow/include/{part}/' for part in ('tensorflow', 'tsl', 'xla'))
def is_notice(name):
    folder, _, file = name.rpartition('/')
    if not folder.removesuffix('/licenses').endswith('.dist-info'):
        return name == 'tensorflow/THIRD_PARTY_NOTICES.txt'
    return file == 'METADATA' or file.lower().startswith(('license', 'licence', 'notice', 'copying'))
def wanted(name):
    if is_notice(name):
        return True
    if name.startswith('nvidia/'):
        return '/include/' not in name and not name.endswith('.a')
    return name.removeprefix('tensorflow/') in libraries or name.startswith(headers) and name.endswith('.h')
for wheel in glob.glob(os.path.join(target, '*.whl')):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target, [name for name in archive.namelist() if wanted(name)])
    os.remove(wheel)
`;

async function unpack({ library, workFolder, python, signal }: Installation): Promise<void> {
  await run(python, ['-c', unpackScript, workFolder, ...library.files], {
    failure: 'the wheels could not be unpacked',
    signal,
  });
}

/** The folder of this package's C++ sources. */
const nativeFolder = fileURLToPath(new URL('../../../native', import.meta.url));

async function compile({ library, workFolder, compiler, signal }: Installation): Promise<void> {
  const { files } = library;
  const source = tfjsNodeFolder();
  const target = binaryFolder(workFolder);
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
    ...['-include', join(nativeFolder, 'attribute-lists.h')],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(source, 'binding', file)),
    ...files.map((file) => join(target, file)),
    `-Wl,-rpath,${darwin ? '@loader_path' : '$ORIGIN'}`,
  ];
  const options = { failure: 'the addon could not be compiled', signal };
  await run(compiler, [...common, ...addon, '-o', join(target, addonFile)], options);

  const loader = [`-DFRAMEWORK_LIBRARY="${files[1]}"`, join(nativeFolder, 'quiet-load.cc'), '-ldl'];
  await run(compiler, [...common, ...loader, '-o', join(target, loaderFile)], options);

  await rm(include, { recursive: true });
  await chmod(workFolder, 0o755); // mkdtemp creates private folders; other users of the machine may share the library.
}

async function moveInto(folder: string, workFolder: string): Promise<void> {
  try {
    await rename(workFolder, folder);
  } catch (cause) {
    if (isInstalled(folder)) return; // Another installer was faster; its result is the same.
    throw cause;
  }
}

/** Returns the first program that succeeds with these arguments; undefined when there is none. */
async function findProgram(programs: string[], args: string[]): Promise<string | undefined> {
  for (const program of programs) {
    const works = await run(program, args, { failure: '', output: 'ignore' }).then(
      () => true,
      () => false,
    );
    if (works) return program;
  }
  return undefined;
}

/**
 * Returns the path of the Python interpreter that a program starts, or the program if it prints no path: an interpreter that does
 * not know its own path prints `None`. Version managers such as pyenv start the interpreter from a script, and a signal that ends
 * the script leaves pip running.
 */
async function interpreterOf(program: string): Promise<string> {
  const printing = promisify(execFile)(program, ['-c', 'import sys; print(sys.executable)']);
  const { stdout } = await printing.catch(() => ({ stdout: '' }));
  const path = stdout.trim();
  return isAbsolute(path) ? path : program;
}

interface RunOptions {
  /** Beginning of the error message. */
  failure: string;
  output?: 'inherit' | 'ignore';
  /** Kills the program. */
  signal?: AbortSignal | undefined;
}

/** Runs a program. @throws MonitorError `engine.unavailable` when it does not succeed. */
function run(
  program: string,
  args: string[],
  { failure, output = 'inherit', signal }: RunOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', output, output], signal, windowsHide: true });
    child.on('error', (cause) => reject(unavailable(`${failure}: ${cause.message}`, cause)));
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(unavailable(`${failure} (exit code ${code})`)),
    );
  });
}

const unwritable = (path: string, cause: unknown): MonitorError =>
  unavailable(
    `${path} cannot be written (${(cause as NodeJS.ErrnoException).code}); set XDG_CACHE_HOME to use another folder`,
    cause,
  );

const unavailable = (message: string, cause?: unknown): MonitorError =>
  new MonitorError('engine.unavailable', message, { cause });
