import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { AppendFile } from '../../src/storage/append-file.ts';
import { findInterruptedRun } from '../../src/storage/interrupted-runs.ts';
import { openRegularFile } from '../../src/storage/regular-file.ts';
import { RunFolder } from '../../src/storage/run-folder.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('the files of a run', () => {
  const runs = temporaryFolder();
  let count = 0;
  let folder: RunFolder;
  let outside: string;
  beforeEach(() => {
    folder = RunFolder.create(runs.path, `run-${count++}`);
    outside = join(runs.path, `outside-${count}`);
    mkdirSync(outside);
    writeFileSync(join(outside, 'target'), 'before');
  });
  const unwritable = expect.objectContaining({
    code: 'runs.unwritable',
    message: expect.stringContaining('a link'),
  });

  test.each(['target', 'new'])('are not appended to through a link to %s (S-18)', (target) => {
    symlinkSync(join(outside, target), join(folder.path, 'events.jsonl'));
    expect(() => new AppendFile(join(folder.path, 'events.jsonl'))).toThrow(unwritable);
    expect(readdirSync(outside)).toEqual(['target']);
  });

  test('are not written into a linked folder (S-18)', () => {
    symlinkSync(outside, join(folder.path, 'model'));
    expect(() => folder.write('model/target', 'after')).toThrow(unwritable);
    expect(readdirSync(outside)).toEqual(['target']);
    expect(readFileSync(join(outside, 'target'), 'utf8')).toBe('before');
  });

  test('replace links without changing the files that the links point to (S-18)', () => {
    for (const name of ['model.json', 'model.json.partial'])
      symlinkSync(join(outside, 'target'), join(folder.path, name));
    folder.write('model.json', 'after');
    expect(readFileSync(join(folder.path, 'model.json'), 'utf8')).toBe('after');
    expect(readFileSync(join(outside, 'target'), 'utf8')).toBe('before');
  });

  test('are not read through links (S-18)', () => {
    symlinkSync(join(outside, 'target'), join(folder.path, 'run.json'));
    symlinkSync(outside, join(folder.path, 'checkpoint'));
    for (const name of ['run.json', 'checkpoint/target'])
      expect(() => folder.read(name)).toThrow(expect.objectContaining({ code: 'run.damaged' }));
    expect(() => findInterruptedRun(runs.path, `run-${count - 1}`)).toThrow(
      expect.objectContaining({ code: 'run.damaged' }),
    );
  });

  test('are read and written when the folder of the run itself is a link', () => {
    folder.write('run.json', '{}');
    renameSync(folder.path, join(outside, 'moved'));
    symlinkSync(join(outside, 'moved'), folder.path);
    folder.write('run.json', '{"a":1}');
    expect(String(folder.read('run.json'))).toBe('{"a":1}');
  });

  test('are refused when they are named pipes or folders', () => {
    execFileSync('mkfifo', [join(folder.path, 'pipe')]);
    mkdirSync(join(folder.path, 'folder'));
    for (const name of ['pipe', 'folder'])
      expect(() => openRegularFile(folder.path, name, constants.O_RDONLY)).toThrow(
        expect.objectContaining({ code: 'ELOOP' }),
      );
    expect(existsSync(join(folder.path, 'pipe'))).toBe(true);
  });

  test('are closed when they are refused', () => {
    symlinkSync(outside, join(folder.path, 'model'));
    const open = (): number => readdirSync('/proc/self/fd').length;
    const before = open();
    for (let i = 0; i < 20; i++)
      expect(() => openRegularFile(folder.path, 'model/target', constants.O_RDONLY)).toThrow();
    expect(open()).toBe(before);
    closeSync(openRegularFile(realpathSync(outside), 'target', constants.O_RDONLY));
  });
});
