import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
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

  test('shares a file with another run that has the same one, until it is removed with the last', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((id) => RunFolder.create(runs.path, id)) as [
      RunFolder,
      RunFolder,
      RunFolder,
    ];
    const [name, content] = ['test-images/0f.bin', Buffer.from('images')];
    for (const folder of [a, b, b]) folder.writeShared(name, content);
    expect(statSync(join(a.path, name)).ino).toBe(statSync(join(b.path, name)).ino);
    rmSync(a.path, { recursive: true });
    expect(readFileSync(join(b.path, name))).toEqual(content);
    // Neither a file with other content nor a link is shared.
    writeFileSync(join(b.path, name), 'other');
    const d = RunFolder.create(runs.path, 'd');
    mkdirSync(join(d.path, 'test-images'));
    symlinkSync(join(runs.path, 'elsewhere'), join(d.path, name));
    c.writeShared(name, content);
    expect(readFileSync(join(c.path, name))).toEqual(content);
    expect(statSync(join(c.path, name)).nlink).toBe(1);
    expect(readdirSync(join(c.path, 'test-images'))).toEqual(['0f.bin']);
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
