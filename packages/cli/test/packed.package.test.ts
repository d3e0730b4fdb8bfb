import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const npmCache = execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).trim();
const userConfig = execFileSync('npm', ['config', 'get', 'userconfig'], { encoding: 'utf8' }).trim();
const folder = mkdtempSync(join(tmpdir(), 'mnist-package-'));
const home = join(folder, 'home');
const shell = (command: string): string => execFileSync('sh', ['-c', command], { encoding: 'utf8' }).trim();

jest.setTimeout(300_000);

/** Paths of the packed files. */
let product: string;
let client: string;
beforeAll(() => {
  mkdirSync(home);
  const packed = execFileSync(process.execPath, ['scripts/pack.js', folder], { cwd: root, encoding: 'utf8' });
  [product = '', client = ''] = packed.trim().split('\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Returns the path of a version of Node.js, which npm downloads unless it is the version of this process. */
function nodeOf(version: string): string {
  if (process.versions.node.startsWith(`${version}.`)) return process.execPath;
  return shell(`npx --yes node@${version} -p process.execPath`);
}

/**
 * Returns an environment of a new user on a machine with Node.js, npm, a shell and no compiler or Python. npm uses the settings and the
 * cache of the user who runs the tests, which may name a registry and a proxy.
 */
function bareEnvironment(node: string): NodeJS.ProcessEnv {
  const bin = mkdtempSync(join(folder, 'bin-'));
  const programs = { node, npm: shell('command -v npm'), sh: '/bin/sh' };
  for (const [name, path] of Object.entries(programs)) symlinkSync(path, join(bin, name));
  const { XDG_CACHE_HOME: _cache, ...inherited } = process.env;
  const npm = {
    npm_config_cache: npmCache,
    npm_config_userconfig: userConfig,
    npm_config_update_notifier: 'false',
  };
  return { ...inherited, ...npm, PATH: bin, HOME: home };
}

/** Runs a program until it exits, and expects the exit code 0. Returns what it has printed. */
function run(
  program: string,
  args: string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): { stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(program, args, {
    ...options,
    encoding: 'utf8',
    timeout: 240_000,
  });
  if (status !== 0)
    throw new Error(`${program} ${args.join(' ')} exited with ${status}:\n${stdout}${stderr}`);
  return { stdout, stderr };
}

describe('the packed product', () => {
  test.each(['20', '22', '24', '26'])(
    'is installed in an empty folder with Node.js %s, without a compiler and Python, and trains',
    (version) => {
      const cwd = mkdtempSync(join(folder, 'empty-'));
      const env = bareEnvironment(nodeOf(version));
      const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', product];
      // The script of webgpu removes macOS's mark of a download, and webgpu works without it.
      const warnings = run('npm', install, { cwd, env }).stderr.split('\n');
      expect(warnings.filter((line) => !/^(npm warn (allow|install)-scripts|$)/.test(line))).toEqual([]);
      const before = readdirSync(cwd, { recursive: true }).length;
      const flags = ['--train-size', '512', '--test-size', '100', '--epochs', '1', '--once'];
      const ports = ['--port', '0', '--ingest-port', '0'];
      const { stdout: printed } = run(
        'node',
        [join(cwd, 'node_modules/.bin/mnist-training-monitor'), ...flags, ...ports],
        {
          cwd,
          env,
        },
      );
      expect(printed).toContain('npx mnist-training-monitor train --help lists them');
      expect(printed).toMatch(/Run completed \(all epochs done\): [\d.]+ % test accuracy/);
      const written = readdirSync(cwd, { recursive: true })
        .map(String)
        .filter((path) => path.startsWith('runs'));
      expect(written).toContain(join('runs', 'monitor.db'));
      // Nothing else was written: not into node_modules, nor into the user's folder.
      expect(readdirSync(cwd, { recursive: true })).toHaveLength(before + written.length);
      expect(readdirSync(home)).toEqual([]);
    },
  );

  test('is installed for all folders of a user, and trains', () => {
    const env = bareEnvironment(process.execPath);
    const prefix = mkdtempSync(join(folder, 'global-'));
    const install = [
      'install',
      '--global',
      '--prefix',
      prefix,
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
    ];
    run('npm', [...install, product], { cwd: prefix, env });
    const cwd = mkdtempSync(join(folder, 'anywhere-'));
    const flags = ['--train-size', '512', '--test-size', '100', '--epochs', '1', '--once'];
    const command = [
      join(prefix, 'bin/mnist-training-monitor'),
      ...flags,
      '--port',
      '0',
      '--ingest-port',
      '0',
    ];
    expect(run('node', command, { cwd, env }).stdout).toMatch(/Run completed/);
    expect(readdirSync(cwd)).toEqual(['runs']);
  });

  test('contains nothing that only developers need', () => {
    const names = shell(`tar -tzf ${product}`).split('\n');
    expect(names.filter((name) => /\.ts$|\.map$|\/test\/|tsbuildinfo/.test(name))).toEqual([]);
  });
});

describe('the packed client', () => {
  test('has no findings of publint and of arethetypeswrong', () => {
    const run = (command: string) => spawnSync('npx', ['--yes', ...command.split(' ')], { encoding: 'utf8' });
    expect(run(`publint@0.3 run --strict ${client}`)).toMatchObject({ status: 0 });
    expect(run(`publint@0.3 run --strict ${product}`)).toMatchObject({ status: 0 });
    expect(run(`@arethetypeswrong/cli@0.18 --profile esm-only ${client}`)).toMatchObject({ status: 0 });
  });

  test('shows on a registry where its source is, if that is known', () => {
    const target = mkdtempSync(join(folder, 'release-'));
    execFileSync(process.execPath, ['scripts/pack.js', target], {
      cwd: root,
      env: { ...process.env, SOURCE_URL: 'https://example.org/monitor' },
    });
    for (const name of readdirSync(target)) {
      const manifest = JSON.parse(shell(`tar -xzOf ${join(target, name)} package/package.json`));
      expect(manifest).toMatchObject({
        repository: { type: 'git', url: 'git+https://example.org/monitor.git' },
        bugs: 'https://example.org/monitor/issues',
        publishConfig: { access: 'public', provenance: true },
      });
      expect(manifest.keywords.length).toBeGreaterThan(3);
      expect(manifest).not.toHaveProperty('private');
      expect(existsSync(join(target, name))).toBe(true);
    }
  });
});
