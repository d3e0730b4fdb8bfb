import { existsSync, mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { staleLockMs } from '@mnist-monitor/shared';
import { limits } from '../../src/limits.ts';
import { RunFolders } from '../../src/runs/run-folders.ts';
import { temporaryFolder } from '../support/cleanup.ts';

describe('the folders of runs', () => {
  let runs: string;
  let folders: RunFolders;
  beforeEach(() => {
    runs = temporaryFolder();
    folders = new RunFolders(runs, limits);
  });

  /** Creates a run's folder as a trainer leaves it, with a log of the run `owner`, and returns its path. */
  function make(runId: string, owner = runId): string {
    const path = join(runs, runId);
    mkdirSync(join(path, 'model'), { recursive: true });
    writeFileSync(join(path, 'events.jsonl'), `{"v":1,"runId":"${owner}","seq":1}\n`);
    writeFileSync(join(path, 'model', 'model.json'), '12345');
    return path;
  }

  /** Moves a file or folder of a run out of it, and leaves a link to it. */
  function linkTo(path: string, name: string): void {
    const target = join(temporaryFolder(), 'target');
    renameSync(join(path, name), target);
    symlinkSync(target, join(path, name));
  }

  test('report the size of all their files, and 0 without a folder', async () => {
    make('a');
    const log = '{"v":1,"runId":"a","seq":1}\n'.length;
    expect([await folders.bytes('a'), await folders.bytes('b')]).toEqual([log + 5, 0]);
  });

  test('report whether they contain a model', async () => {
    make('a');
    expect([await folders.hasModel('a'), await folders.hasModel('b')]).toEqual([true, false]);
  });

  test('are removed with all files', async () => {
    const path = make('a');
    expect([await folders.remove('a'), existsSync(path)]).toEqual([true, false]);
    expect(await folders.remove('a')).toBe(false);
  });

  test.each<[string, (folder: string) => void]>([
    ['the log of another run', () => make('a', 'b')],
    ['no log', () => mkdirSync(join(runs, 'a'))],
    ['a folder in place of the log', () => mkdirSync(join(runs, 'a', 'events.jsonl'), { recursive: true })],
    ['the log of a run whose id begins like it', () => make('a', 'ab')],
    ['a file', () => writeFileSync(join(runs, 'a'), '{"v":1,"runId":"a","seq":1}')],
  ])('are kept when there is %s', async (_what, prepare) => {
    prepare(runs);
    expect([await folders.remove('a'), existsSync(join(runs, 'a'))]).toEqual([false, true]);
  });

  test('are kept when they are links, and so are the targets of links in them', async () => {
    const elsewhere = temporaryFolder();
    writeFileSync(join(elsewhere, 'events.jsonl'), '{"v":1,"runId":"a","seq":1}');
    symlinkSync(elsewhere, join(runs, 'a'));
    expect(await folders.remove('a')).toBe(false);
    symlinkSync(elsewhere, join(make('b'), 'elsewhere'));
    expect(await folders.remove('b')).toBe(true);
    expect(existsSync(join(elsewhere, 'events.jsonl'))).toBe(true);
  });

  test.each<[string, (folder: string) => void]>([
    ['events.jsonl', (path) => linkTo(path, 'events.jsonl')],
    ['the folder itself', (path) => linkTo(path, '')],
  ])('have the size 0 and are kept when there is a link instead of %s', async (_what, link) => {
    link(make('a'));
    expect([await folders.bytes('a'), await folders.remove('a')]).toEqual([0, false]);
  });

  test('have a size without the targets of their links', async () => {
    const path = make('a');
    const before = await folders.bytes('a');
    symlinkSync(runs, join(path, 'all'));
    symlinkSync(join(path, 'model', 'model.json'), join(path, 'again'));
    expect(await folders.bytes('a')).toBe(before);
  });

  test.each(['model', 'model/model.json', ''])('have no model when "%s" is a link (S-17)', async (name) => {
    linkTo(make('a'), name);
    expect(await folders.hasModel('a')).toBe(false);
    expect(await folders.openModelFile('a', 'model.json')).toBeUndefined();
  });

  test('open the files of the model by their names, and no others (S-17)', async () => {
    const path = make('a');
    writeFileSync(join(path, 'model.safetensors'), 'beside the model');
    for (const name of ['weights.bin.partial', '.hidden', 'safetensors.json'])
      writeFileSync(join(path, 'model', name), name);
    const contentOf = async (name: string): Promise<string | undefined> => {
      const file = await folders.openModelFile('a', name);
      const content = await file?.readFile('utf8');
      await file?.close();
      return content;
    };
    expect(await contentOf('model.json')).toBe('12345');
    expect(await contentOf('model.safetensors')).toBe('beside the model');
    expect(await contentOf('safetensors.json')).toBe('safetensors.json');
    for (const name of ['weights.bin.partial', '.hidden', '../events.jsonl', 'none.json', ''])
      expect([name, await contentOf(name)]).toEqual([name, undefined]);
  });

  test('are held while a trainer renews its lock', async () => {
    const lock = join(make('a'), 'lock');
    expect(await folders.isHeld('a')).toBe(false);
    writeFileSync(lock, '');
    expect(await folders.isHeld('a')).toBe(true);
    const before = new Date(Date.now() - staleLockMs);
    utimesSync(lock, before, before);
    expect(await folders.isHeld('a')).toBe(false);
  });

  test('are not held by a lock that is a link', async () => {
    const path = make('a');
    symlinkSync(join(path, 'events.jsonl'), join(path, 'lock'));
    expect(await folders.isHeld('a')).toBe(false);
  });

  test('may be missing', async () => {
    const nowhere = new RunFolders(join(runs, 'nowhere'), limits);
    expect([await nowhere.bytes('a'), await nowhere.hasModel('a'), await nowhere.isHeld('a')]).toEqual([
      0,
      false,
      false,
    ]);
    expect(await nowhere.remove('a')).toBe(false);
    expect(await nowhere.openModelFile('a', 'model.json')).toBeUndefined();
  });
});
