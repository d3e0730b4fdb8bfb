import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe } from '@jest/globals';
import { createClient } from '@redis/client';
import { RedisConnection } from '../../src/redis/connection.ts';
import { afterTest, temporaryFolder } from './cleanup.ts';

/** Whether Redis can be started here. `.ci/run` installs it. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

/** Declares tests that need a real Redis. Without one they are skipped, with the reason in their title. */
export const describeRedis = (name: string, body: () => void): void => {
  // CI installs Redis, so there a missing one is a failure.
  if (hasRedis || process.env.CI) describe(name, body);
  else describe.skip(`${name} (left out: redis-server is not installed)`, body);
};

const running = new Set<ChildProcess>();
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A Redis server for tests, on a Unix socket in a folder. Its data survives a restart. */
export class TestRedis {
  readonly folder: string;
  readonly #flags: readonly string[];
  #child: ChildProcess | undefined;

  constructor(folder: string, flags: readonly string[] = []) {
    this.folder = folder;
    this.#flags = flags;
  }

  get url(): string {
    return `unix://${join(this.folder, 'redis.sock')}`;
  }

  /** Starts the server, by default as durable as the one of the compose file. */
  async start(): Promise<this> {
    const settings = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
    const address = ['--port', '0', '--unixsocket', join(this.folder, 'redis.sock'), '--dir', this.folder];
    this.#child = spawn('redis-server', [...address, ...settings, ...this.#flags], { stdio: 'ignore' });
    running.add(this.#child);
    for (;;) {
      const client = await this.client().catch(() => undefined);
      await client?.close();
      if (client) return this;
      if (this.#child.exitCode !== null) throw new Error(`redis-server ended with ${this.#child.exitCode}`);
      await delay(10);
    }
  }

  /** Opens a connection of another client, with which tests read and change the data. */
  async client() {
    const client = createClient({
      socket: { path: join(this.folder, 'redis.sock'), tls: false, reconnectStrategy: false },
    });
    return client.on('error', () => {}).connect();
  }

  /** Suspends the server, so that it does not answer, like one that the network does not reach. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
    running.delete(child);
  }
}

/** Starts a Redis for one test, and stops it after the test. */
export async function startRedis(flags: readonly string[] = []): Promise<TestRedis> {
  const redis = await new TestRedis(temporaryFolder(), flags).start();
  afterTest(() => redis.stop());
  return redis;
}

let shared: Promise<TestRedis> | undefined;
/** Returns an empty Redis. All tests of a file share one server, which they must not stop. */
export async function emptyRedis(): Promise<TestRedis> {
  // Not durable, so that no write waits for the disk. Durability has tests of its own.
  shared ??= new TestRedis(mkdtempSync(join(tmpdir(), 'monitor-')), ['--appendonly', 'no']).start();
  const redis = await shared;
  const client = await redis.client();
  await client.flushAll();
  await client.close();
  return redis;
}

afterAll(async () => {
  const redis = await shared;
  await redis?.stop();
  if (redis) rmSync(redis.folder, { recursive: true, force: true });
});

export const connectionTo = (redis: TestRedis, timeoutMs = 10_000): Promise<RedisConnection> =>
  RedisConnection.open({ url: redis.url, timeoutMs });
