import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseClassNames } from '../../src/dataset/classes.ts';
import { loadDataset } from '../../src/dataset/load.ts';
import { drawGlyph, writeDataset } from '../support/idx-dataset.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('parseClassNames', () => {
  test('reads one name a line, also with a byte order mark and the line ends of Windows', () => {
    const text = '\ufeffcat\r\n dog \r\nT-shirt/top\r\n';
    expect(parseClassNames(Buffer.from(text), 'f')).toEqual(['cat', 'dog', 'T-shirt/top']);
  });

  const names = ['Bär', '猫', '😀'.repeat(64)];
  const littleEndian = Buffer.from(`\ufeff${names.join('\r\n')}`, 'utf16le');
  test.each([
    ['UTF-8', Buffer.from(names.join('\n'))],
    ['UTF-16 with the bytes of Windows', littleEndian],
    ['UTF-16 with the other order of bytes', Buffer.from(littleEndian).swap16()],
  ])('reads names of any script in %s', (_encoding, file) => {
    expect(parseClassNames(file, 'f')).toEqual(names);
  });

  const otherEncoding =
    '--classes: expected text in UTF-8 in f, got bytes of another encoding; save the file as UTF-8';
  test.each([
    ['Latin-1', Buffer.from('cat\nBär\n', 'latin1'), otherEncoding],
    ['half a character of UTF-16', littleEndian.subarray(0, 5), otherEncoding],
    [
      'UTF-16 without a byte order mark',
      Buffer.from('cat\ndog', 'utf16le'),
      '--classes: expected text in UTF-8 in line 1 in f, got the control character 0; save the file as UTF-8',
    ],
  ])('refuses %s instead of reading wrong names', (_encoding, file, message) => {
    expect(() => parseClassNames(file, 'f')).toThrow(
      expect.objectContaining({ code: 'classes.invalid', message }),
    );
  });

  test.each([
    ['', '--classes: expected 2 to 1000 names, one a line, in f, got nothing'],
    ['one\n', '--classes: expected 2 to 1000 names, one a line, in f, got 1'],
    [
      Array.from({ length: 1_001 }, (_, at) => `c${at}`).join('\n'),
      '--classes: expected 2 to 1000 names, one a line, in f, got 1001',
    ],
    ['a\n\nb', '--classes: expected a name in line 2 in f, got an empty line'],
    ['a\nb\na', '--classes: expected different names in f, got "a" in lines 1 and 3'],
    [`a\n${'😀'.repeat(65)}`, '--classes: expected at most 64 characters in line 2 in f, got 65'],
  ])('refuses %j', (text, message) => {
    expect(() => parseClassNames(Buffer.from(text), 'f')).toThrow(
      expect.objectContaining({ code: 'classes.invalid', message }),
    );
  });
});

