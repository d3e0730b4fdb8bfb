import { describe, expect, test } from '@jest/globals';
import { CommandAuthorizer } from '../../src/trust/authorization.ts';

const loopback = { host: '127.0.0.1', bind: undefined };
const anyAddress = { host: '0.0.0.0', bind: undefined };

describe('commands and changes', () => {
  test.each([
    ['open', 'only this machine reaches the port', loopback, undefined],
    ['token', 'a token is set, even where only this machine reaches the port', loopback, 'sesame'],
    ['off', 'other machines reach the port and no token is set', anyAddress, undefined],
    ['token', 'other machines reach the port and a token is set', anyAddress, 'sesame'],
    ['open', 'a container publishes its port on loopback', { ...anyAddress, bind: '127.0.0.1' }, undefined],
    ['off', 'a container publishes its port to others', { host: '127.0.0.1', bind: '10.0.0.5' }, undefined],
  ] as const)('are %s when %s', (access, _when, port, commandToken) => {
    expect(new CommandAuthorizer({ ...port, commandToken }).access).toBe(access);
  });

  test('need no token when they are open', () => {
    const authorizer = new CommandAuthorizer({ ...loopback, commandToken: undefined });
    for (const token of [undefined, 'anything']) expect(() => authorizer.authorize(token)).not.toThrow();
  });

  test('are refused with any token when they are off', () => {
    const authorizer = new CommandAuthorizer({ ...anyAddress, commandToken: undefined });
    for (const token of [undefined, '', 'sesame'])
      expect(() => authorizer.authorize(token)).toThrow(expect.objectContaining({ code: 'command.off' }));
  });

  test('need exactly the token when one is set, and no error repeats a token', () => {
    const authorizer = new CommandAuthorizer({ ...anyAddress, commandToken: 'sesame' });
    expect(() => authorizer.authorize('sesame')).not.toThrow();
    for (const token of [undefined, '', 'Sesame', 'sesame ', 'barley'])
      expect(() => authorizer.authorize(token)).toThrow(
        expect.objectContaining({
          code: 'command.unauthorized',
          message: expect.not.stringMatching(/sesame|barley/i),
        }),
      );
  });

  test.each([
    ['Bearer sesame', true],
    ['bearer sesame', true],
    ['Bearer  sesame', true],
    ['Basic sesame', false],
    ['sesame', false],
    ['Bearer', false],
    [undefined, false],
  ])('with the header Authorization: %s: allowed is %s', (authorization, isAllowed) => {
    const authorizer = new CommandAuthorizer({ ...loopback, commandToken: 'sesame' });
    const authorize = () => authorizer.authorizeRequest({ headers: { authorization } });
    if (isAllowed) expect(authorize).not.toThrow();
    else expect(authorize).toThrow(expect.objectContaining({ code: 'command.unauthorized' }));
  });
});
