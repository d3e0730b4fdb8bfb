import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const page = fileURLToPath(new URL('../page/', import.meta.url));
const texts = readdirSync(page, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(html|js|css|svg)$/.test(name))
  .map((name) => [name, readFileSync(page + name, 'utf8')] as const);

/** The first parts of the paths that the gateway serves, and of those that the build refers to. */
const served =
  'api|assets|asyncapi\\.json|docs|favicon|healthz|index\\.html|live|metrics|openapi\\.json|readyz|src';
/** Addresses from the root of the host: in a string of a script, in an attribute, or in `url()` of a style sheet. */
const fromRoot = new RegExp(
  `["'\`(]/(?:${served})(?![\\w-])|(?:href|src|action|srcset)=["']?/|url\\(\\s*["']?/|location\\.host\\b`,
  'g',
);

describe('the built page', () => {
  it('has no address from the root of the host, so that a proxy can serve it below any path', () => {
    expect(texts.map(([name]) => name)).toContain('index.html');
    expect(
      texts.flatMap(([name, text]) => [...text.matchAll(fromRoot)].map(([found]) => ({ name, found }))),
    ).toEqual([]);
  });

  it.each([
    'fetch("/api/runs")',
    'fetch(`/live/check`)',
    '<a href="/docs">',
    '<a href=/>',
    'url(/assets/x.woff2)',
    'new Worker("/assets/worker.js")',
    'new WebSocket("wss://" + location.host + path)',
  ])('would not pass this check with %s', (text) => {
    expect(text).toMatch(new RegExp(fromRoot.source));
  });
});
