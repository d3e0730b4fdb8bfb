import { expect, test } from '@jest/globals';
import { readConfig } from '../src/config.ts';

test('the gateway serves only this machine by default (S-1)', () => {
  expect(readConfig([], {})).toEqual({
    host: '127.0.0.1',
    port: 5000,
    bind: undefined,
    ingestHost: '127.0.0.1',
    ingestPort: 5001,
    runs: 'runs',
    keep: undefined,
    uploads: undefined,
    viewers: 5_000,
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

test.each([
  ...['redis', 'http://localhost:6379', 'redis://', 'unix://', 'redis://user:secret@host:port'],
  // Passwords that are not percent-encoded: some of these name another host, port or database.
  ...[
    'redis://:a/b@host',
    'redis://u:12/3@host',
    'redis://u:12?b@host',
    'redis://u:12#b@host',
    'redis://:50%@host',
  ],
  ...['redis://:a%zz@host', 'redis://host?db=1', 'unix:///run/redis.sock?db=1'],
])('the gateway refuses %p as the URL of Redis without repeating it (S-58)', (url) => {
  expect(() => readConfig(['--redis-url', url], {})).toThrow(
    expect.objectContaining({
      exitCode: 2,
      message: expect.stringMatching(
        /^--redis-url: expected an address such as [^\n]+ of the password as %2F, %3F, %23 and %25, got another value \(not shown\)$/,
      ),
    }),
  );
});

test.each(['redis://:a%2Fb%25@host:6379/3', 'redis://:a@b@host', 'unix:///run/redis.sock'])(
  'the gateway accepts %p as the URL of Redis',
  (url) => {
    expect(readConfig(['--redis-url', url], {}).redisUrl).toBe(url);
  },
);
