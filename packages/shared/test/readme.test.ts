import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const documents = ['README.md', 'CONTRIBUTING.md', 'docs/docker.md', 'examples/README.md'];

/** Targets of links and pictures that lie in the repository. */
const targets = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)#]+)[^)]*\)|src="([^"]+)"/g)]
    .map(([, link, source]) => link ?? source ?? '')
    .filter((target) => target !== '' && !/^https?:/.test(target));

describe.each(documents)('%s', (document) => {
  const text = readFileSync(`${root}${document}`, 'utf8');

  test('points only to what is there', () => {
    expect(targets(text).length).toBeGreaterThan(0);
    expect(targets(text).filter((target) => !existsSync(join(root, dirname(document), target)))).toEqual([]);
  });

  test('names only scripts that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
    const named = [...text.matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name as string);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
