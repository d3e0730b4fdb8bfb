import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const sources = fileURLToPath(new URL('../../../src/', import.meta.url));
const read = (name: string): string => readFileSync(sources + name, 'utf8');
const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, name = '']) => name);

it('registers the colours that scripts read, which are the text `light-dark(…)` otherwise', () => {
  const registered = matches(read('ui/tokens.css'), /@property (--[\w-]+)/g);
  const readers = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map(read)
    .filter((text) => text.includes('getPropertyValue'));
  expect(readers.length).toBeGreaterThan(2);
  for (const text of readers)
    expect(registered).toEqual(expect.arrayContaining(matches(text, /'(--[\w-]+)'/g)));
});
