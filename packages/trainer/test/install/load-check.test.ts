import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { checkLoads } from '../../src/install/load-check.ts';
import { addonFile, libraryFolder, loaderFile } from '../../src/install/tensorflow-library.ts';
import { librariesForThisMachine } from '../../src/install/tensorflow-wheels.ts';
import { acceptingGateway } from '../support/fake-gateway.ts';
import { Program } from '../support/processes.ts';
import { shortRun } from '../support/short-run.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const dieBy = (signal: string): string =>
  `process.kill(process.pid, '${signal}'); setTimeout(() => {}, 60_000)`;
const succeed = '';

const unusable = {
  code: 'engine.unavailable',
  message: 'TensorFlow does not run on this processor (SIGILL)',
};

describe('checkLoads', () => {
  const folder = temporaryFolder();
  const library = () => join(folder.path, 'library');
  const check = (script: string, processor = 'one') => checkLoads(library(), { script, processor });

  beforeEach(() => install(library()));

  test('refuses a library whose first load ends the process', async () => {
    await expect(check(dieBy('SIGILL'))).rejects.toMatchObject(unusable);
  });

  test('stores the result for each library and processor', async () => {
    await check(succeed);
    await check(dieBy('SIGILL'));
    await expect(check(dieBy('SIGILL'), 'two')).rejects.toMatchObject(unusable);
    await expect(check(succeed, 'two')).rejects.toMatchObject(unusable);
    writeFileSync(join(library(), 'tensorflow', addonFile), 'another build');
    await check(succeed, 'two');
  });

  test('does not store a signal from outside, such as SIGKILL when memory runs out', async () => {
    await expect(check(dieBy('SIGKILL'))).rejects.toMatchObject({
      message: 'TensorFlow does not load (SIGKILL)',
    });
    await check(succeed);
  });

  test('ignores an exception in the child process: the load in this process reports it', async () => {
    await check('throw new Error("no such library")');
  });

  test('checks at each start when the cache cannot be written, or the stored result is incomplete', async () => {
    await check(succeed);
    const stored = readdirSync(folder.path).find((name) => name.startsWith('library.loads-')) as string;
    writeFileSync(join(folder.path, stored), 'SI');
    await expect(check(dieBy('SIGILL'))).rejects.toMatchObject(unusable);
    await expect(
      checkLoads(join(folder.path, 'none', 'library'), { script: dieBy('SIGILL') }),
    ).rejects.toMatchObject(unusable);
  });
});

const withLibrary = librariesForThisMachine().length > 0 ? describe : describe.skip;

withLibrary('a library that does not run on this processor', () => {
  const folder = temporaryFolder();
  const gateway = acceptingGateway();

  test('is replaced by WebAssembly, and the reason is printed', async () => {
    const { XDG_CACHE_HOME } = process.env;
    process.env.XDG_CACHE_HOME = folder.path;
    const installed = libraryFolder(librariesForThisMachine().at(-1) as never);
    process.env.XDG_CACHE_HOME = XDG_CACHE_HOME;
    if (XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
    install(installed);
    await checkLoads(installed, { script: dieBy('SIGILL') }).catch(() => {});
    const flags = ['--engine', 'auto', '--threads', '1', '--train-size', '16', '--epochs', '1'];
    const program = Program.trainer([...shortRun, ...gateway.flags, '--runs', folder.path, ...flags], {
      XDG_CACHE_HOME: folder.path,
    });
    expect(await program.ended()).toBe(0);
    expect(program.stdout).toContain('TensorFlow does not run on this processor (SIGILL)');
    expect(program.stderr).toBe('');
  }, 30_000);
});

function install(library: string): void {
  mkdirSync(join(library, 'tensorflow'), { recursive: true });
  for (const file of [loaderFile, addonFile]) writeFileSync(join(library, 'tensorflow', file), file);
}
