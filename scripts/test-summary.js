// Prints the last lines of `.ci/run`: the tests that passed only at their second try, then "N passed, N failed". Exits with 1
// when a test failed, when no test ran, or when more than five tests needed a second try.
// Usage: node scripts/test-summary.js FOLDER STATUS, where FOLDER contains jest's JSON results and STATUS is jest's exit code.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Number of second tries that a busy machine may cause; more of them indicate a defect in the tests or in the code. */
const maxSecondTries = 5;

const [folder, status] = process.argv.slice(2);
const jestRuns = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
const sum = (count) => jestRuns.reduce((total, run) => total + count(run), 0);
const tests = jestRuns.flatMap(({ testResults }) => testResults).flatMap((each) => each.assertionResults);
const retried = tests.filter(({ status, invocations }) => status === 'passed' && invocations > 1);
const isTooMany = retried.length > maxSecondTries;

// A suite that does not load counts as failed but has no failed tests; a run that crashes may have neither.
const failures = sum((each) => Math.max(each.numFailedTests, each.numFailedTestSuites));
const failed = Math.max(failures, status === '0' ? 0 : 1) + (isTooMany ? retried.length : 0);
const passed = sum((each) => each.numPassedTests) - (isTooMany ? retried.length : 0);

for (const { fullName } of retried) console.log(`passed at the second try: ${fullName}`);
if (isTooMany)
  console.log(`${retried.length} tests needed a second try; more than ${maxSecondTries} count as failed`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
