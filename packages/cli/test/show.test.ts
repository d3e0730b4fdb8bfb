import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { useGateway } from './support/gateway.ts';

const main = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
const gateway = useGateway();
const runId = '20261101-100000-shown';

const show = (...args: string[]) =>
  spawnSync(process.execPath, [main, 'show', ...args], { encoding: 'utf8' });

describe('the command show', () => {
  test('prints the newest run as JSON in one line, and for people', async () => {
    const events = sampleRun({ epochs: 1, batchesPerEpoch: 5 }).map((event) => ({ ...event, runId }));
    await gateway.publish({ runId, events });
    const { stdout, status } = show('latest', '--json', '--url', gateway.url);
    expect(status).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({ runId, status: 'completed', latestEpoch: { epoch: 1 } });
    expect(show('--url', gateway.url).stdout).toMatch(/^runId: 20261101-100000-shown\nstatus: completed\n/);
    expect(show('runs', '--url', gateway.url).stdout).toContain(`    runId: ${runId}\n`);
  });

  test.each([
    [['no-such-run'], 2, /no-such-run/],
    [['--url', 'ftp://localhost'], 2, /^--url: expected an address such as http:\/\/localhost:5000/],
    [['--url', 'http://ada:secret@[::1'], 2, /^--url: expected an address .*, got "…@\[::1"$/],
    [['--url', 'ada:secret@host:5000'], 2, /got "…@host:5000"$/],
    [
      ['--url', 'http://ada:secret@127.0.0.1:9'],
      2,
      /^expected a gateway at http:\/\/127\.0\.0\.1:9\/, but it cannot/,
    ],
    [['--url'], 2, /^--url: expected a value, got nothing$/],
    [['--jsno'], 2, /^--jsno: unexpected argument \(did you mean --json\?\); --help lists what is accepted$/],
    [['--json=yes'], 2, /^--json: expected no value$/],
    [['latest', 'runs'], 2, /^runs: unexpected argument/],
    [['a b'], 2, /^expected latest, runs or the id of a run, got "a b"$/],
    [['../secret'], 2, /got "\.\.\/secret"$/],
    [[''], 2, /got ""$/],
  ])('refuses %j in one line', (args, status, text) => {
    const result = show(...args, ...(args.includes('--url') ? [] : ['--url', gateway.url]));
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr.trim().split('\n')).toHaveLength(1);
    expect(result.stderr.trim()).toMatch(text);
    expect(result.stderr).not.toContain('secret@');
  });

  test('reads through a proxy that asks for a user name and a password', async () => {
    const asked: (string | undefined)[] = [];
    const proxy = createServer(async ({ headers, url }, response) => {
      asked.push(headers.authorization);
      const isKnown = headers.authorization === `Basic ${btoa('ada:se cret')}`;
      response.statusCode = isKnown ? 200 : 401;
      response.end(isKnown ? await (await fetch(`${gateway.url}${url}`)).text() : 'Who are you?');
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const run = (url: string) => promisify(execFile)(process.execPath, [main, 'show', 'runs', '--url', url]);
    expect((await run(`http://ada:se%20cret@${host}`)).stdout).toContain('total: ');
    await expect(run(`http://ada:other@${host}`)).rejects.toMatchObject({
      code: 2,
      stderr: `expected a gateway at http://${host}/, but it answered with HTTP status 401; start one, or name another one with --url\n`,
    });
    proxy.close();
    expect(asked).toHaveLength(2);
  });

  test('fails in one line when its output cannot be written', () => {
    const command = `'${process.execPath}' '${main}' show --url ${gateway.url} > /dev/full`;
    expect(spawnSync('sh', ['-c', command], { encoding: 'utf8' })).toMatchObject({
      ...{ status: 1, stderr: 'The output cannot be written (ENOSPC).\n' },
    });
  });

  test('ends quietly when its output is closed', () => {
    const command = `'${process.execPath}' '${main}' show --url ${gateway.url} | true; echo "\${PIPESTATUS[0]}"`;
    expect(spawnSync('bash', ['-c', command], { encoding: 'utf8' })).toMatchObject({
      stdout: '0\n',
      stderr: '',
    });
  });
});
