import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const script = fileURLToPath(new URL('../../../../scripts/test-summary.js', import.meta.url));

interface JestResult {
  /** The number of tries of each test that passed in the end. */
  tries?: number[];
  failedTests?: number;
  failedSuites?: number;
  status?: string;
}

/** Returns the exit code and the lines that the summary prints for the results of one jest process. */
function summarize({ tries = [], failedTests = 0, failedSuites = 0, status = '0' }: JestResult) {
  const folder = mkdtempSync(join(tmpdir(), 'summary-'));
  const results = {
    numPassedTests: tries.length,
    numFailedTests: failedTests,
    numFailedTestSuites: failedSuites,
    testResults: [
      {
        assertionResults: tries.map((invocations, index) => ({
          status: 'passed',
          invocations,
          fullName: `test ${index + 1}`,
        })),
      },
    ],
  };
  writeFileSync(join(folder, 'test.json'), JSON.stringify(results));
  const { status: code, stdout } = spawnSync(process.execPath, [script, folder, status], {
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true });
  return { code, lines: stdout.trim().split('\n') };
}

test.each<[string, JestResult, number, string]>([
  ['passes when all tests pass', { tries: [1, 1] }, 0, '2 passed, 0 failed'],
  [
    'fails when a test fails',
    { tries: [1], failedTests: 2, failedSuites: 1, status: '1' },
    1,
    '1 passed, 2 failed',
  ],
  [
    'fails when a file of tests does not load',
    { tries: [1], failedSuites: 1, status: '1' },
    1,
    '1 passed, 1 failed',
  ],
  ['fails when jest crashes', { tries: [1], status: '134' }, 1, '1 passed, 1 failed'],
  ['fails when no test runs', {}, 1, '0 passed, 0 failed'],
  ['fails when six tests need a second try', { tries: [1, 2, 2, 2, 2, 2, 2] }, 1, '1 passed, 6 failed'],
])('the summary of a CI run %s', (_, run, code, last) => {
  const { lines, ...rest } = summarize(run);
  expect({ ...rest, last: lines.at(-1) }).toEqual({ code, last });
});

test('the summary of a CI run lists tests that needed a second try, and passes with five of them', () => {
  const { code, lines } = summarize({ tries: [2, 1, 2, 2, 2, 2] });
  expect(code).toBe(0);
  expect(lines).toEqual([
    ...[1, 3, 4, 5, 6].map((number) => `passed at the second try: test ${number}`),
    '6 passed, 0 failed',
  ]);
});
