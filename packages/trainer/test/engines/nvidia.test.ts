import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  describeGpu,
  expectsGpu,
  explainNoGpu,
  parseDetails,
  parseUsage,
  readGpuUsage,
} from '../../src/engines/nvidia.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('the output of nvidia-smi', () => {
  test('is parsed to bytes, fractions, degrees and watts', () => {
    expect(parseDetails(['NVIDIA A100-SXM4-40GB', '40960', '550.54.15', '8.0'])).toEqual({
      name: 'NVIDIA A100-SXM4-40GB',
      memoryBytes: 40 * 2 ** 30,
      driver: '550.54.15',
      computeCapability: '8.0',
    });
    expect(parseUsage(['37', '1024', '40960', '51', '212.43'])).toEqual({
      load: 0.37,
      memoryUsedBytes: 2 ** 30,
      memoryTotalBytes: 40 * 2 ** 30,
      temperatureCelsius: 51,
      powerWatts: 212.43,
    });
  });

  test('may lack values', () => {
    expect(parseDetails(['NVIDIA GB10', '[N/A]', '580.1', '12.1'])).toMatchObject({ memoryBytes: null });
    expect(parseUsage(['0', '[N/A]', '[N/A]', '', '[Not Supported]'])).toEqual({
      load: 0,
      memoryUsedBytes: null,
      memoryTotalBytes: null,
      temperatureCelsius: null,
      powerWatts: null,
    });
  });
});

describe('nvidia-smi', () => {
  const folder = temporaryFolder();
  const { PATH } = process.env;
  afterEach(() => {
    process.env.PATH = PATH;
  });

  const fakeOutput = (...lines: string[]): void => {
    const tool = join(folder.path, 'nvidia-smi');
    writeFileSync(tool, `#!/bin/sh\n${lines.map((line) => `echo "${line}"\n`).join('')}`);
    chmodSync(tool, 0o755);
    process.env.PATH = folder.path;
  };

  test('describes the first of several GPUs', async () => {
    fakeOutput('GPU one, 1024, 550.1, 8.0', 'GPU two, 2048, 550.1, 9.0');
    expect(await describeGpu()).toMatchObject({ name: 'GPU one', computeCapability: '8.0' });
  });

  test('describes no GPU when nvidia-smi is not installed', async () => {
    process.env.PATH = folder.path;
    expect(await describeGpu()).toBeNull();
    expect(await readGpuUsage()).toBeNull();
  });

  const onLinux = process.platform === 'linux' ? test : test.skip;

  onLinux.each([
    ['all', [], 'this container has no NVIDIA device'],
    [undefined, [], 'this machine has no NVIDIA driver'],
    ['void', ['/dev/nvidiactl'], 'NVIDIA_VISIBLE_DEVICES=void hides every GPU'],
    ['none', [], 'NVIDIA_VISIBLE_DEVICES=none hides every GPU'],
    ['all', ['/dev/nvidiactl'], 'the NVIDIA driver does not respond'],
    [undefined, ['/dev/dxg'], 'the NVIDIA driver does not respond'],
  ])(
    'NVIDIA_VISIBLE_DEVICES=%s with the devices %j is explained as "%s"',
    async (visible, devices, reason) => {
      process.env.PATH = folder.path;
      const env = { NVIDIA_VISIBLE_DEVICES: visible };
      expect(await explainNoGpu({ env, exists: (path) => devices.includes(path) })).toBe(reason);
    },
  );

  test('a GPU that TensorFlow cannot use is named with its driver', async () => {
    fakeOutput('GPU one, 1024, 470.1, 3.5');
    expect(await explainNoGpu({ env: {}, exists: () => true })).toBe(
      'TensorFlow cannot use GPU one with driver 470.1',
    );
  });

  test.each([
    ['all', true],
    ['0', true],
    ['void', false],
    ['none', false],
    ['', false],
    [undefined, false],
  ])('a container with NVIDIA_VISIBLE_DEVICES=%s expects a GPU: %p', (visible, expected) => {
    expect(expectsGpu({ env: { NVIDIA_VISIBLE_DEVICES: visible } })).toBe(expected);
  });
});
