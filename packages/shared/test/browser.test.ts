import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const compiled = fileURLToPath(new URL('../src/', import.meta.url));

/** Returns every module that a compiled file loads, directly or through other files. */
function modulesLoadedBy(entry: string): Set<string> {
  const seen = new Set<string>();
  const queue = [entry];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    if (!path.endsWith('.js')) continue;
    const text = readFileSync(join(compiled, path), 'utf8');
    for (const [, specifier = ''] of text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g))
      queue.push(
        specifier.startsWith('.')
          ? relative(compiled, join(compiled, dirname(path), specifier))
          : `package ${specifier}`,
      );
  }
  return seen;
}

describe('the entry for browsers', () => {
  test('loads no library and no schema', () => {
    const modules = [...modulesLoadedBy('browser.js')];
    expect(modules).toContain('client/live-client.js');
    expect(modules.filter((path) => /^package|^schemas\//.test(path))).toEqual([]);
  });

  test('exports everything that the default entry exports, except what needs a schema', async () => {
    // One after the other: Jest links modules that both need only once, and fails if that is not finished.
    const all = await import('../src/index.ts');
    const light = await import('../src/browser.ts');
    const missing = Object.keys(all).filter((name) => !(name in light));
    expect(missing.filter((name) => !/Schemas?$/.test(name)).sort()).toEqual([
      'canonicalBatchVersion',
      'commandIdOf',
      'decodeLive',
      'measureIssues',
      'seriesFields',
      'versionOfEvent',
    ]);
    expect(Object.keys(light).filter((name) => !(name in all))).toEqual([]);
  });
});

test('the default entry loads zod', () => {
  expect([...modulesLoadedBy('index.js')]).toContain('package zod');
});
