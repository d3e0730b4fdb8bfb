import { expect, test } from '@jest/globals';
import { readConfig } from '../src/config.ts';

test('the gateway serves only this machine by default', () => {
  expect(readConfig([], {})).toEqual({
    host: '127.0.0.1',
    port: 5000,
    bind: undefined,
    ingestHost: '127.0.0.1',
    ingestPort: 5001,
    runs: 'runs',
    keep: undefined,
    redisUrl: undefined,
    token: undefined,
    commandToken: undefined,
    logLevel: 'info',
  });
});

test('the gateway reads only its own options from the command line', () => {
  const config = readConfig(['--epochs', '3', '--port=8080', '--once'], {
    MONITOR_TOKEN: 'open sesame, open wide',
  });
  expect(config).toMatchObject({ port: 8080, token: 'open sesame, open wide' });
  expect(config).not.toHaveProperty('epochs');
});

test.each(['redis', 'http://localhost:6379', 'redis://', 'unix://', 'redis://user:secret@host:port'])(
  'the gateway refuses %p as the URL of Redis without repeating it',
  (url) => {
    expect(() => readConfig(['--redis-url', url], {})).toThrow(
      expect.objectContaining({
        exitCode: 2,
        message: expect.stringMatching(
          /^--redis-url: expected an address such as [^\n]+, got what was given$/,
        ),
      }),
    );
  },
);
