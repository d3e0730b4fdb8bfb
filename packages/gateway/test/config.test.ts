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
  const config = readConfig(['--epochs', '3', '--port=8080', '--once'], { MONITOR_TOKEN: 'sesame' });
  expect(config).toMatchObject({ port: 8080, token: 'sesame' });
  expect(config).not.toHaveProperty('epochs');
});
