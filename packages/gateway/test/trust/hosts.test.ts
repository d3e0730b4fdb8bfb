import { describe, expect, test } from '@jest/globals';
import { isHostAllowed, isLoopback, isOriginAllowed } from '../../src/trust/hosts.ts';

describe('the Host header', () => {
  test.each([
    ['localhost:5000', '127.0.0.1', true],
    ['127.0.0.1:5000', '127.0.0.1', true],
    ['[::1]:5000', '::1', true],
    ['LOCALHOST', 'localhost', true],
    ['localhost.:5000', '127.0.0.1', true],
    ['evil.example:5000', '127.0.0.1', false],
    ['localhost.evil.example', '127.0.0.1', false],
    ['127.0.0.1.evil.example', '127.0.0.1', false],
    ['', '127.0.0.1', false],
    [undefined, '127.0.0.1', false],
    ['192.168.1.5:5000', '127.0.0.1', false],
    ['monitor.lan', '0.0.0.0', true],
    ['monitor.lan', '192.168.1.5', true],
  ])('%p at a gateway bound to %s: allowed is %p (S-9)', (host, bound, allowed) => {
    expect(isHostAllowed(host, bound)).toBe(allowed);
  });
});

describe('the Origin header', () => {
  test.each([
    [undefined, 'http', 'localhost:5000', true],
    ['http://localhost:5000', 'http', 'localhost:5000', true],
    ['http://monitor.lan', 'http', 'monitor.lan:80', true],
    ['https://monitor.lan', 'https', 'monitor.lan:443', true],
    ['https://monitor.lan', 'http', 'monitor.lan', false],
    ['http://monitor.lan', 'https', 'monitor.lan', false],
    ['https://localhost:5000', 'http', 'localhost:5000', false],
    ['https://monitor.lan', undefined, 'monitor.lan', true],
    ['http://monitor.lan', undefined, 'monitor.lan', true],
    ['http://localhost:5173', 'http', 'localhost:5000', false],
    ['http://127.0.0.1:5000', 'http', 'localhost:5000', false],
    ['http://evil.example', undefined, 'localhost:5000', false],
    ['null', undefined, 'localhost:5000', false],
    ['', undefined, 'localhost:5000', false],
  ] as const)('%p at %s, %s: allowed is %p (S-6)', (origin, scheme, host, allowed) => {
    expect(isOriginAllowed(origin, { host, scheme })).toBe(allowed);
  });

  test.each([
    ['https://notes.example.org', true],
    ['http://localhost:5000', true],
    ['http://notes.example.org', false],
    ['https://notes.example.org.evil.example', false],
    ['null', false],
  ])('%p where --origins names https://notes.example.org: allowed is %p (S-6)', (origin, allowed) => {
    expect(
      isOriginAllowed(origin, { host: 'localhost:5000', scheme: 'http' }, ['https://notes.example.org']),
    ).toBe(allowed);
  });
});

test('a loopback address is recognized', () => {
  expect(['127.0.0.1', '127.8.8.8', 'localhost', '::1'].every(isLoopback)).toBe(true);
  expect(['0.0.0.0', '::', '192.168.1.5', '128.0.0.1', 'localhost.example'].some(isLoopback)).toBe(false);
});
