import { describe, expect, test } from '@jest/globals';
import { Authority } from '../../src/trust/authority.ts';

const here = { host: '127.0.0.1', bind: undefined };
const everywhere = { host: '0.0.0.0', bind: undefined };

describe('who may command', () => {
  test.each([
    ['open', 'only this machine reaches the port', here, undefined],
    ['token', 'a token is set, even where only this machine reaches the port', here, 'sesame'],
    ['off', 'other machines reach the port and no token is set', everywhere, undefined],
    ['token', 'other machines reach the port and a token is set', everywhere, 'sesame'],
    ['open', 'a container publishes its port on loopback', { ...everywhere, bind: '127.0.0.1' }, undefined],
    ['off', 'a container publishes its port to others', { host: '127.0.0.1', bind: '10.0.0.5' }, undefined],
  ] as const)('%s: %s', (access, _when, place, commandToken) => {
    expect(new Authority({ ...place, commandToken }).access).toBe(access);
  });

  test('open: with any token or none', () => {
    const authority = new Authority({ ...here, commandToken: undefined });
    for (const token of [undefined, 'anything']) expect(() => authority.demand(token)).not.toThrow();
  });

  test('off: nobody, whatever they say', () => {
    const authority = new Authority({ ...everywhere, commandToken: undefined });
    for (const token of [undefined, '', 'sesame'])
      expect(() => authority.demand(token)).toThrow(expect.objectContaining({ code: 'command.off' }));
  });

  test('token: who has it and nobody else; no error repeats a token', () => {
    const authority = new Authority({ ...everywhere, commandToken: 'sesame' });
    expect(() => authority.demand('sesame')).not.toThrow();
    for (const token of [undefined, '', 'Sesame', 'sesame ', 'barley'])
      expect(() => authority.demand(token)).toThrow(
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
  ])('a request with Authorization: %s: %s', (authorization, may) => {
    const authority = new Authority({ ...here, commandToken: 'sesame' });
    const ask = () => authority.demandOf({ headers: { authorization } });
    if (may) expect(ask).not.toThrow();
    else expect(ask).toThrow(expect.objectContaining({ code: 'command.unauthorized' }));
  });
});
