import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

// From dist/test of this package.
const root = new URL('../../../../', import.meta.url);

test('docs/scaling.md names test files that exist, and titles that are in them', () => {
  const page = readFileSync(new URL('docs/scaling.md', root), 'utf8');
  const files = [...page.matchAll(/`([\w./-]+\.test\.ts)`(?:\s+\*([^*]+?)(?: …)?\*)?/g)];
  expect(files.length).toBeGreaterThan(5);
  const missing = files
    .filter(([, path, title]) => {
      const file = new URL(path!.startsWith('packages/') ? path! : `packages/gateway/test/${path}`, root);
      const quoted = `'${title?.replace(/\s+/g, ' ') ?? ''}`;
      return !existsSync(file) || !readFileSync(file, 'utf8').includes(quoted);
    })
    .map(([text]) => text);
  expect(missing).toEqual([]);
});
