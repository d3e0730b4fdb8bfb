import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

// From dist/test of this package.
const root = fileURLToPath(new URL('../../../../', import.meta.url));

test('npm runs no script of a dependency when it is installed (S-53)', () => {
  const setting = execFileSync('npm', ['config', 'get', 'ignore-scripts'], { cwd: root, encoding: 'utf8' });
  expect(setting.trim()).toBe('true');
});
