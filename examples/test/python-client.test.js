import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { clientSource } from './support/program.js';
import { python, pytorch } from './support/tools.js';

const client = fileURLToPath(new URL('../../clients/python', import.meta.url));

/** Expects a module of Python to succeed in the folder of the client, and shows the end of its output otherwise. */
function expectModule(program, args, env = {}) {
  const options = { cwd: client, encoding: 'utf8', env: { ...process.env, ...env } };
  const { status, stdout, stderr } = spawnSync(program, ['-m', ...args], options);
  expect(status === 0 ? '' : `${stdout}${stderr}`.slice(-20_000)).toBe('');
}

const expectSuccess = (...args) => expectModule(python, args);

(python ? describe : describe.skip)('clients/python', () => {
  test('has types that a strict check accepts', () => {
    expectSuccess('mypy');
  });

  test('has the style that its linter checks', () => {
    expectSuccess('ruff', 'check', '.');
    expectSuccess('ruff', 'format', '--check', '.');
  });

  test('describes and bounds every event of a run', () => {
    expectSuccess('pytest', '-q', 'tests/test_monitor.py');
  }, 300_000);

  test('publishes each event once although the gateway, the disk or the process fails', () => {
    expectSuccess('pytest', '-q', 'tests/test_delivery.py');
  }, 600_000);

  test('bounds memory and disk while the gateway cannot be reached', () => {
    expectSuccess('pytest', '-q', 'tests/test_bounds.py');
  }, 600_000);

  test('sends snapshots of the weights and test images within their bounds', () => {
    expectSuccess('pytest', '-q', 'tests/test_files.py');
  }, 600_000);

  test('obeys the commands of the page', () => {
    expectSuccess('pytest', '-q', 'tests/test_commands.py');
  }, 300_000);

  test('publishes complete runs of scikit-learn, XGBoost and a language model', () => {
    expectSuccess('pytest', '-q', 'tests/test_examples.py');
  }, 600_000);
});

// This repository does not install PyTorch and the frameworks on it. The tests use the Python that the environment variable
// EXAMPLES_PYTORCH names, with the frameworks that it has.
(pytorch ? describe : describe.skip)('clients/python with PyTorch', () => {
  test('publishes complete runs of PyTorch, Keras, Lightning and Hugging Face', () => {
    expectModule(pytorch, ['pytest', '-q', 'tests/test_examples.py'], { PYTHONPATH: clientSource });
  }, 900_000);
});
