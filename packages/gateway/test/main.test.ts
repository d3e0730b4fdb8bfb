import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { closeCodes } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { afterTest, temporaryFolder } from './support/cleanup.ts';
import { connect, seqsOf } from './support/connection.ts';
import { freePort, startProcess } from './support/process.ts';
import { helloOf, openPublisher, publish } from './support/publisher.ts';
import { describeRedis, startRedis } from './support/redis.ts';

const anyPorts = ['--port', '0', '--ingest-port', '0'];
const run = sampleRun({ runId: 'a', epochs: 2, batchesPerEpoch: 10 });

async function busyPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => server.close());
  return String((server.address() as { port: number }).port);
}

describe('the gateway’s program', () => {
  test('sends 127.0.0.1 as the address when another program has the port of localhost at ::1', async () => {
    const server = createServer().listen(0, '::1');
    await once(server, 'listening');
    afterTest(() => server.close());
    const { port } = server.address() as { port: number };
    const flags = ['--port', String(port), '--ingest-port', '0'];
    const gateway = startProcess([...flags, '--runs', temporaryFolder()]);
    expect((await gateway.listening).url).toBe(`http://127.0.0.1:${port}`);
    gateway.child.kill('SIGTERM');
    await gateway.ended;
  });

  test('sends its parent the addresses, logs JSON, and exits with 0 at SIGTERM after asking viewers to reconnect', async () => {
    const gateway = startProcess([...anyPorts, '--runs', temporaryFolder()]);
    const message = await gateway.listening;
    expect(message).toEqual({
      type: 'listening',
      url: expect.stringMatching(/^http:\/\/localhost:\d+$/),
      ingestUrl: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/ingest$/),
    });
    expect((await fetch(`${message.url}/readyz`)).status).toBe(200);
    const viewer = await connect(`${message.url.replace('http', 'ws')}/live`);
    gateway.child.kill('SIGTERM');
    expect((await viewer.closed).code).toBe(closeCodes.goingAway.code);
    const { code, stdout, stderr } = await gateway.ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).msg),
    ).toContain('ready');
  });

  test('writes no control characters of other programs into its log (S-13)', async () => {
    const gateway = startProcess([...anyPorts, '--runs', temporaryFolder()]);
    const { url } = await gateway.listening;
    const headers = { origin: 'http://\x9b31mred' };
    expect((await fetch(`${url}/api/runs/a`, { method: 'DELETE', headers })).status).toBe(403);
    gateway.child.kill('SIGTERM');
    const { stdout } = await gateway.ended;
    expect(stdout).toContain('u009b31mred');
    expect(stdout).not.toContain('\x9b');
  });

  test('asks viewers to reconnect at SIGINT and exits with 0', async () => {
    const gateway = startProcess([...anyPorts, '--runs', temporaryFolder()]);
    const { url } = await gateway.listening;
    const viewer = await connect(`${url.replace('http', 'ws')}/live`);
    gateway.child.kill('SIGINT');
    expect((await viewer.closed).code).toBe(closeCodes.goingAway.code);
    expect((await gateway.ended).code).toBe(0);
  });

  test('ends in time at SIGTERM while the disk does not respond, with the reason in the log (P-268, S-49)', async () => {
    const runs = temporaryFolder();
    const pipe = join(runs, 'pipe');
    const stalledCommits = new URL('./support/stalled-commits.js', import.meta.url);
    const gateway = startProcess([...anyPorts, '--runs', runs], {
      NODE_OPTIONS: `--import ${stalledCommits}`,
      STALLED_COMMITS_PIPE: pipe,
    });
    const { ingestUrl, url } = await gateway.listening;
    const publisher = await publish(ingestUrl, run.slice(0, 9));
    execFileSync('mkfifo', [pipe]);
    publisher.send(run.slice(9));
    while ((await fetch(`${url}/readyz`)).status !== 503);
    gateway.child.kill('SIGTERM');
    expect((await publisher.connection.closed).code).toBe(closeCodes.goingAway.code);
    const { signal, stdout, stderr } = await gateway.ended;
    expect([signal, stderr]).toEqual(['SIGKILL', '']);
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({
      level: 50,
      code: 'store.stalled',
      msg: 'ending without closing the store: the store has not closed after 4 s; everything acknowledged is on disk',
    });
    const next = startProcess([...anyPorts, '--runs', runs]);
    expect((await openPublisher((await next.listening).ingestUrl, helloOf('a'))).after).toBe(9);
  });

  test('stops when its parent exits', async () => {
    const gateway = startProcess([...anyPorts, '--runs', temporaryFolder()]);
    await gateway.listening;
    gateway.child.disconnect();
    expect((await gateway.ended).code).toBe(0);
  });

  test('stops when its parent exited while it was loading', async () => {
    const gateway = startProcess([...anyPorts, '--runs', temporaryFolder()]);
    gateway.child.disconnect();
    expect((await gateway.ended).code).toBe(0);
  });

  test('prints the address of the dashboard, as a container publishes it, when it has no parent', async () => {
    const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
    const published = ['--host', '0.0.0.0', '--bind', '127.0.0.1'];
    const child = spawn(process.execPath, [main, ...anyPorts, ...published, '--runs', temporaryFolder()]);
    afterTest(() => child.kill('SIGKILL'));
    const [line] = await once(child.stderr, 'data');
    expect(String(line)).toMatch(/^Dashboard http:\/\/localhost:\d+\n$/);
    const url = String(line).trim().split(' ')[1];
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test('prints its flags and exits with 0 for --help', async () => {
    const { code, stdout } = await startProcess(['--help']).ended;
    expect(code).toBe(0);
    expect(stdout).toContain('--ingest-port');
  });

  test('reports each invalid option in a line of its own and exits with 2', async () => {
    const flags = ['--prot', '5000', '--ingest-port', '99999'];
    const { code, stdout, stderr } = await startProcess(flags, { MONITOR_LOG_LEVEL: 'loud' }).ended;
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^MONITOR_LOG_LEVEL: expected one of .*, got "loud"$/),
      expect.stringMatching(/^--prot: unknown/),
      '--ingest-port: expected a whole number from 0 to 65535, got "99999"',
    ]);
  });

  test('reports in one line that a port is in use, exits with 2, and has written no file (P-233)', async () => {
    const port = await busyPort();
    const runs = join(temporaryFolder(), 'runs');
    const flags = ['--port', '0', '--ingest-port', port, '--runs', runs, '--log-level', 'error'];
    const { code, stderr } = await startProcess(flags).ended;
    expect(code).toBe(2);
    expect(existsSync(runs)).toBe(false);
    expect(stderr).toBe(
      `port ${port} on 127.0.0.1 is in use: stop the program that uses it, or choose another with --ingest-port\n`,
    );
  });

  test('reports in one line that another gateway uses the runs folder, and starts at once when that one was killed (S-50)', async () => {
    const runs = temporaryFolder();
    const flags = [...anyPorts, '--runs', runs];
    const first = startProcess(flags);
    await first.listening;
    const { code, stderr } = await startProcess(flags).ended;
    expect([code, stderr]).toEqual([
      2,
      `another gateway uses ${runs}: stop it, or choose another folder with --runs\n`,
    ]);
    first.child.kill('SIGKILL');
    await first.ended;
    await startProcess(flags).listening;
  });
});

