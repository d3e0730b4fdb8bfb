import { describe, expect, test } from '@jest/globals';
import { createTokenGuard, TokenGuard } from '../../src/sockets/token-guard.ts';
import type { Client } from '../../src/trust/client.ts';

describe('the guard of a token', () => {
  const limits = { wrongTokenBurst: 3, wrongTokensPerSecond: 0 };
  const guardOf = (token: string | undefined) => createTokenGuard({ token, limits });
  const at = (address: string, proxy: Client['proxy'] = 'none'): Client => ({ address, proxy });
  const checks = (guard: ReturnType<typeof guardOf>, client: Client, ...tokens: (string | undefined)[]) =>
    tokens.map((token) => guard.check(token, client));
  const guesses = ['a', 'b', 'c'];

  test('accepts the token, and any token when none is set', () => {
    const client = at('203.0.113.1');
    expect(checks(guardOf('sesame'), client, 'sesame', undefined)).toEqual(['accepted', 'missing']);
    expect(checks(guardOf(undefined), client, 'x', undefined)).toEqual(['accepted', 'accepted']);
  });

  test('keeps no networks where no token is set', () => {
    expect(guardOf(undefined)).not.toBeInstanceOf(TokenGuard);
  });

  test('compares no token of a network after too many wrong ones, not even the right one (P-259, S-24)', () => {
    const guard = guardOf('sesame');
    expect(checks(guard, at('203.0.113.1'), ...guesses, 'd', 'sesame', undefined)).toEqual([
      ...['wrong', 'wrong', 'wrong', 'tooMany', 'tooMany', 'missing'],
    ]);
    expect(checks(guard, at('203.0.113.2'), 'sesame')).toEqual(['accepted']);
  });

  test('counts a /64 of IPv6 as one address (P-259, S-24)', () => {
    const guard = guardOf('sesame');
    for (const last of ['1', '2', '3']) expect(guard.check('x', at(`2001:db8::${last}`))).toBe('wrong');
    expect(guard.check('sesame', at('2001:db8::4'))).toBe('tooMany');
    expect(guard.check('sesame', at('2001:db8:0:1::4'))).toBe('accepted');
  });

  test('accepts the token always from a network that has sent it, however many wrong ones follow (S-25)', () => {
    const guard = guardOf('sesame');
    expect(guard.check('sesame', at('2001:db8::1'))).toBe('accepted');
    expect(checks(guard, at('2001:db8::2'), ...guesses, 'd')).toEqual(['wrong', 'wrong', 'wrong', 'tooMany']);
    expect(guard.check('sesame', at('2001:db8::3', 'named'))).toBe('accepted');
  });

  test.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])(
    'accepts the token always from this machine at %s, but not from a proxy on it (S-25)',
    (address) => {
      const guard = guardOf('sesame');
      expect(guard.check('sesame', at(address))).toBe('accepted');
      expect(checks(guard, at(address, 'unnamed'), ...guesses)).toEqual(['wrong', 'wrong', 'wrong']);
      expect(guard.check('sesame', at(address))).toBe('accepted');
      expect(guard.check('d', at(address))).toBe('tooMany');
      expect(guard.check('sesame', at(address, 'unnamed'))).toBe('tooMany');
    },
  );

  test('does not take one client of an unnamed proxy as proof for the others (S-26)', () => {
    const guard = guardOf('sesame');
    const client = at('203.0.113.1', 'unnamed');
    expect(checks(guard, client, 'sesame', ...guesses, 'sesame')).toEqual([
      ...['accepted', 'wrong', 'wrong', 'wrong', 'tooMany'],
    ]);
    expect(guard.check('sesame', at('203.0.113.1'))).toBe('tooMany');
  });

  test('remembers the 10,000 networks that have sent the token most recently (S-25)', () => {
    const guard = guardOf('sesame');
    const network = (index: number) => at(`10.0.${Math.floor(index / 256)}.${index % 256}`);
    for (let index = 0; index <= 10_000; index++) guard.check('sesame', network(index));
    for (const index of [0, 1]) for (const guess of guesses) guard.check(guess, network(index));
    expect(guard.check('sesame', network(0))).toBe('tooMany');
    expect(guard.check('sesame', network(1))).toBe('accepted');
  });
});
