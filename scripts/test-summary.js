// The last lines of `.ci/run`: the tests that passed only at their second try, then "N passed, N failed". Fails when a test
// failed, when none ran, or when more than three needed their second try.
// usage: node scripts/test-summary.js FOLDER STATUS, with jest's JSON results in FOLDER and the exit code of its runs.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A busy machine delays a test or two; more of them point to a defect in the tests or in the code. */
const mostSecondTries = 3;

const [folder, status] = process.argv.slice(2);
const suites = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
const sum = (count) => suites.reduce((total, suite) => total + count(suite), 0);
const tests = suites.flatMap(({ testResults }) => testResults).flatMap((each) => each.assertionResults);
const retried = tests.filter(({ status, invocations }) => status === 'passed' && invocations > 1);
const isTooMany = retried.length > mostSecondTries;

// A suite that does not load has no failed test, and a run that crashes may have neither.
const failures = sum((each) => Math.max(each.numFailedTests, each.numFailedTestSuites));
const failed = Math.max(failures, status === '0' ? 0 : 1) + (isTooMany ? retried.length : 0);
const passed = sum((each) => each.numPassedTests) - (isTooMany ? retried.length : 0);

for (const { fullName } of retried) console.log(`passed at the second try: ${fullName}`);
if (isTooMany)
  console.log(`${retried.length} tests needed a second try; more than ${mostSecondTries} count as failed`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
