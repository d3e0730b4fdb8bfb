// Records the command `watch` in tmux at three sizes during a run, as docs/images/watch-*.svg. Part of `npm run screenshots`.
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { terminalPicture } from './terminal-picture.js';

const mainOf = (name) => fileURLToPath(new URL(`../packages/${name}/dist/src/main.js`, import.meta.url));
const run = ['--train-size', '6000', '--test-size', '1000', '--epochs', '4', '--batch-size', '64'];
const sizes = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 200, rows: 60 },
];
/** The part of the run after which the pictures are taken, in percent. */
const picturedAt = 70;

const runs = mkdtempSync(join(tmpdir(), 'mnist-watch-'));
const server = `mnist-watch-${process.pid}`;
const settings = join(runs, 'tmux.conf');
writeFileSync(settings, 'set -g status off\nset-environment -g LC_ALL C.UTF-8\n');
const tmux = (...args) =>
  execFileSync('tmux', ['-L', server, '-f', settings, '-u', ...args], { encoding: 'utf8' });
const nameOf = ({ columns, rows }) => `watch-${columns}x${rows}`;
const screenOf = (size) => tmux('capture-pane', '-e', '-p', '-t', nameOf(size));

const gateway = fork(
  mainOf('gateway'),
  ['--runs', runs, '--port', '0', '--ingest-port', '0', '--log-level', 'silent'],
  { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
);
const [{ url, ingestUrl }] = await once(gateway, 'message');
const trainer = fork(mainOf('trainer'), ['--runs', runs, ...run, '--name', 'A small run', '--once'], {
  env: { ...process.env, MONITOR_GATEWAY: ingestUrl },
  stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
});
try {
  const watch = [process.execPath, mainOf('cli'), 'watch', '--url', url];
  for (const size of sizes) {
    const { columns, rows } = size;
    const window = ['-d', '-s', nameOf(size), '-x', String(columns), '-y', String(rows)];
    tmux('new-session', ...window, ...watch);
  }
  for (const size of sizes) {
    let screen = '';
    while (Number(/(\d+) %/.exec(screen)?.[1] ?? 0) < picturedAt) {
      await wait(200);
      screen = screenOf(size);
    }
    writeFileSync(
      fileURLToPath(new URL(`../docs/images/${nameOf(size)}.svg`, import.meta.url)),
      terminalPicture(screen, {
        ...size,
        title: `The command watch in a terminal of ${size.columns} × ${size.rows}`,
      }),
    );
    console.log(`${nameOf(size)}.svg`);
  }
} finally {
  trainer.kill('SIGTERM');
  tmux('kill-server');
  gateway.kill('SIGTERM');
  await once(gateway, 'exit');
  rmSync(runs, { recursive: true, force: true });
}
