import { expect, test } from '@jest/globals';
import { startGateway } from '../../support/gateway.ts';

test('every response forbids pages to load from other hosts or to run inline code (S-10, S-11, S-20)', async () => {
  const { url } = await startGateway();
  const { headers } = await fetch(`${url}/`);
  const policy = headers.get('content-security-policy') ?? '';
  const { host } = new URL(url);
  expect(policy.split('; ')).toEqual(
    expect.arrayContaining([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data: blob:",
      `connect-src 'self' ws://${host} wss://${host}`,
    ]),
  );
  expect(policy.split('; ')).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/unsafe|\*/);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
  expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
});

test('the pages of the sites that --embed names may show the page in a frame (S-10)', async () => {
  const { url } = await startGateway({ embed: ['https://notes.example.org', 'http://localhost:8888'] });
  const policy = (await fetch(`${url}/`)).headers.get('content-security-policy') ?? '';
  expect(policy.split('; ')).toContain('frame-ancestors https://notes.example.org http://localhost:8888');
});
