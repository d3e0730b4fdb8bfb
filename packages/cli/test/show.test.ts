import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
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
    [['--jsno'], 2, /--jsno/],
  ])('refuses %j in one line', (args, status, text) => {
    const result = show(...args, ...(args.includes('--url') ? [] : ['--url', gateway.url]));
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr.trim().split('\n')).toHaveLength(1);
    expect(result.stderr).toMatch(text);
  });
});
