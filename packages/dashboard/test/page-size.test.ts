import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, it } from '@jest/globals';

const page = fileURLToPath(new URL('../page/', import.meta.url));
const limit = 95_000;

/** Returns the scripts that a first visit loads: those in index.html, with their static imports. */
function firstVisitScripts(): string[] {
  const scriptTags = [
    ...readFileSync(`${page}index.html`, 'utf8').matchAll(/<script[^>]* src="\.\/([^"]+)"/g),
  ];
  const scripts = new Set(scriptTags.map(([, path = '']) => path));
  for (const path of scripts)
    for (const [, name] of readFileSync(page + path, 'utf8').matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g))
      scripts.add(`assets/${name}`);
  return [...scripts];
}

it(`a first visit loads at most ${limit / 1_000} kB of JavaScript after gzip`, () => {
  const scripts = firstVisitScripts();
  const sizes = scripts.map((path) => gzipSync(readFileSync(page + path)).length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(limit);
});

it('the scripts of a first visit are requested together, not one after the other', () => {
  const html = readFileSync(`${page}index.html`, 'utf8');
  const requested = [
    ...html.matchAll(/<(?:script|link rel="modulepreload")[^>]* (?:src|href)="\.\/([^"]+)"/g),
  ];
  expect(requested.map(([, path]) => path).sort()).toEqual(firstVisitScripts().sort());
});

it('panels that open on demand are not part of a first visit', () => {
  const onDemand = [
    ...['runs-dialog', 'run-editor', 'new-run-dialog', 'help-dialog', 'command-token'],
    ...['metrics-panel', 'figures-panel', 'calibration-panel', 'compare-panel', 'many-classes'],
    ...['few-classes', 'sample-list', 'scatter-view'],
  ];
  const names = readdirSync(`${page}assets`);
  for (const name of onDemand) {
    const chunk = names.find((file) => file.startsWith(`${name}-`));
    expect(chunk).toBeDefined();
    expect(firstVisitScripts()).not.toContain(`assets/${chunk}`);
  }
});

it('the module that reports errors of the page is evaluated before all others', () => {
  const texts = firstVisitScripts().map((path) => readFileSync(page + path, 'utf8'));
  const text = texts.find((each) => each.includes('Part of this page has failed')) ?? '';
  // Imports are evaluated first: its file has none, and begins with it.
  expect(text).not.toMatch(/(?:from|import)\s*"\.\//);
  expect(text.indexOf('Part of this page has failed')).toBeLessThan(500);
});
