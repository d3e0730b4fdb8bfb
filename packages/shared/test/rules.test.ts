import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
/** Names of rules that are no text of this file, which the check reads as well. */
const [p1, p2, s1] = ['P-', 'P-', 'S-'].map((letter, index) => `${letter}${index === 1 ? 2 : 1}`);
const testFile = 'packages/shared/test/one.test.ts';

/** A page with two rules, one with a rule, and a test of each. */
const files = {
  'docs/protocol.md': `- **${p1}** A list has rules.\n\n| rule | what |\n| --- | --- |\n| **${p2}** | a row |\n`,
  'docs/security.md': `**${s1}** So does prose.\n\nSee ${p1}.\n`,
  [testFile]: `test('a list (${p1})', f);\ntest(\`a row (${p2}, ${s1})\`, f);\n`,
};
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rules-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the check on the files, with changes to some of them, and returns its problems; undefined when it passes. */
function check(changes: Record<string, string> = {}): string[] | undefined {
  for (const [path, text] of Object.entries({ ...files, ...changes })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const script = join(root, 'scripts/rules.js');
  const { status, stderr } = spawnSync(process.execPath, [script], { cwd: folder, encoding: 'utf8' });
  return status === 0 ? undefined : stderr.trim().split('\n');
}

test('the check of the rules passes for the documents and tests as they are', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/rules.js'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
});

describe('the check of the rules', () => {
  test('passes when tests in any of the folders name each rule', () => {
    expect(check()).toBeUndefined();
    const others = {
      'clients/python/tests/test_one.py': `    """A list (${p1})."""\n`,
      'interop/one.test.js': `test('a row (${p2})', f);\n`,
      'simulation/src/oracle.ts': `this.fail('prose (${s1})');\n`,
    };
    expect(check({ ...others, [testFile]: '' })).toBeUndefined();
  });

  test.each([
    [
      'when no test names a rule',
      { [testFile]: `test('a list (${p1}, ${s1})', f);` },
      `✗ docs/protocol.md:5: no test names ${p2}: | a row |`,
    ],
    [
      'when only a test names it that .ci/run does not run',
      { [testFile]: '', 'packages/shared/test/one.soak.test.ts': files[testFile] },
      `✗ docs/protocol.md:1: no test names ${p1}: A list has rules.`,
    ],
    [
      'when a test names a rule that does not exist',
      { [testFile]: `\n${files[testFile]}test('more (${p1}9)', f);` },
      `✗ ${testFile}:4: no document has the rule ${p1}9`,
    ],
    [
      'when a rule is named elsewhere than at the end of a title',
      { [testFile]: `${files[testFile]}// ${p1}` },
      `✗ ${testFile}:3: ${p1} counts only at the end of a title: "… (${p1})"`,
    ],
    [
      'when two rules have one number',
      { 'docs/security.md': `**${s1}** One.\n**${s1}** Two.\n` },
      `✗ docs/security.md:2: ${s1} is the number of another rule: docs/security.md:1`,
    ],
    [
      'when a rule is in the other document',
      { 'docs/security.md': `**${s1}** One.\n**${p1}9** Two.\n` },
      `✗ docs/security.md:2: expected ${p1}9 in docs/protocol.md`,
    ],
    [
      'when a rule does not begin with its number',
      { 'docs/security.md': `**${s1}** One.\n\nIt is **${s1}** again.\n` },
      '✗ docs/security.md:3: expected the number at the beginning of the rule',
    ],
    [
      'when a row of a table of rules has no number',
      { 'docs/protocol.md': `${files['docs/protocol.md']}| | another |\n` },
      "✗ docs/protocol.md:6: expected a rule's number",
    ],
    [
      'when a page names a rule that does not exist',
      { 'docs/guide.md': `See ${p1}9.` },
      `✗ docs/guide.md:1: no document has the rule ${p1}9`,
    ],
  ])('fails %s', (_when, changes, problem) => {
    expect(check(changes)).toContain(problem);
  });
});
