import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const page = readFileSync(new URL('../../../../docs/security.md', import.meta.url), 'utf8');
const sourceOf = (path: string): URL => new URL(`../../test/${path}`, import.meta.url);

test('docs/security.md names test files that exist, and titles that are in them', () => {
  const files = [...page.matchAll(/`([\w/-]+\.test\.ts)`(?:\s+\*([^*]+?)(?: …)?\*)?/g)];
  expect(files.length).toBeGreaterThan(20);
  const missing = files
    .filter(([, path, title]) => {
      const file = sourceOf(path!);
      return !existsSync(file) || !readFileSync(file, 'utf8').includes(`'${title ?? ''}`);
    })
    .map(([text]) => text);
  expect(missing).toEqual([]);
});
