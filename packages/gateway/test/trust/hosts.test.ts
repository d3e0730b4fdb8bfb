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
  ])('%p at a gateway bound to %s: allowed is %p', (host, bound, allowed) => {
    expect(isHostAllowed(host, bound)).toBe(allowed);
  });
});

describe('the Origin header', () => {
  test.each([
    [undefined, 'localhost:5000', true],
    ['http://localhost:5000', 'localhost:5000', true],
    ['http://monitor.lan', 'monitor.lan:80', true],
    ['https://monitor.lan', 'monitor.lan:443', true],
    ['http://localhost:5173', 'localhost:5000', false],
    ['http://127.0.0.1:5000', 'localhost:5000', false],
    ['http://evil.example', 'localhost:5000', false],
    ['null', 'localhost:5000', false],
    ['', 'localhost:5000', false],
  ])('%p at %s: allowed is %p', (origin, host, allowed) => {
    expect(isOriginAllowed(origin, host)).toBe(allowed);
  });

  test.each([
    ['https://notes.example.org', true],
    ['http://localhost:5000', true],
    ['http://notes.example.org', false],
    ['https://notes.example.org.evil.example', false],
    ['null', false],
  ])('%p where --origins names https://notes.example.org: allowed is %p', (origin, allowed) => {
    expect(isOriginAllowed(origin, 'localhost:5000', ['https://notes.example.org'])).toBe(allowed);
  });
});

test('a loopback address is recognized', () => {
  expect(['127.0.0.1', '127.8.8.8', 'localhost', '::1'].every(isLoopback)).toBe(true);
  expect(['0.0.0.0', '::', '192.168.1.5', '128.0.0.1', 'localhost.example'].some(isLoopback)).toBe(false);
});
