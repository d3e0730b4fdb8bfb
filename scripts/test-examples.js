// `npm run test:examples`: the examples, each in its own language, against real gateways. Python packages go into
// examples/.venv; what this machine has not got is left out, and said.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (path) => join(root, path);

/** Runs a program to its end. @returns Whether it succeeded in time. */
const succeeds = (command, args, { stdio = 'ignore', seconds = 120, ...options } = {}) =>
  spawnSync(command, args, { cwd: root, stdio, timeout: seconds * 1_000, ...options }).status === 0;

const leftOut = (what, why) => {
  console.log(`test:examples: ${what} is left out: ${why}.`);
  return undefined;
};

/** A Python with the packages that the examples need. @throws Error in CI, where it must be there. */
function findPython() {
  const python = at('examples/.venv/bin/python');
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  const made = succeeds(python, ['--version']) || succeeds('python3', ['-m', 'venv', at('examples/.venv')]);
  if (
    made &&
    succeeds(python, [...install, '-r', at('examples/test/requirements.txt')], { stdio: 'inherit' })
  )
    return python;
  if (process.env.CI === 'true') throw new Error('test:examples: expected python3 with venv and pip');
  return leftOut(
    'Python',
    'python3 with venv and pip, and the packages of requirements.txt, could not be had',
  );
}

/** A Python with PyTorch: the one that EXAMPLES_PYTORCH names. What pip takes by itself brings several GB of CUDA. */
function findPytorch() {
  const named = process.env.EXAMPLES_PYTORCH;
  if (named && succeeds(named, ['-c', 'import torch, numpy, safetensors, websockets'])) return named;
  return leftOut(
    'PyTorch',
    'EXAMPLES_PYTORCH names no Python that has torch, numpy, safetensors and websockets',
  );
}

/** The Go example, compiled. */
function buildGo(folder) {
  if (!succeeds('go', ['version'])) return leftOut('Go', 'there is no go here');
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
