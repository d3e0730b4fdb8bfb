import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createClient } from '@redis/client';
import { trainerEnvironment } from './trainer-environment.js';

/** Runs a program of this folder, and returns the JSON of its last line. */
export function runProgram(file, ...args) {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const output = execFileSync(process.execPath, [path, ...args], { encoding: 'utf8' });
  return JSON.parse(output.trim().split('\n').at(-1));
}

/** Starts a gateway, and trainers on demand, with a folder for their runs that is removed when they stop. */
export async function startServices() {
  const runs = mkdtempSync(join(tmpdir(), 'mnist-bench-'));
  const start = (name, args, options) => {
    const main = fileURLToPath(new URL(`../packages/${name}/dist/src/main.js`, import.meta.url));
    return spawn(process.execPath, [main, '--runs', runs, ...args], options);
  };
  const gateway = start('gateway', ['--port', '0', '--ingest-port', '0', '--log-level', 'silent'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [{ url, ingestUrl }] = await once(gateway, 'message');
  function startTrainer(runId, ...args) {
    const child = start('trainer', ['--once', '--run-id', runId, ...args], {
      env: trainerEnvironment,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return {
      child,
      /** The events of the whole run, once it has ended. */
      async events() {
        const [code] = await once(child, 'exit');
        if (code !== 0) throw new Error(`the trainer exited with code ${code}`);
        const lines = readFileSync(join(runs, runId, 'events.jsonl'), 'utf8')
          .trim()
          .split('\n');
        return lines.map((line) => JSON.parse(line));
      },
    };
  }
  return {
    liveUrl: `${url.replace('http', 'ws')}/live`,
    ingestUrl,
    startTrainer,
    /** Trains a whole run. @returns Its events. */
    train: (runId, ...args) => startTrainer(runId, ...args).events(),
    async stop() {
      gateway.kill('SIGTERM');
      await once(gateway, 'exit');
      rmSync(runs, { recursive: true });
    },
  };
}

/** Starts Redis with the settings of its image in the Dockerfile for durable writes, on a socket in a folder. */
export async function startRedis(folder) {
  const path = join(folder, 'redis.sock');
  const settings = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
  const child = spawn('redis-server', ['--port', '0', '--unixsocket', path, '--dir', folder, ...settings], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const text of child.stdout) if (/ready to accept/i.test(String(text))) break;
  return {
    url: `unix://${path}`,
    child,
    async memoryBytes() {
      const client = await createClient({ socket: { path, tls: false } }).connect();
      const info = await client.info('memory');
      await client.close();
      return Number(/used_memory:(\d+)/.exec(info)[1]);
    },
  };
}

/** Calls `work` with a temporary folder and a list for the processes that it starts; afterwards stops these and removes the folder. */
export async function inFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'mnist-bench-'));
  const started = [];
  try {
    return await work(folder, started);
  } finally {
    for (const { child } of started) child.kill('SIGKILL');
    await delay(200);
    rmSync(folder, { recursive: true, force: true });
  }
}
