import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { Program } from '../support/processes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const onPosix = process.platform === 'win32' ? test.skip : test;

describe('npm run engine', () => {
  const folder = temporaryFolder();
  const cache = () => join(folder.path, 'cache');

  /** Runs `npm run engine` until it fails. */
  async function install(programs: Record<string, string>): Promise<Program> {
    const program = start(programs);
    expect(await program.ended()).toBe(2);
    return program;
  }

  /** Starts `npm run engine` with an empty cache and a PATH of only these programs, each a line of shell. */
  function start(programs: Record<string, string>): Program {
    const bin = join(folder.path, 'bin');
    mkdirSync(bin);
    for (const [name, line] of Object.entries(programs)) {
      writeFileSync(join(bin, name), `#!/bin/sh\n${line}\n`);
      chmodSync(join(bin, name), 0o755);
    }
    const env = { PATH: bin, XDG_CACHE_HOME: cache() };
    return new Program('packages/trainer/dist/src/install/main.js', [], env);
  }

  test.each([
    ['Python', {}, 'python3 with pip is required to download the TensorFlow library\n'],
    ['a compiler', { python3: 'exit 0' }, 'a C++ compiler (g++ or clang++) is required to build the addon\n'],
  ])('asks in one line for %s', async (_what, programs, line) => {
    expect((await install(programs)).stderr).toBe(line);
  });

  test('leaves no files when the download fails', async () => {
    const python3 = 'case "$*" in *download*) exit 1;; esac';
    const program = await install({ python3, 'c++': 'exit 0' });
    expect(program.stderr).toBe('pip could not download the TensorFlow library (exit code 1)\n');
    expect(readdirSync(join(cache(), 'mnist-training-monitor'))).toEqual([]);
  });

  test('installs only what is pinned by its hash (S-53)', async () => {
    const print = 'while [ "$1" != -r ]; do shift; done; /bin/cat "$2"';
    const python3 = `case "$*" in *"download --require-hashes"*) ${print}; exit 1;; esac`;
    const { stdout } = await install({ python3, 'c++': 'exit 0' });
    const lines = stdout.split('\n').filter((line) => line.includes('=='));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatch(/^[\w-]+==[\d.]+ --hash=sha256:[0-9a-f]{64}$/);
  });

  test.each([
    ['does not answer', 'exit 1'],
    ['does not know its own path', 'echo None'],
  ])('uses Python by its name when the interpreter %s', async (_what, answer) => {
    const python3 = `case "$*" in *sys.executable*) ${answer};; *download*) exit 1;; esac`;
    const program = await install({ python3, 'c++': 'exit 0' });
    expect(program.stderr).toBe('pip could not download the TensorFlow library (exit code 1)\n');
  });

  onPosix('ends pip on SIGTERM also where a script starts Python, as with pyenv', async () => {
    const interpreter = join(folder.path, 'bin', 'interpreter');
    const program = start({
      python3: `case "$*" in *sys.executable*) echo ${interpreter};; *download*) ${interpreter} "$@";; esac`,
      interpreter: 'case "$*" in *download*) echo "pip is $$"; exec /bin/sleep 60;; esac',
      'c++': 'exit 0',
    });
    await program.printed('pip is ');
    const pip = Number(/pip is (\d+)/.exec(program.stdout)![1]);
    program.child.kill('SIGTERM');
    expect(await program.ended()).toBe(143);
    const isRunning = (): boolean => {
      try {
        return process.kill(pip, 0);
      } catch {
        return false;
      }
    };
    while (isRunning()) await delay(10);
  });

  test('asks in one line for another folder when the cache cannot be written', async () => {
    writeFileSync(cache(), 'a file');
    const program = await install({ python3: 'exit 0', 'c++': 'exit 0' });
    expect(program.stderr).toBe(
      `${cache()}/mnist-training-monitor cannot be written (ENOTDIR); set XDG_CACHE_HOME to use another folder\n`,
    );
  });
});
