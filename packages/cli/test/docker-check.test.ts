import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';

const check = fileURLToPath(new URL('../../../../docker/check', import.meta.url));
const cpuCommand = '  docker compose -f docker-compose.yml -f docker-compose.cpu.yml up --build\n';

describe('docker/check', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  /** Runs the script on a machine whose programs are these shell scripts. */
  function run(
    programs: Record<string, string>,
    env: Record<string, string> = {},
  ): { status: number | null; stdout: string; stderr: string } {
    const bin = mkdtempSync(join(tmpdir(), 'mnist-check-'));
    folders.push(bin);
    for (const [name, script] of Object.entries(programs)) {
      writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(bin, name), 0o755);
    }
    for (const tool of ['tail', 'head', 'grep', 'sort']) {
      const path = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim();
      writeFileSync(join(bin, tool), `#!/bin/sh\nexec ${path} "$@"\n`);
      chmodSync(join(bin, tool), 0o755);
    }
    return spawnSync('/bin/sh', [check], { encoding: 'utf8', env: { PATH: bin, ...env } });
  }

  /** A Docker engine with these runtimes. */
  const docker = (runtimes: string): string =>
    `case "$1" in version) echo 29.0.1;; compose) echo 2.40.0;; info) echo '${runtimes}';; esac`;
  const gpu = 'echo NVIDIA H200';

  test('names the file for the CPU on a machine without a GPU', () => {
    const { status, stdout } = run({ docker: docker('{"runc":{}}') });
    expect(status).toBe(0);
    expect(stdout).toContain('No NVIDIA GPU with a working driver');
    expect(stdout.endsWith(cpuCommand)).toBe(true);
  });

  test('says what to install where Docker cannot use the GPU', () => {
    const { stdout } = run({ docker: docker('{"runc":{}}'), 'nvidia-smi': gpu });
    expect(stdout).toMatch(
      /NVIDIA H200, but Docker has no NVIDIA runtime[\s\S]*nvidia-ctk runtime configure/,
    );
    expect(stdout.endsWith(cpuCommand)).toBe(true);
  });

  test('names the file for the GPU where Docker has the NVIDIA runtime', () => {
    const { status, stdout } = run({ docker: docker('{"nvidia":{},"runc":{}}'), 'nvidia-smi': gpu });
    expect(status).toBe(0);
    expect(stdout.endsWith('  docker compose up --build\n')).toBe(true);
  });

  test.each(['abc', '0', '65536', '5000 5001', '-1', '1e3', '123456'])(
    'refuses the port %j in one line',
    (port) => {
      expect(run({}, { MONITOR_PORT: port })).toMatchObject({
        ...{ status: 2, stdout: '' },
        stderr: `MONITOR_PORT: expected a whole number from 1 to 65535, got "${port}"\n`,
      });
    },
  );

  test.each([
    ['is not installed', {}, /✗ Docker is not installed/],
    [
      'does not answer',
      { docker: 'echo "Cannot connect to the Docker daemon" >&2; exit 1' },
      /✗ .*Cannot connect/,
    ],
    [
      'has no Compose',
      { docker: '[ "$1" = version ] && echo 29.0.1' },
      /✗ Docker Compose is missing, 2\.24\.4 or newer/,
    ],
    [
      'has a Compose that cannot read the compose files',
      { docker: 'case "$1" in version) echo 29.0.1;; compose) echo v2.9.0;; esac' },
      /✗ Docker Compose v2\.9\.0 is too old .* 2\.24\.4 or newer/,
    ],
  ])('fails with what to do where Docker %s', (_name, programs, text) => {
    const { status, stdout } = run(programs as Record<string, string>);
    expect(status).toBe(1);
    expect(stdout).toMatch(text);
    expect(stdout).not.toContain('up --build');
  });
});
