// `npm run test:interop`: tests the gateway's documents with third-party tools. Python packages are installed into
// interop/.venv. Tests whose tool is not installed are skipped, with a message.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const environment = join(root, 'interop/.venv');

/** Runs a program until it exits. @returns Whether it succeeded in time. */
const succeeds = (program, args, { stdio = 'ignore', seconds = 300 } = {}) =>
  spawnSync(program, args, { cwd: root, stdio, timeout: seconds * 1_000 }).status === 0;

/** Returns the folder of a Python environment with the required packages; an empty text, or in CI an error, when there is none. */
function findPythonEnvironment() {
  const python = join(environment, 'bin/python');
  const requirements = join(root, 'interop/requirements.txt');
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
  const hasVenv = succeeds(python, ['--version']) || succeeds('python3', ['-m', 'venv', environment]);
  if (hasVenv && succeeds(python, install, { stdio: 'inherit' })) return environment;
  if (process.env.CI === 'true') throw new Error('test:interop: expected python3 with venv and pip');
  console.log(
    'test:interop: Schemathesis and Python are skipped: python3 with venv and pip, or the packages of interop/requirements.txt, are not available.',
  );
  return '';
}

/** Returns which compilers of generated code are installed. */
function findPrograms() {
  const compilers = [
    ['go', ['version']],
    ['cargo', ['--version']],
    ['javac', ['-version']],
    ['mvn', ['-version']],
  ];
  return compilers.flatMap(([program, args]) => {
    if (succeeds(program, args)) return [program];
    console.log(`test:interop: generated code for ${program} is skipped: ${program} is not installed.`);
    return [];
  });
}

try {
  const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const jest = ['node_modules/jest/bin/jest.js', '--config', 'interop/jest.config.js'];
  const { status } = spawnSync(process.execPath, [...node, ...jest, ...process.argv.slice(2)], {
    cwd: root,
    env: {
      ...process.env,
      INTEROP_PYTHON_ENVIRONMENT: findPythonEnvironment(),
      INTEROP_PROGRAMS: findPrograms().join(','),
    },
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
