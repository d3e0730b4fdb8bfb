import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { findAdapter } from '../../src/engines/webgpu-adapter.ts';
import { webgpuEngines } from '../support/engines.ts';
import { Program } from '../support/processes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/**
 * Dawn on SwiftShader shuts down more slowly than jest allows a worker, and jest then kills the worker with a warning. So the
 * test files that use WebGPU, *.webgpu.test.js, are excluded from the normal run (jest.config.js) and run here in a process of
 * their own.
 */
const withWebgpu = webgpuEngines.length > 0 ? test : test.skip;

withWebgpu(
  'the tests of the engine webgpu pass in a process of their own',
  async () => {
    const args = ['--runInBand', '--testMatch', '**/dist/test/**/*.webgpu.test.js'];
    const jest = new Program('node_modules/jest/bin/jest.js', args, {
      NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
    });
    const exitCode = await jest.ended();
    if (exitCode !== 0) throw new Error(`the tests of the engine webgpu failed:\n${jest.stderr}`);
    expect(jest.stderr).toContain('3 passed, 3 total');
  },
  180_000,
);

describe('the search for an adapter', () => {
  const folder = temporaryFolder();

  test.each([
    [
      'the signal of a driver that crashes',
      "process.kill(process.pid, 'SIGSEGV'); setInterval(() => {}, 1000);",
      'SIGSEGV',
    ],
    ['none when WebGPU does not load', "throw new Error('made up');", 'none'],
    [
      'the kind that was found, and ends a child that does not exit',
      "process.send('gpu'); setInterval(() => {}, 1000);",
      'gpu',
    ],
  ])('resolves with %s', async (_what, source, expected) => {
    const program = join(folder.path, 'probe.cjs');
    writeFileSync(program, source);
    expect(await findAdapter(program)).toBe(expected);
  });
});
