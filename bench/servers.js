import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { memoryEnvironment } from '../packages/gateway/dist/src/memory.js';
import { buildGo } from './load.js';
import { spawnOn } from './pinned.js';

const localPath = (path) => fileURLToPath(new URL(path, import.meta.url));

/**
 * Starts the gateway with a store of its own on the first core, with the environment of `npm start`.
 * @param viewers The number of viewers at a time that it accepts.
 */
export async function startGateway({ viewers = 5_000 } = {}) {
  const runs = mkdtempSync(join(tmpdir(), 'mnist-bench-'));
  const main = localPath('../packages/gateway/dist/src/main.js');
  const flags = [
    '--runs',
    runs,
    '--port',
    '0',
    '--ingest-port',
    '0',
    '--log-level',
    'warn',
    '--viewers',
    viewers,
  ];
  const child = spawnOn(0, [process.execPath, main, ...flags], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...memoryEnvironment, ...process.env },
  });
  const [{ url, ingestUrl }] = await once(child, 'message');
  return {
    protocol: 'gateway',
    pid: child.pid,
    live: `${url.replace('http', 'ws')}/live?run=bench`,
    ingest: ingestUrl,
    async stop() {
      await end(child);
      rmSync(runs, { recursive: true });
    },
  };
}

/** The peers that the gateway is compared with, by their names in the tables. */
export const peers = {
  ws: () => startPeer('ws', nodeProgram('ws')),
  'Socket.IO': () => {
    if (!existsSync(localPath('peers/node_modules/socket.io')))
      execFileSync('npm', ['ci', '--silent', '--ignore-scripts'], {
        cwd: localPath('peers'),
        stdio: 'inherit',
      });
    return startPeer('socketio', nodeProgram('socketio'));
  },
  Centrifuge: () => startPeer('centrifuge', [buildGo('peers/centrifuge')]),
  'JSON file, polled': () => startPeer('polling', nodeProgram('polling')),
};

const nodeProgram = (name) => [process.execPath, localPath(`peers/fanout_${name}.js`)];

async function startPeer(protocol, program) {
  const child = spawnOn(0, program, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, GOMAXPROCS: '1' },
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  return { protocol, pid: child.pid, ...JSON.parse(line), stop: () => end(child) };
}

async function end(child) {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
