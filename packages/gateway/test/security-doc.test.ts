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

test('docs/protocol.md names a test in each section but the history, and for each limit', () => {
  const sections = pageOf('protocol.md').split(/^## /m).slice(1);
  const untested = sections.filter((text) => !/`[\w./-]+\.test\.ts`/.test(text));
  expect(untested.map((text) => text.split('\n')[0])).toEqual(['History']);
  const limits = sections.find((text) => text.startsWith('Limits\n'))!;
  const rows = [...limits.matchAll(/^\| (?!what |---)(.*) \|$/gm)].map(([, row]) => row!.split(' | '));
  expect(rows.length).toBeGreaterThan(30);
  const unproven = rows.filter(([, , , proof]) => !/^`[\w./-]+\.test\.ts`/.test(proof ?? ''));
  expect(unproven.map(([what]) => what)).toEqual([]);
});
