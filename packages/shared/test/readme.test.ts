import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'examples/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

/** Targets of links and pictures that lie in the repository. */
const targets = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)]+)\)|src="([^"]+)"/g)]
    .map(([, link, source]) => link ?? source ?? '')
    .filter((target) => !/^https?:/.test(target));

/** The anchors that GitHub gives the headings of a page. */
const anchors = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

const exists = (target: string, from: string): boolean => {
  const [path, anchor] = target.split('#') as [string, string?];
  const file = path === '' ? join(root, from) : join(root, dirname(from), path);
  return existsSync(file) && (!anchor || anchors(readFileSync(file, 'utf8')).includes(anchor));
};

test('the documents of the repository are found', () => {
  expect(documents.length).toBeGreaterThan(50);
});

describe.each(documents)('%s', (document) => {
  const text = readFileSync(`${root}${document}`, 'utf8');

  test('links only to files and headings that exist', () => {
    expect(targets(text).filter((target) => !exists(target, document))).toEqual([]);
  });

  test('names only scripts that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
    const named = [...text.matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name as string);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

test('the map of the code in README.md lists every folder of the packages', () => {
  const map = readFileSync(`${root}README.md`, 'utf8').split('## The code')[1]!;
  const rows = map.split('\n').filter((line) => line.startsWith('|'));
  const listed = rows.flatMap((row) =>
    [...row.split('|')[2]!.matchAll(/`([\w-]+)`/g)].map(([, name]) => name),
  );
  const folders = readdirSync(join(root, 'packages')).flatMap((name) =>
    readdirSync(join(root, 'packages', name, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name),
  );
  expect(listed.sort()).toEqual(folders.sort());
});

test('docs/decisions/README.md lists every decision', () => {
  const list = readFileSync(`${root}docs/decisions/README.md`, 'utf8');
  const files = readdirSync(join(root, 'docs/decisions')).filter((file) => file !== 'README.md');
  expect(files.filter((file) => !list.includes(`(${file})`))).toEqual([]);
});
