// `npm run test:examples`: tests the examples in all their languages against real gateways. Python packages are installed into
// examples/.venv, together with the client in clients/python. Examples whose tools are not installed are skipped, with a message.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (path) => join(root, path);

/** Runs a program until it exits. @returns Whether it succeeded in time. */
const succeeds = (command, args, { stdio = 'ignore', seconds = 120, ...options } = {}) =>
  spawnSync(command, args, { cwd: root, stdio, timeout: seconds * 1_000, ...options }).status === 0;

const reportSkipped = (what, why) => {
  console.log(`test:examples: ${what} is skipped: ${why}.`);
  return undefined;
};

/** Returns the path of a Python with the packages that the examples need; undefined, or in CI an error, when there is none. */
function findPython() {
  const python = at('examples/.venv/bin/python');
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  const hasVenv =
    succeeds(python, ['--version']) || succeeds('python3', ['-m', 'venv', at('examples/.venv')]);
  if (
    hasVenv &&
    succeeds(python, [...install, '-r', at('examples/test/requirements.txt'), at('clients/python')], {
      stdio: 'inherit',
      seconds: 600,
    })
  )
    return python;
  if (process.env.CI === 'true') throw new Error('test:examples: expected python3 with venv and pip');
  return reportSkipped(
    'Python',
    'python3 with venv and pip, or the packages of requirements.txt, are not available',
  );
}

/** Returns the Python that EXAMPLES_PYTORCH names, if it has PyTorch, which is several GB and therefore not installed here. */
function findPytorch() {
  const named = process.env.EXAMPLES_PYTORCH;
  if (named && succeeds(named, ['-c', 'import torch, numpy, safetensors, websockets, pytest'])) return named;
  return reportSkipped(
    'PyTorch',
    'EXAMPLES_PYTORCH names no Python that has torch, numpy, safetensors, websockets and pytest',
  );
}

/** Compiles the Go example. @returns The path of the program; undefined when Go is not installed. */
function buildGo(folder) {
  if (!succeeds('go', ['version'])) return reportSkipped('Go', 'go is not installed');
  const program = join(folder, 'follow');
  if (succeeds('go', ['build', '-o', program, '.'], { cwd: at('examples/go'), stdio: 'inherit' }))
    return program;
  throw new Error('test:examples: examples/go does not compile');
}

const folder = mkdtempSync(join(tmpdir(), 'monitor-examples-'));
try {
  const python = findPython();
  const tools = {
    EXAMPLES_PYTHON: python ?? '',
    EXAMPLES_PYTORCH: findPytorch() ?? '',
    EXAMPLES_GO: buildGo(folder) ?? '',
  };
  const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const jest = ['node_modules/jest/bin/jest.js', '--config', 'examples/test/jest.config.js'];
  const { status } = spawnSync(process.execPath, [...node, ...jest, ...process.argv.slice(2)], {
    cwd: root,
    env: { ...process.env, ...tools },
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
