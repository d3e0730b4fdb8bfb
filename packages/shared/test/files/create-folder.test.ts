import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createFolder } from '../../src/files/create-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'folders-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('creates a folder with its parents, and accepts one that exists', () => {
  const path = join(folder, 'a', 'b', 'c');
  createFolder(path);
  createFolder(path);
  expect(existsSync(path)).toBe(true);
});

test('throws when the path or one of its parents is a file', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(() => createFolder(file)).toThrow('EEXIST');
  expect(() => createFolder(join(file, 'below'))).toThrow('ENOTDIR');
});

(existsSync('/proc') ? test : test.skip)(
  'throws for a folder that nobody can create, instead of never returning',
  () => {
    expect(() => createFolder('/proc/x')).toThrow('ENOENT');
    expect(() => createFolder('/proc/x/y')).toThrow('ENOENT');
  },
);
