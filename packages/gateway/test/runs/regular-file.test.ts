import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { openRegularFile } from '../../src/runs/regular-file.ts';
import { temporaryFolder } from '../support/cleanup.ts';

describe('a regular file', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = realpathSync(temporaryFolder());
    mkdirSync(join(folder, 'model'));
    path = join(folder, 'model', 'model.json');
    writeFileSync(path, 'inside');
  });

  test('is opened, and stays readable when it is replaced in the meantime', async () => {
    const file = await openRegularFile(path);
    writeFileSync(join(folder, 'next'), 'next');
    renameSync(join(folder, 'next'), path);
    expect(await file?.readFile('utf8')).toBe('inside');
    await file?.close();
  });

  test.each<[string, () => void]>([
    ['a link to a file', () => symlinkSync('/etc/hostname', path)],
    ['a link to a file of the process', () => symlinkSync('/proc/self/environ', path)],
    ['a link to nothing', () => symlinkSync('nowhere', path)],
    ['a folder', () => mkdirSync(path)],
    ['a named pipe', () => execFileSync('mkfifo', [path])],
    ['nothing', () => {}],
  ])('is not opened when it is %s (S-17)', async (_what, replace) => {
    renameSync(path, join(folder, 'before'));
    replace();
    expect(await openRegularFile(path)).toBeUndefined();
  });

  // The path is checked only after it was opened, so this covers links that are created during the call.
  test('is not opened behind a linked folder (S-17)', async () => {
    renameSync(join(folder, 'model'), join(folder, 'outside'));
    symlinkSync(join(folder, 'outside'), join(folder, 'model'));
    expect(await openRegularFile(path)).toBeUndefined();
    expect(await openRegularFile('/proc/self/root/etc/hostname')).toBeUndefined();
  });
});
