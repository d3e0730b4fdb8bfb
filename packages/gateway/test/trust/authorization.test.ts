import { describe, expect, test } from '@jest/globals';
import { limits } from '../../src/limits.ts';
import { createTokenGuard } from '../../src/sockets/token-guard.ts';
import { CommandAuthorizer, type CommandAuthorizerOptions } from '../../src/trust/authorization.ts';

const loopback = { host: '127.0.0.1', bind: undefined };
const anyAddress = { host: '0.0.0.0', bind: undefined };

const direct = {
  headers: {},
  raw: { httpVersion: '1.1' },
  ip: '127.0.0.1',
  socket: { remoteAddress: '127.0.0.1' },
};
const authorizerOf = (options: Omit<CommandAuthorizerOptions, 'guard' | 'log'>, warnings: string[] = []) =>
  new CommandAuthorizer({
    ...options,
    guard: createTokenGuard({ token: options.commandToken, limits }),
    log: { warn: (text: string) => warnings.push(text) } as never,
  });
const rightsOf = (options: Omit<CommandAuthorizerOptions, 'guard' | 'log'>, request: object = {}) =>
  authorizerOf(options).rightsOf({ ...direct, ...request });

describe('commands and changes', () => {
  test.each([
    ['open', 'only this machine reaches the port', loopback, undefined],
    ['token', 'a token is set, even where only this machine reaches the port', loopback, 'sesame'],
    ['off', 'other machines reach the port and no token is set', anyAddress, undefined],
    ['token', 'other machines reach the port and a token is set', anyAddress, 'sesame'],
    ['open', 'a container publishes its port on loopback', { ...anyAddress, bind: '127.0.0.1' }, undefined],
    ['off', 'a container publishes its port to others', { host: '127.0.0.1', bind: '10.0.0.5' }, undefined],
  ] as const)('are %s when %s (S-2)', (access, _when, port, commandToken) => {
    expect(rightsOf({ ...port, commandToken }).access).toBe(access);
  });

  test('need no token when they are open', () => {
    const rights = rightsOf({ ...loopback, commandToken: undefined });
    for (const token of [undefined, 'anything']) expect(() => rights.authorize(token)).not.toThrow();
  });

  test('are refused with any token when they are off (S-2)', () => {
    const rights = rightsOf({ ...anyAddress, commandToken: undefined });
    for (const token of [undefined, '', 'sesame'])
      expect(() => rights.authorize(token)).toThrow(
        expect.objectContaining({
          code: 'command.off',
          message:
            'commands and changes are off: this gateway is reached from other machines; set --command-token to allow them',
        }),
      );
  });

  test('need exactly the token when one is set, and no error repeats a token (S-3, S-28)', () => {
    const rights = rightsOf({ ...anyAddress, commandToken: 'sesame' });
    expect(() => rights.authorize('sesame')).not.toThrow();
    for (const token of [undefined, '', 'Sesame', 'sesame ', 'barley'])
      expect(() => rights.authorize(token)).toThrow(
        expect.objectContaining({
          code: 'command.unauthorized',
          message: expect.not.stringMatching(/sesame|barley/i),
        }),
      );
  });

  test('name what is wrong with a token, and how long to wait after too many', () => {
    const rights = rightsOf({ ...anyAddress, commandToken: 'sesame' }, { ip: '203.0.113.7' });
    const refusal = (code: string, message: string) => expect.objectContaining({ code, message });
    const expected = 'expected the command token, got';
    expect(() => rights.authorize(undefined)).toThrow(refusal('command.unauthorized', `${expected} none`));
    for (let wrong = 0; wrong < limits.wrongTokenBurst; wrong++)
      expect(() => rights.authorize('barley')).toThrow(
        refusal('command.unauthorized', `${expected} another one`),
      );
    expect(() => rights.authorize('barley')).toThrow(
      refusal('request.too_many', 'this address sent too many wrong tokens: try again in a minute'),
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
  ])('with the header Authorization: %s: allowed is %s (P-180, S-3)', (authorization, isAllowed) => {
    const authorizer = authorizerOf({ ...loopback, commandToken: 'sesame' });
    const authorize = () => authorizer.authorizeRequest({ ...direct, headers: { authorization } });
    if (isAllowed) expect(authorize).not.toThrow();
    else expect(authorize).toThrow(expect.objectContaining({ code: 'command.unauthorized' }));
  });

  const proxied: [string, object][] = [
    ['HTTP/1.0', { raw: { httpVersion: '1.0' } }],
    ...['forwarded', 'via', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-prefix'].map(
      (name): [string, object] => [name, { headers: { [name]: '' } }],
    ),
  ];

  test.each(proxied)(
    'are off through a proxy without a token, recognized by %s (S-5, S-8)',
    (trace, request) => {
      for (const port of [loopback, { ...anyAddress, bind: '127.0.0.1' }]) {
        const rights = rightsOf({ ...port, commandToken: undefined }, request);
        expect(rights).toMatchObject({ access: 'off', offReason: expect.stringContaining(`(${trace})`) });
        expect(() => rights.authorize('anything')).toThrow(
          expect.objectContaining({ code: 'command.off', message: expect.stringMatching(/--command-token/) }),
        );
      }
    },
  );

  test.each(proxied)(
    'need the token through a proxy where one is set, recognized by %s (S-5)',
    (_trace, request) => {
      const rights = rightsOf({ ...loopback, commandToken: 'sesame' }, request);
      expect(rights).toMatchObject({ access: 'token', offReason: undefined });
      expect(() => rights.authorize('sesame')).not.toThrow();
      expect(() => rights.authorize(undefined)).toThrow(
        expect.objectContaining({ code: 'command.unauthorized' }),
      );
    },
  );

  test('are reported once in the log as off through a proxy, and stay open for this machine', () => {
    const warnings: string[] = [];
    const authorizer = authorizerOf({ ...loopback, commandToken: undefined }, warnings);
    expect(authorizer.rightsOf(direct).access).toBe('open');
    expect(warnings).toEqual([]);
    for (const [, request] of proxied) authorizer.rightsOf({ ...direct, ...request });
    expect(warnings).toEqual([expect.stringMatching(/proxy \(HTTP\/1\.0\).*--command-token/)]);
    expect(authorizer.rightsOf(direct).access).toBe('open');
  });
});
