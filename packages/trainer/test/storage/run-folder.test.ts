import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { RunFolder } from '../../src/storage/run-folder.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('RunFolder', () => {
  const runs = temporaryFolder();

  test('is created with its parent folders', () => {
    const folder = RunFolder.create(join(runs.path, 'deep', 'runs'), 'a');
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('replaces files, also in subfolders, and leaves no partial file', () => {
    const folder = RunFolder.create(runs.path, 'a');
    folder.write('model/model.json', '{"old":1}');
    folder.write('model/model.json', '{}');
    expect(readFileSync(join(folder.path, 'model', 'model.json'), 'utf8')).toBe('{}');
    expect(readdirSync(join(folder.path, 'model'))).toEqual(['model.json']);
  });

  test('names the file that cannot be written, and leaves no partial file', () => {
    const folder = RunFolder.create(runs.path, 'a');
    mkdirSync(join(folder.path, 'run.json')); // Blocks the file's name.
    expect(() => folder.write('run.json', '{}')).toThrow(
      expect.objectContaining({
        code: 'runs.unwritable',
        message: expect.stringContaining(`${join(folder.path, 'run.json')} cannot be written`),
      }),
    );
    expect(readdirSync(folder.path)).toEqual(['run.json']);
  });

  test('refuses the id of an existing run', () => {
    RunFolder.create(runs.path, 'a');
    const message = `--run-id: expected the id of a new run, but ${join(runs.path, 'a')} already exists`;
    expect(() => RunFolder.create(runs.path, 'a')).toThrow(
      expect.objectContaining({ code: 'run.exists', message }),
    );
  });

  test('reports a runs folder that cannot be created', () => {
    const file = join(runs.path, 'file');
    writeFileSync(file, '');
    for (const path of [file, join(file, 'below')])
      expect(() => RunFolder.create(path, 'a')).toThrow(
        expect.objectContaining({
          code: 'runs.unwritable',
          message: expect.stringContaining(`--runs: expected a folder that can be written, got ${path}`),
        }),
      );
  });
});
