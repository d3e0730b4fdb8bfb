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

/** Sources that break one rule each, with a part of the message about the broken rule. */
const forbidden: [what: string, message: string, added: Record<string, string>][] = [
  [
    'another package',
    'trainer/src/package.ts → packages/gateway/src/limits.ts',
    { 'trainer/src/package.ts': "import '../../gateway/src/limits.ts';" },
  ],
  ['Node.js in shared', 'shared/src/node.ts → fs', { 'shared/src/node.ts': "import 'node:fs';" }],
  [
    'a library in a folder that only computes',
    'state/pure.ts → node_modules/uplot',
    { 'dashboard/src/state/pure.ts': "import 'uplot';" },
  ],
  [
    'a library that the package does not declare',
    'trainer/src/library.ts → node_modules/fastify',
    { 'trainer/src/library.ts': "import 'fastify';" },
  ],
  [
    'a file that does not exist',
    'missing.ts → ./nothing.ts',
    { 'shared/src/missing.ts': "import './nothing.ts';" },
  ],
  [
    'a type by import(), which the parser does not see',
    'hidden.ts: the import of ./node.ts was not seen',
    { 'shared/src/hidden.ts': "export type Hidden = import('./node.ts').Hidden;" },
  ],
  [
    'a file that imports the first one',
    'circle-a.ts → packages/gateway/src/circle-b.ts → packages/gateway/src/circle-a.ts',
    {
      'gateway/src/circle-a.ts': "import type {} from './circle-b.ts';",
      'gateway/src/circle-b.ts': "import type {} from './circle-a.ts';",
    },
  ],
  [
    'a file of a folder that imports its own folder',
    'folders of trainer form a cycle: one, two',
    {
      'trainer/src/one/a.ts': "import type {} from '../two/b.ts';",
      'trainer/src/one/b.ts': '',
      'trainer/src/two/a.ts': "import type {} from '../one/b.ts';",
      'trainer/src/two/b.ts': '',
    },
  ],
];

test('the check of the structure passes for the code as it is', () => {
  expect(check()).toEqual({
    status: 0,
    printed: expect.stringMatching(/^structure: \d+ files.* 0 problems\n$/),
  });
});

describe('the check of the structure fails', () => {
  let result: ReturnType<typeof check>;
  beforeAll(() => {
    for (const [, , added] of forbidden)
      for (const [path, text] of Object.entries(added)) {
        mkdirSync(join(copy, 'packages', dirname(path)), { recursive: true });
        writeFileSync(join(copy, 'packages', path), text);
      }
    result = check();
  });

  test.each(forbidden)('when a file imports %s', (_, message) => {
    expect(result).toEqual({ status: 1, printed: expect.stringContaining(message) });
  });

  test('when docs/architecture.md shows other imports', () => {
    expect(result.printed).toContain('docs/architecture.md does not show the imports');
  });
});
