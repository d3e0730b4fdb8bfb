import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const pageOf = (name: string): string =>
  readFileSync(new URL(`../../../../docs/${name}`, import.meta.url), 'utf8');
const gatewayTests = 'packages/gateway/test/';
const sourceOf = (path: string): URL =>
  new URL(`../../../../${path.startsWith('packages/') ? '' : gatewayTests}${path}`, import.meta.url);

test.each([
  ['security.md', 20],
  ['scaling.md', 5],
  ['protocol.md', 15],
])('docs/%s names test files that exist, and titles that are in them', (name, atLeast) => {
  const page = pageOf(name);
  const files = [...page.matchAll(/`([\w./-]+\.test\.ts)`(?:\s+\*([^*]+?)(?: …)?\*)?/g)];
  expect(files.length).toBeGreaterThan(atLeast);
  const missing = files
    .filter(([, path, title]) => {
      const file = sourceOf(path!);
      const quoted = `'${title?.replace(/\s+/g, ' ') ?? ''}`;
      return !existsSync(file) || !readFileSync(file, 'utf8').includes(quoted);
    })
    .map(([text]) => text);
  expect(missing).toEqual([]);
});

test('docs/security.md names a test for each threat', () => {
  const threats = pageOf('security.md').split('## Threats')[1]!.split('\n## ')[0]!;
  const rows = [...threats.matchAll(/^\| (?!threat |---)(.*) \|$/gm)].map(([, row]) => row!.split(' | '));
  expect(rows.length).toBeGreaterThan(15);
  const unproven = rows.filter(
    ([, , proof]) => !/`[^`]*(test\.ts|test\/[^`]*|fuzz|store\/)`/.test(proof ?? ''),
  );
  expect(unproven.map(([threat]) => threat)).toEqual([]);
});

/** The first columns of tables whose rows another test compares with the schemas and the lists of codes. */
const comparedTables = ['| field |', '| type |', '| code |'];

test('docs/protocol.md names a test in each section but the history, and in each row of each table', () => {
  const sections = pageOf('protocol.md').split(/^## /m).slice(1);
  const untested = sections.filter((text) => !/`[\w./-]+\.test\.ts`/.test(text));
  expect(untested.map((text) => text.split('\n')[0])).toEqual(['History']);
  const tables = sections.flatMap((text) => text.match(/(?:^\|.*\n)+/gm) ?? []);
  const promises = tables.filter((table) => !comparedTables.some((start) => table.startsWith(start)));
  const rows = promises.flatMap((table) => table.trimEnd().split('\n').slice(2));
  expect(rows.length).toBeGreaterThan(100);
  const unproven = rows.filter((row) => !/^`[\w./-]+\.test\.ts`/.test(row.split(' | ').at(-1)!));
  expect(unproven).toEqual([]);
});