describe('the classes of a dataset', () => {
  const folder = temporaryFolder();
  const sizes = { trainSize: 1_200, testSize: 70 };
  const write = (name: string, options: Partial<Parameters<typeof writeDataset>[1]> = {}): string => {
    const path = join(folder.path, name);
    writeDataset(path, { classCount: 10, ...sizes, ...options });
    return path;
  };
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];

  test.each([2, 3, 10, 62, 256])('are numbers of %i labels', async (classCount) => {
    const { classes, train } = await loadDataset(write('data', { classCount }));
    expect(classes).toEqual(Array.from({ length: classCount }, (_, at) => String(at)));
    expect(train.classCount).toBe(classCount);
    expect([...train.labels.subarray(0, 3)]).toEqual([0, 1, 2 % classCount]);
  });

  test.each([2, 4] as const)('are up to 1,000 with labels of %i bytes', async (labelBytes) => {
    const { classes, train } = await loadDataset(write('data', { classCount: 1_000, labelBytes }));
    expect(classes).toHaveLength(1_000);
    expect(train.labels[999]).toBe(999);
  });

  test.each([
    ['FashionMNIST', 10, 'Ankle boot'],
    ['fashion', 9, 'Ankle boot'],
    ['fashion', 11, '10'],
  ])('in a folder %s with %i labels, the last one is %j', async (name, classCount, last) => {
    expect((await loadDataset(write(name, { classCount }))).classes.at(-1)).toBe(last);
  });

  test.each([
    ['balanced', 47, 'A', 't'],
    ['bymerge', 47, 'A', 't'],
    ['byclass', 62, 'A', 'z'],
    ['digits', 10, undefined, '9'],
    ['mnist', 10, undefined, '9'],
  ])('of EMNIST %s are %i, and its images are read upright', async (emnist, classCount, tenth, last) => {
    const dataset = await loadDataset(write('gzip', { emnist, classCount, isCompressed: true }));
    expect(dataset).toMatchObject({ name: `EMNIST ${emnist}` });
    expect(dataset.classes).toHaveLength(classCount);
    expect([dataset.classes[10], dataset.classes.at(-1)]).toEqual([tenth, last]);
    const shifts = [-1, 0, 1].flatMap((x) => [-1, 0, 1].map((y) => Buffer.from(drawGlyph(3, x, y))));
    expect(shifts).toContainEqual(Buffer.from(dataset.train.images.subarray(3 * 784, 4 * 784)));
  });

  test.each([0, 1])('of EMNIST letters are A to Z, numbered from %i', async (firstLabel) => {
    const dataset = await loadDataset(write('gzip', { emnist: 'letters', classCount: 26, firstLabel }));
    expect(dataset.classes).toEqual(letters);
    expect([...dataset.train.labels.subarray(0, 27)]).toEqual([...letters.keys(), 0]);
  });

  test('are those of one dataset in a folder with several of EMNIST', async () => {
    const path = write('EMNIST/raw', { emnist: 'letters', classCount: 26, firstLabel: 1 });
    write('EMNIST/raw', { emnist: 'balanced', classCount: 47 });
    expect((await loadDataset(join(path, 'emnist-balanced'))).classes).toHaveLength(47);
    await expect(loadDataset(join(folder.path, 'EMNIST'))).rejects.toMatchObject({
      code: 'dataset.invalid',
      message: `--data: expected one dataset in ${folder.path}/EMNIST, found several (raw/emnist-balanced, raw/emnist-letters): choose one, such as --data ${path}/emnist-balanced`,
    });
    await expect(loadDataset(join(path, 'emnist-byclass'))).rejects.toMatchObject({
      code: 'dataset.invalid',
      message: expect.stringContaining('expected emnist-byclass-train-images-idx3-ubyte, '),
    });
  });

  test('have the names in a file', async () => {
    const names = join(folder.path, 'names.txt');
    writeFileSync(names, 'cat\ndog\nbird\n');
    const path = write('fashion', { classCount: 3 });
    expect((await loadDataset(path, { classesFile: names })).classes).toEqual(['cat', 'dog', 'bird']);
    await expect(loadDataset(write('four', { classCount: 4 }), { classesFile: names })).rejects.toMatchObject(
      {
        code: 'classes.invalid',
        message: `${folder.path}/four/train-labels-idx1-ubyte: expected labels from 0 to 2, of 3 classes, got 3 at position 3`,
      },
    );
    const missing = join(folder.path, 'none');
    await expect(loadDataset(path, { classesFile: missing })).rejects.toMatchObject({
      code: 'classes.invalid',
      message: `--classes: expected a file with the name of one class a line, got ${missing} (ENOENT)`,
    });
    mkdirSync(missing);
    await expect(loadDataset(path, { classesFile: missing })).rejects.toMatchObject({
      code: 'classes.invalid',
    });
  });

  test('of a resumed run stay, and do not depend on the file of names', async () => {
    const path = write('data', { classCount: 2 });
    const dataset = await loadDataset(path, { classNames: ['a', 'b', 'c'], classesFile: join(path, 'none') });
    expect(dataset).toMatchObject({ classes: ['a', 'b', 'c'], test: { classCount: 3 } });
  });

  test.each([
    [1, 1, 0],
    [1_001, 2, 1_000],
  ] as const)('are refused when there are %i', async (classCount, labelBytes, largest) => {
    const path = write('data', { classCount, labelBytes });
    await expect(loadDataset(path)).rejects.toMatchObject({
      code: 'classes.invalid',
      message: `${path}/train-labels-idx1-ubyte: expected labels of 2 to 1000 classes, from 0 to at most 999, got ${largest} as the largest label`,
    });
  });
});
