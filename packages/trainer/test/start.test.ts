import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { RunSummary } from '@mnist-monitor/shared';
import { FakeGateway } from './support/fake-gateway.ts';
import { Program } from './support/processes.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { Viewer } from './support/viewer.ts';

/** Flags of a run with 16 steps, each of which takes some hundredths of a second. */
const sizes = [
  ...['--engine', 'wasm', '--threads', '1', '--epochs', '1'],
  ...['--train-size', '64', '--test-size', '40', '--batch-size', '4'],
];
const ports = ['--port', '0', '--ingest-port', '0'];

/** Returns a process's state as `ps` prints it: T means stopped. */
const stateOf = (pid: number): string =>
  execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).trim();

describe('npm start', () => {
  const folder = temporaryFolder();
  const startWith = (env: NodeJS.ProcessEnv, ...args: string[]): Program => {
    const flags = [...sizes, ...ports, '--runs', folder.path, '--report-interval', '0', ...args];
    return new Program('scripts/start.js', flags, env);
  };
  const start = (...args: string[]): Program => startWith({}, ...args);
  const dashboard = ({ stdout }: Program): string => /http:\/\/\S+/.exec(stdout)?.[0] as string;

  test('serves the dashboard, trains, and with --once exits after the run', async () => {
    const started = start('--once');
    await started.printed('images/s');
    const page = await fetch(dashboard(started));
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('MNIST Training Monitor');
    expect(await started.ended()).toBe(0);
    expect(started.stdout).toContain('Run completed (all epochs done)');
    expect(started.stderr).toBe('');
    await expect(fetch(dashboard(started))).rejects.toThrow();
  }, 60_000);

  test('keeps serving after the run until Ctrl-C', async () => {
    const started = start();
    await started.printed('Start a new run at http');
    const status = async () => {
      const list = await (await fetch(`${dashboard(started)}/api/runs`)).json();
      return (list as { runs: RunSummary[] }).runs[0]?.status;
    };
    while ((await status()) !== 'completed') await wait(20); // Its last events may not have arrived.
    started.child.kill('SIGINT');
    expect(await started.ended()).toBe(0);
  }, 60_000);

  test('restarts a trainer that was killed, which resumes its run', async () => {
    const started = start('--train-size', '2048', '--run-id', 'run');
    await started.printed('images/s');
    process.kill(JSON.parse(readFileSync(join(folder.path, 'run', 'lock'), 'utf8')).pid, 'SIGKILL');
    await started.printed('Resumed from the beginning.');
    started.child.kill('SIGINT');
    expect(await started.ended()).toBe(130);
    expect(started.stderr).toBe('The trainer exited by itself and is being restarted to continue its run.\n');
  }, 60_000);

  test('resumes the current run, not the one of --resume, when the trainer is killed during a later run', async () => {
    const first = start('--train-size', '256', '--run-id', 'first');
    await first.printed('images/s');
    first.child.kill('SIGINT');
    await first.ended();

    const second = start('--resume', 'first');
    await second.printed('Start a new run at http');
    const viewer = new Viewer(dashboard(second));
    try {
      await viewer.until(() => viewer.waitingTrainers === 1);
      const { ok } = await viewer.command('start', { trainSize: 2048 });
      expect(ok).toBe(true);
      await viewer.until(() => viewer.last?.runId !== 'first' && viewer.batches.length > 0);
      process.kill(await second.childPid('trainer'), 'SIGKILL');
      await second.printed('Resumed from the beginning.');
    } finally {
      viewer.close();
    }
    await second.kill('SIGINT');
  }, 60_000);

  test('restarts a killed gateway at the same address, and the run continues', async () => {
    const started = start('--train-size', '256', '--epochs', '2', '--run-id', 'run');
    await started.printed('images/s');
    const viewer = new Viewer(dashboard(started));
    try {
      process.kill(await started.childPid('gateway'), 'SIGKILL');
      await viewer.until(() => viewer.last?.type === 'run.finished');
      expect(viewer.seqs).toEqual(viewer.seqs.map((_, at) => at + 1));
    } finally {
      viewer.close();
    }
    expect(started.stderr).toBe('The gateway exited by itself and is being restarted. No events are lost.\n');
  }, 60_000);

  test('gives up on a gateway that cannot restart, and stops the trainer like Ctrl-C', async () => {
    const started = start('--train-size', '512', '--epochs', '1000');
    await started.printed('images/s');
    const { port } = new URL(dashboard(started));
    process.kill(await started.childPid('gateway'), 'SIGKILL');
    const server = createServer();
    server.on('error', () => setTimeout(() => server.listen(Number(port), '127.0.0.1'), 5));
    server.listen(Number(port), '127.0.0.1');
    expect(await started.ended()).toBe(2);
    server.close();
    const lines = started.stderr.trim().split('\n');
    expect(lines.slice(1, -1)).toEqual(Array(4).fill(expect.stringContaining(port)));
    expect(lines.at(-1)).toBe(
      'The gateway does not restart, so everything stops; npm start -- --resume continues the run.',
    );
    expect(started.stdout).toContain('Run interrupted (stopped by SIGTERM)');
  }, 120_000);

  test('publishes to the address of --gateway', async () => {
    const other = await FakeGateway.start();
    const started = start('--once', '--gateway', other.url);
    expect(await started.ended()).toBe(0);
    expect(other.hellos).toHaveLength(1);
    await other.stop();
  }, 60_000);

  test('exits with the code of the signal on Ctrl-C while the trainer loads', async () => {
    const started = start();
    await started.childPid('trainer');
    started.child.kill('SIGINT');
    expect(await started.ended()).toBe(130);
  }, 60_000);

  test('ends the run on Ctrl-C, and the gateway only when it has all events', async () => {
    const started = start('--train-size', '512');
    await started.printed('images/s');
    started.child.kill('SIGINT');
    expect(await started.ended()).toBe(130);
    expect(started.stdout).toContain('Run interrupted (stopped by SIGINT)');
    expect(started.stdout).not.toContain('did not accept');
  }, 60_000);

  test('trains on WebAssembly when the cache for TensorFlow cannot be written', async () => {
    const cache = join(folder.path, 'cache');
    writeFileSync(cache, 'a file');
    // Without XDG_RUNTIME_DIR, Mesa's Vulkan drivers write to stderr when WebGPU looks for a GPU.
    const env = { XDG_CACHE_HOME: cache, XDG_RUNTIME_DIR: undefined };
    const started = startWith(env, '--once', '--engine', 'auto');
    expect(await started.ended()).toBe(0);
    expect(started.stdout).toContain('Training would be several times faster with TensorFlow, but ');
    expect(started.stdout).toContain('Run completed');
    expect(started.stderr).toBe('');
  }, 60_000);

  const onPosix = process.platform === 'win32' ? test.skip : test;

  onPosix(
    'suspends gateway and trainer on Ctrl-Z, and continues them afterwards',
    async () => {
      const started = start('--train-size', '256', '--once');
      await started.printed('images/s');
      const programs = await Promise.all([started.childPid('gateway'), started.childPid('trainer')]);
      const states = () => [...programs, started.child.pid as number].map(stateOf);
      started.child.kill('SIGTSTP');
      while (!states().every((state) => state.startsWith('T'))) await wait(10);
      started.child.kill('SIGCONT');
      expect(await started.ended()).toBe(0);
      expect(started.stdout).toContain('Run completed');
      expect(started.stderr).toBe('');
    },
    60_000,
  );

  onPosix(
    'ends at once on SIGTERM while TensorFlow is downloaded, and leaves no files',
    async () => {
      const bin = join(folder.path, 'bin');
      const cache = join(folder.path, 'cache');
      mkdirSync(bin);
      const python = 'case "$*" in *download*) exec /bin/sleep 60;; esac';
      for (const [name, line] of Object.entries({ python3: python, 'c++': 'exit 0' }))
        writeFileSync(join(bin, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
      const started = startWith({ PATH: bin, XDG_CACHE_HOME: cache }, '--once', '--engine', 'auto');
      await started.printed('Downloading TensorFlow');
      started.child.kill('SIGTERM');
      expect(await started.ended()).toBe(143);
      expect(started.stderr).toBe('');
      expect(readdirSync(join(cache, 'mnist-training-monitor'))).toEqual([]);
    },
    30_000,
  );

  test('reports a busy port with one line and exit code 2, and starts no run', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const started = start('--port', String(port));
    expect(await started.ended()).toBe(2);
    server.close();
    expect(started.stderr.trim().split('\n')).toEqual([expect.stringContaining(String(port))]);
    expect(readdirSync(folder.path).filter((name) => !name.startsWith('monitor.db'))).toEqual([]);
  }, 60_000);

  test('reports an invalid flag with one line and exit code 2, and starts nothing', async () => {
    const started = start('--epochs', '0');
    expect(await started.ended()).toBe(2);
    expect(started.stderr).toBe('--epochs: expected a whole number from 1 to 10000, got "0"\n');
    expect(started.stdout).toBe('');
    expect(readdirSync(folder.path)).toEqual([]);
  }, 60_000);
});