describe('the gateway’s program with --redis-url', () => {
  const flags = (url: string) => [...anyPorts, '--runs', temporaryFolder(), '--redis-url', url];

  test('reports in one line that nothing answers, without the password, and exits with 2 (S-58)', async () => {
    const port = await freePort();
    const { code, stderr } = await startProcess(flags(`redis://me:secret@127.0.0.1:${port}`)).ended;
    expect(code).toBe(2);
    expect(stderr).toBe(
      `Redis at redis://127.0.0.1:${port} cannot be used (connect ECONNREFUSED 127.0.0.1:${port}): check --redis-url and the server\n`,
    );
  });

  describeRedis('of a real Redis', () => {
    test('loses nothing when it is killed: publisher and viewer continue at another gateway (P-28)', async () => {
      const redis = await startRedis();
      const [a, b] = [startProcess(flags(redis.url)), startProcess(flags(redis.url))];
      const [{ ingestUrl }, other] = await Promise.all([a.listening, b.listening]);
      const viewer = await connect(`${other.url.replace('http', 'ws')}/live`);
      const publisher = await publish(ingestUrl, run.slice(0, 9));
      a.child.kill('SIGKILL');
      await publisher.connection.closed;
      const next = await openPublisher(other.ingestUrl, helloOf('a'));
      expect(next.after).toBe(9);
      next.send(run.slice(9));
      const seen = await viewer.until(({ type }) => type === 'run.finished');
      expect(seqsOf(seen)).toEqual(run.map(({ seq }) => seq));
    });
  });
});
