import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { ownedBytes, type PublishedFileId, PublishedFiles } from '../../src/runs/published-files.ts';
import { temporaryFolder } from '../support/cleanup.ts';

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const snapshotOf = (text: string, runId = 'a'): PublishedFileId => ({
  ...{ runId, kind: 'snapshots', digest: digestOf(text) },
});
const imagesOf = (text: string, runId = 'a'): PublishedFileId => ({
  ...{ runId, kind: 'test-images', digest: digestOf(text) },
});
async function* pieces(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

describe('published files', () => {
  let runs: string;
  let files: PublishedFiles;
  beforeEach(() => {
    runs = temporaryFolder();
    files = new PublishedFiles(runs, { uploadBytes: 100, uploadMeasureMs: 60_000 });
  });
  const store = (id: PublishedFileId, text: string, announced?: number) =>
    files.store(id, pieces(text.slice(0, 3), text.slice(3)), announced);
  async function contentOf(id: PublishedFileId): Promise<string | undefined> {
    const file = await files.open(id);
    const content = await file?.readFile('utf8');
    await file?.close();
    return content;
  }
  const full = () => expect.objectContaining({ code: 'files.full' });

  test('are stored whole, listed and removed by their digests', async () => {
    const [one, other] = ['first file', 'other file'];
    expect([await store(snapshotOf(one), one), await store(snapshotOf(other), other)]).toEqual([true, true]);
    expect(await store(snapshotOf(one), one)).toBe(false);
    expect(await contentOf(snapshotOf(one))).toBe(one);
    const listed = await files.digests({ runId: 'a', kind: 'snapshots' });
    expect(listed.sort()).toEqual([digestOf(one), digestOf(other)].sort());
    expect(await files.digests({ runId: 'b', kind: 'snapshots' })).toEqual([]);
    expect(await files.bytes('a')).toBe(20);
    expect([await files.remove(snapshotOf(one)), await files.remove(snapshotOf(one))]).toEqual([true, false]);
    expect([await contentOf(snapshotOf(one)), await files.bytes('a')]).toEqual([undefined, 10]);
  });

  test('have no files where there is no folder of runs', async () => {
    const nowhere = new PublishedFiles(join(runs, 'nowhere'), { uploadBytes: 1, uploadMeasureMs: 1 });
    expect(await nowhere.open(snapshotOf('x'))).toBeUndefined();
    expect(await nowhere.digests({ runId: 'a', kind: 'snapshots' })).toEqual([]);
    expect([await nowhere.bytes('a'), await nowhere.removeAll('a')]).toEqual([0, false]);
    expect(await nowhere.remove(snapshotOf('x'))).toBe(false);
  });

  test('with another content than their digest leave nothing, and no space reserved', async () => {
    await expect(files.store(snapshotOf('x'), pieces('wrong content'), 90)).rejects.toMatchObject({
      code: 'file.invalid',
      message: `expected content with the SHA-256 ${digestOf('x')}, got 13 bytes with ${digestOf('wrong content')}: send the file again`,
    });
    expect(readdirSync(join(runs, 'a', 'snapshots'))).toEqual([]);
    const text = 'x'.repeat(100);
    expect(await store(snapshotOf(text), text)).toBe(true);
  });

  test('of all runs together have a limit, which counts what was announced and what arrived', async () => {
    const [one, other] = ['1'.repeat(50), '2'.repeat(50)];
    await store(snapshotOf(one), one, 50);
    await expect(store(snapshotOf(other, 'b'), other, 51)).rejects.toEqual(full());
    await expect(files.store(snapshotOf('y'), pieces('y'.repeat(20), 'y'.repeat(31)))).rejects.toEqual(
      full(),
    );
    expect(await store(snapshotOf(other, 'b'), other, 10)).toBe(true);
    await expect(store(snapshotOf('x'), 'x')).rejects.toEqual(full());
    // What was announced and has not arrived is free again.
    await files.remove(snapshotOf(one));
    expect(await store(snapshotOf('x'), 'x', 50)).toBe(true);
    const rest = '3'.repeat(49);
    expect(await store(snapshotOf(rest), rest)).toBe(true);
    await expect(store(snapshotOf('z'), 'z')).rejects.toEqual(full());
    await files.removeAll('b');
    expect(await store(snapshotOf('z'), 'z')).toBe(true);
  });

  test('that were there before count, except unfinished ones, which are removed when they are old', async () => {
    const folder = join(runs, 'old', 'snapshots');
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `${digestOf('old')}.safetensors`);
    writeFileSync(path, '1'.repeat(60));
    const partial = (name: string): string =>
      join(folder, `${digestOf(name)}.safetensors.${'0'.repeat(36)}.partial`);
    for (const name of ['new', 'abandoned']) writeFileSync(partial(name), '2'.repeat(60));
    const before = new Date(Date.now() - 61_000);
    utimesSync(partial('abandoned'), before, before);
    const text = '4'.repeat(40);
    expect(await store(snapshotOf(text), text)).toBe(true);
    await expect(store(snapshotOf('x'), 'x')).rejects.toEqual(full());
    expect([existsSync(partial('new')), existsSync(partial('abandoned'))]).toEqual([true, false]);
  });

  test('of test images are stored once for all runs, and count once', async () => {
    const text = '5'.repeat(40);
    await store(imagesOf(text), text);
    expect(await store(imagesOf(text, 'b'), text)).toBe(true);
    const paths = ['a', 'b'].map((runId) => join(runs, runId, 'test-images', `${digestOf(text)}.bin`));
    expect(paths.map((path) => statSync(path).nlink)).toEqual([2, 2]);
    expect(statSync(paths[0]!).ino).toBe(statSync(paths[1]!).ino);
    expect(readFileSync(paths[1]!, 'utf8')).toBe(text);
    expect([await files.bytes('a'), await ownedBytes(paths[1]!)]).toEqual([20, 20]);
    const rest = '6'.repeat(60);
    expect(await store(snapshotOf(rest), rest)).toBe(true);
    await expect(store(snapshotOf('x'), 'x')).rejects.toEqual(full());
    // Their space is free when the last run that has them is removed.
    await files.removeAll('b');
    await expect(store(snapshotOf('x'), 'x')).rejects.toEqual(full());
    await files.remove(imagesOf(text));
    expect(await store(snapshotOf('x'), 'x')).toBe(true);
  });

  test('of test images count where no other run has the same', async () => {
    const [one, other] = ['7'.repeat(60), '8'.repeat(41)];
    await store(imagesOf(one), one);
    await expect(store(imagesOf(other, 'b'), other)).rejects.toEqual(full());
  });

  test('of a run are removed with the folders that are empty then, and nothing else', async () => {
    await store(snapshotOf('one'), 'one');
    await store(imagesOf('two'), 'two');
    expect(await files.removeAll('a')).toBe(true);
    expect(existsSync(join(runs, 'a'))).toBe(false);
    expect(await files.removeAll('a')).toBe(false);
    await store(snapshotOf('one'), 'one');
    await files.removeAll('a');
    expect(existsSync(join(runs, 'a'))).toBe(false);
    await store(snapshotOf('one'), 'one');
    writeFileSync(join(runs, 'a', 'snapshots', 'own.txt'), 'of a user');
    await files.removeAll('a');
    expect(readdirSync(join(runs, 'a', 'snapshots'))).toEqual(['own.txt']);
  });

  test('are limited in number and size', async () => {
    await store(imagesOf('1'), '1');
    await store(imagesOf('2'), '2');
    await expect(store(imagesOf('3'), '3')).rejects.toMatchObject({
      code: 'file.too_many',
      message: 'expected at most 2 test-images of a run: delete some before sending others',
    });
    await files.remove(imagesOf('1'));
    expect(await store(imagesOf('3'), '3')).toBe(true);
    await expect(store(snapshotOf('x'), 'x', 1e9)).rejects.toMatchObject({ code: 'file.too_large' });
  });

  test('are not stored when a file is in the place of their folder', async () => {
    mkdirSync(join(runs, 'a'));
    writeFileSync(join(runs, 'a', 'snapshots'), 'of a user');
    await expect(store(snapshotOf('one'), 'one')).rejects.toMatchObject({
      code: 'store.failing',
      message: expect.stringContaining('EEXIST'),
    });
    expect(readFileSync(join(runs, 'a', 'snapshots'), 'utf8')).toBe('of a user');
  });

  test.each(['a', 'a/snapshots'])(
    'are not stored when a link leads to the folder %s (S-17)',
    async (name) => {
      await store(snapshotOf('one'), 'one');
      const elsewhere = join(temporaryFolder(), 'elsewhere');
      renameSync(join(runs, name), elsewhere);
      symlinkSync(elsewhere, join(runs, name));
      await expect(store(snapshotOf('two'), 'two')).rejects.toMatchObject({
        code: 'runs.unwritable',
        message: 'expected a folder without links for the snapshots of a run',
      });
      expect([await files.digests(snapshotOf('one')), await files.removeAll('a')]).toEqual([[], false]);
      expect(await contentOf(snapshotOf('one'))).toBeUndefined();
    },
  );

  test('have a size of 0 when they are gone or no regular files', async () => {
    writeFileSync(join(runs, 'file'), '12345');
    symlinkSync(join(runs, 'file'), join(runs, 'link'));
    expect(await ownedBytes(join(runs, 'file'))).toBe(5);
    for (const name of ['none', 'link', '.'])
      expect([name, await ownedBytes(join(runs, name))]).toEqual([name, 0]);
    linkSync(join(runs, 'file'), join(runs, 'second'));
    expect(await ownedBytes(join(runs, 'file'))).toBe(2.5);
  });
});
