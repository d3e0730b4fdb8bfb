import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { describeGpu, parseDetails, parseUsage, readGpuUsage } from '../../src/engines/nvidia.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('what the NVIDIA driver tells', () => {
  test('is read in bytes, fractions, degrees and watts', () => {
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

  test('may leave things out', () => {
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

describe('asking the driver', () => {
  const folder = temporaryFolder();
  const { PATH } = process.env;
  afterEach(() => {
    process.env.PATH = PATH;
  });

  test('takes the first GPU of several', async () => {
    const line = 'GPU one, 1024, 550.1, 8.0';
    writeFileSync(
      join(folder.path, 'nvidia-smi'),
      `#!/bin/sh\necho "${line}"\necho "GPU two, 2048, 550.1, 9.0"\n`,
    );
    chmodSync(join(folder.path, 'nvidia-smi'), 0o755);
    process.env.PATH = folder.path;
    expect(await describeGpu()).toMatchObject({ name: 'GPU one', computeCapability: '8.0' });
  });

  test('answers nothing where there is no driver', async () => {
    process.env.PATH = folder.path;
    expect(await describeGpu()).toBeNull();
    expect(await readGpuUsage()).toBeNull();
  });
});
