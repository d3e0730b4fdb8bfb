import { describe, expect, test } from '@jest/globals';
import { TokenGuard } from '../../src/sockets/token-guard.ts';

describe('the guard of a token', () => {
  const limits = { wrongTokenBurst: 3, wrongTokensPerSecond: 0 };
  const guardOf = (token: string | undefined) => new TokenGuard({ token, limits });
  const checks = (guard: TokenGuard, address: string, ...tokens: (string | undefined)[]) =>
    tokens.map((token) => guard.check(token, address));

  test('accepts the token, and any token when none is set', () => {
    expect(checks(guardOf('sesame'), '203.0.113.1', 'sesame', undefined)).toEqual(['accepted', 'missing']);
    expect(checks(guardOf(undefined), '203.0.113.1', 'x', undefined)).toEqual(['accepted', 'accepted']);
  });

  test('refuses an address after too many wrong tokens, even with the right token', () => {
    const guard = guardOf('sesame');
    expect(checks(guard, '203.0.113.1', 'a', 'sesame', 'b', 'c', 'd', 'sesame', undefined)).toEqual([
      ...['wrong', 'accepted', 'wrong', 'wrong', 'tooMany', 'tooMany', 'missing'],
    ]);
    expect(checks(guard, '203.0.113.2', 'sesame')).toEqual(['accepted']);
  });

  test('counts a /64 of IPv6 as one address', () => {
    const guard = guardOf('sesame');
    for (const last of ['1', '2', '3']) expect(guard.check('x', `2001:db8::${last}`)).toBe('wrong');
    expect(guard.check('sesame', '2001:db8::4')).toBe('tooMany');
    expect(guard.check('sesame', '2001:db8:0:1::4')).toBe('accepted');
  });
});
