import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'structure-'));
  for (const path of ['package.json', 'docs/architecture.md', ...sourcesOf('packages')])
    cpSync(join(root, path), join(copy, path), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

const sourcesOf = (folder: string): string[] =>
  readdirSync(join(root, folder)).flatMap((name) => [
    `${folder}/${name}/src`,
    `${folder}/${name}/package.json`,
  ]);

/** Runs the check of the structure on the copy, and returns its exit code and what it prints. */
function check(): { status: number | null; printed: string } {
  const script = join(root, 'scripts/structure.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { cwd: copy, encoding: 'utf8' });
  return { status, printed: stdout + stderr };
}

describe('the check of the structure', () => {
  test('passes for the code as it is', () => {
    expect(check()).toEqual({
      status: 0,
      printed: expect.stringMatching(/^structure: \d+ files.* 0 problems\n$/),
    });
  });

  test.each<[string, string, Record<string, string>]>([
    [
      'another package',
      'Packages import only',
      { 'trainer/src/a.ts': "import '../../gateway/src/limits.ts';" },
    ],
    ['Node.js in shared', 'runs in browsers', { 'shared/src/a.ts': "import 'node:fs';" }],
    ['I/O in a pure folder', 'does no I/O', { 'dashboard/src/state/a.ts': "import 'uplot';" }],
    ['a library that is not declared', 'lists the libraries', { 'trainer/src/a.ts': "import 'fastify';" }],
    [
      'the default entry of shared into the page',
      'zod would add',
      { 'dashboard/src/a.ts': "import type {} from '@mnist-monitor/shared';" },
    ],
    ['a file that does not exist', 'something that exists', { 'shared/src/a.ts': "import './nothing.ts';" }],
    [
      'a type by import(), which hides from the check',
      'was not seen',
      {
        'shared/src/a.ts': "export type Batch = import('./b.ts').Batch;",
        'shared/src/b.ts': "export type { Batch } from './events.ts';",
      },
    ],
    [
      'a file that imports it, too',
      'Files that import each other',
      {
        'gateway/src/a.ts': "import type {} from './b.ts';",
        'gateway/src/b.ts': "import type {} from './a.ts';",
      },
    ],
    [
      'a folder that imports its own, too',
      'folders of trainer form a circle: one, two',
      {
        'trainer/src/one/a.ts': "import type {} from '../two/b.ts';",
        'trainer/src/one/b.ts': '',
        'trainer/src/two/a.ts': "import type {} from '../one/b.ts';",
        'trainer/src/two/b.ts': '',
      },
    ],
  ])('fails when a file imports %s', (_, message, added) => {
    for (const [path, text] of Object.entries(added)) {
      mkdirSync(join(copy, 'packages', dirname(path)), { recursive: true });
      writeFileSync(join(copy, 'packages', path), text);
    }
    const { status, printed } = check();
    for (const path of Object.keys(added)) rmSync(join(copy, 'packages', path));
    expect({ status, printed }).toEqual({ status: 1, printed: expect.stringContaining(message) });
  });
});
