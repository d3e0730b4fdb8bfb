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

describe('docs/security.md', () => {
  const gateway = `${root}packages/gateway/`;
  const text = readFileSync(`${root}docs/security.md`, 'utf8');

  test('names only files that the gateway has', () => {
    const tests = [...text.matchAll(/[\w/.-]+\.test\.ts/g)].map(([path]) => `test/${path}`);
    const sources = [...text.matchAll(/src\/[\w/.-]+\.ts/g)].map(([path]) => path);
    expect(Math.min(tests.length, sources.length)).toBeGreaterThan(0);
    expect([...tests, ...sources].filter((path) => !existsSync(gateway + path))).toEqual([]);
  });

  test('names only tests that are in those files', () => {
    const named = [...text.matchAll(/`([\w/.-]+\.test\.ts)`\s\*([^*]+?)(?: …)?\*/g)];
    expect(named.length).toBeGreaterThan(0);
    const isThere = ([, path, title]: string[]): boolean =>
      readFileSync(`${gateway}test/${path}`, 'utf8').includes(title!);
    expect(named.filter((match) => !isThere(match)).map(([mention]) => mention)).toEqual([]);
  });
});
