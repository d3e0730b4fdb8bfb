import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const main = fileURLToPath(new URL('../../src/install/main.js', import.meta.url));
const run = (...flags: string[]) => spawnSync(process.execPath, [main, ...flags], { encoding: 'utf8' });

test('the installation explains itself with --help, and installs nothing', () => {
  const { status, stdout, stderr } = run('--cuda', '--help');
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^Usage: npm run engine .*--cuda/s);
});

test('the installation refuses an unknown flag in one line', () => {
  const { status, stderr } = run('--gpu');
  expect([status, stderr]).toEqual([
    2,
    '--gpu: unknown flag; npm run engine accepts only --cuda and --help\n',
  ]);
});
