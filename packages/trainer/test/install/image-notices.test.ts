import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../support/temporary-folder.ts';

const script = fileURLToPath(new URL('../../../../../docker/notices.js', import.meta.url));

describe('the notices of an image', () => {
  const folder = temporaryFolder();

  /** Writes files below the folder, and returns what the script prints for it. */
  function noticesOf(files: Record<string, string | object>): {
    stdout: string;
    stderr: string;
    status: number | null;
  } {
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder.path, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    }
    return spawnSync(process.execPath, [script, folder.path], { encoding: 'utf8' });
  }

  test('name every npm package, also nested ones, with its own text or that of its licence', () => {
    const { stdout, stderr } = noticesOf({
      'node_modules/one/package.json': { name: 'one', version: '1.0.0', license: 'BSD-3-Clause' },
      'node_modules/one/LICENSE.md': 'The text of one',
      'node_modules/one/NOTICE': 'The notice of one',
      'node_modules/one/lib/package.json': { type: 'module' },
      'node_modules/one/node_modules/@a/two/package.json': {
        ...{ name: '@a/two', version: '2.0.0', license: 'MIT' },
        author: { name: 'A Person' },
      },
    });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^one 1\.0\.0 \(BSD-3-Clause\)\n\nThe text of one\n\nThe notice of one$/m);
    expect(stdout).toMatch(
      /^@a\/two 2\.0\.0 \(MIT\)\n\nMIT License\n\nCopyright \(c\) A Person\n\nPermission/m,
    );
    expect(stdout).toMatch(new RegExp(`^node ${process.versions.node} \\(MIT\\)$`, 'm'));
    expect(stdout.match(/^\S+ \S+ \(.+\)$/gm)).toHaveLength(3);
  });

  test('name the libraries of TensorFlow and NVIDIA, with their terms', () => {
    const { stdout } = noticesOf({
      'cache/tensorflow-1/tensorflow-1.0.dist-info/METADATA':
        'Name: tensorflow\nVersion: 1.0\nLicense: Apache 2.0\nAuthor: Google Inc.\n',
      'cache/tensorflow-1/tensorflow/THIRD_PARTY_NOTICES.txt': '== Astunparse',
      'cache/tensorflow-1/nvidia_x-2.0.dist-info/METADATA':
        'Name: nvidia-x\nVersion: 2.0\nLicense: LicenseRef-NVIDIA-Proprietary\n',
      'cache/tensorflow-1/nvidia_x-2.0.dist-info/licenses/License.txt': 'The terms of NVIDIA',
    });
    expect(stdout).toMatch(/^tensorflow 1\.0 \(Apache-2\.0\)\n\n\s*Apache License[\s\S]*== Astunparse$/m);
    expect(stdout).toMatch(/^nvidia-x 2\.0 \(LicenseRef-NVIDIA-Proprietary\)\n\nThe terms of NVIDIA$/m);
  });

  test.each([
    [undefined, 'expected a licence in package.json, got none'],
    ['WTFPL', 'expected a file with its licence WTFPL, got none'],
  ])('are not written for a package with the licence %p and no text', (license, problem) => {
    const { stdout, stderr, status } = noticesOf({
      'node_modules/three/package.json': { name: 'three', version: '3.0.0', license },
    });
    expect({ stdout, stderr, status }).toEqual({
      stdout: '',
      stderr: `notices: three 3.0.0: ${problem}\n`,
      status: 1,
    });
  });
});
