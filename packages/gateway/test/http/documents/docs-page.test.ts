import { expect, test } from '@jest/globals';
import type { OpenApi } from '../../../src/http/documents/openapi.ts';
import { startGateway } from '../../support/gateway.ts';

test('the page contains both documents, and has no script (P-179)', async () => {
  const { url } = await startGateway();
  const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as OpenApi;
  const page = await fetch(`${url}/docs`);
  expect(page.headers.get('content-security-policy')).toMatch(/script-src 'self'; style-src 'self'/);
  const text = await page.text();
  expect(text).not.toMatch(/<script|style=|https?:\/\//);
  for (const { operationId } of Object.values(paths).flatMap((methods) => Object.values(methods)))
    expect(text).toContain(`id="${operationId}"`);
  const names = [...text.matchAll(/href="#([^"]+)"/g)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(50);
  expect(names.filter((name) => !text.includes(`id="${name}"`))).toEqual([]);
  // A proxy may serve the page below a path, so no address begins at the root of the host.
  expect([...text.matchAll(/(?:href|src)="([^#"]*)"/g)].map(([, address]) => address)).toEqual([
    'data:,',
    'docs.css',
    'openapi.json',
    'asyncapi.json',
    'schema/bundle.json',
    '.',
  ]);
  expect(text).not.toMatch(/undefined|\[object/);
});
