import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { RunFolder } from '../../src/storage/run-folder.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('RunFolder', () => {
  const runs = temporaryFolder();

  test('is made with the folders above it', () => {
    const folder = RunFolder.create(join(runs.path, 'deep', 'runs'), 'a');
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('writes whole files, in subfolders too, and leaves no partial one', () => {
    const folder = RunFolder.create(runs.path, 'a');
    folder.write('model/model.json', '{"old":1}');
    folder.write('model/model.json', '{}');
    expect(readFileSync(join(folder.path, 'model', 'model.json'), 'utf8')).toBe('{}');
    expect(readdirSync(join(folder.path, 'model'))).toEqual(['model.json']);
  });

  test('says which file cannot be written, and leaves no partial one', () => {
    const folder = RunFolder.create(runs.path, 'a');
    mkdirSync(join(folder.path, 'run.json')); // In the way of the file.
    expect(() => folder.write('run.json', '{}')).toThrow(
      expect.objectContaining({
        code: 'runs.unwritable',
        message: expect.stringContaining(`${join(folder.path, 'run.json')} cannot be written`),
      }),
    );
    expect(readdirSync(folder.path)).toEqual(['run.json']);
  });

  test('refuses the id of a run that is there', () => {
    RunFolder.create(runs.path, 'a');
    const message = `--run-id: expected the id of a new run, but ${join(runs.path, 'a')} is there already`;
    expect(() => RunFolder.create(runs.path, 'a')).toThrow(
      expect.objectContaining({ code: 'run.exists', message }),
    );
  });

  test('says so when the runs folder cannot be made', () => {
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
