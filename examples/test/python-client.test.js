import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { python } from './support/tools.js';

const client = fileURLToPath(new URL('../../clients/python', import.meta.url));

/** Runs a module of Python in the folder of the client. @returns The exit status, and the end of the output. */
function run(...args) {
  const { status, stdout, stderr } = spawnSync(python, ['-m', ...args], { cwd: client, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}`.slice(-20_000) };
}

/** Expects a module of Python to succeed, and shows its output otherwise. */
function expectSuccess(...args) {
  const { status, output } = run(...args);
  expect(status === 0 ? '' : output).toBe('');
}

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

  test('loses and doubles nothing, whatever happens to gateway, disk and process', () => {
    expectSuccess('pytest', '-q', 'tests/test_delivery.py');
  }, 600_000);
});
