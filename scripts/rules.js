// Checks that each numbered rule of the documents has a test that names it at the end of its title, as in `test('… (P-7)', …)`, and
// that tests and documents name only rules that exist. `npm run lint` runs the check.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The documents, by the letter of their rules. */
const documents = { P: 'docs/protocol.md', S: 'docs/security.md' };

/** The folders and names of tests. Those that take minutes or need a Docker engine do not count: `.ci/run` may not run them. */
const tests = [
  ...readdirSync('packages').map((name) => [
    `packages/${name}/test`,
    /(?<!\.soak\.test|\.container\.test)\.ts$/,
  ]),
  ['interop', /^[\w-]+\.test\.js$/],
  ['examples/test', /\.test\.js$/],
  ['clients/python/tests', /\.py$/],
  ['simulation/src', /^oracle\.ts$/],
];
const pages = [
  ['.', /^[A-Z]+\.md$/],
  ['docs', /\.md$/],
];

const anyName = /\b[PS]-\d+\b/g;
/** A list of rules at the end of a text. */
const endOfTitle = /\(([PS]-\d+(?:, [PS]-\d+)*)\)(?=\.?["'`])/g;
const definition = /^(?:- |\| )?\*\*([PS]-\d+)\*\* (.*)/;

/** Yields the lines of the files in folders, each with its position. */
function* linesOf(folders) {
  for (const [folder, pattern] of folders) {
    const recursive = folder !== '.';
    const names = existsSync(folder) ? readdirSync(folder, { recursive }) : [];
    for (const name of names.filter((each) => pattern.test(each)).sort()) {
      const file = join(folder, name);
      for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries())
        yield { at: `${file}:${index + 1}`, line };
    }
  }
}

/** The position and the text of each rule, by its name. */
const rules = new Map();
/** The rules that tests name. */
const tested = new Set();

function* documentProblems(letter, document) {
  let isTableOfRules = false;
  for (const [index, line] of readFileSync(document, 'utf8').split('\n').entries()) {
    const at = `${document}:${index + 1}`;
    isTableOfRules = line.startsWith('| rule |') || (isTableOfRules && line.startsWith('|'));
    if (isTableOfRules && !/^\| (rule|---|(\*\*)?[PS]-\d)/.test(line))
      yield `${at}: expected a rule's number`;
    const [, name, text] = definition.exec(line) ?? [];
    if (name === undefined) {
      if (/\*\*[PS]-\d+\*\*/.test(line)) yield `${at}: expected the number at the beginning of the rule`;
      continue;
    }
    if (!name.startsWith(letter)) yield `${at}: expected ${name} in ${documents[name[0]]}`;
    if (rules.has(name)) yield `${at}: ${name} is the number of another rule: ${rules.get(name).at}`;
    rules.set(name, { at, text });
  }
}

function* testProblems() {
  for (const { at, line } of linesOf(tests)) {
    const named = [...line.matchAll(endOfTitle)].flatMap(([, list]) => list.split(', '));
    for (const name of line.match(anyName) ?? []) {
      if (!rules.has(name)) yield `${at}: no document has the rule ${name}`;
      else if (named.includes(name)) tested.add(name);
      else yield `${at}: ${name} counts only at the end of a title: "… (${name})"`;
    }
  }
}

function* rulesWithoutTest() {
  for (const [name, { at, text }] of rules)
    if (!tested.has(name)) yield `${at}: no test names ${name}: ${text.slice(0, 80)}`;
}

function* unknownRulesOfPages() {
  for (const { at, line } of linesOf(pages))
    for (const name of line.match(anyName) ?? [])
      if (!rules.has(name)) yield `${at}: no document has the rule ${name}`;
}

const problems = [
  ...Object.entries(documents).flatMap((entry) => [...documentProblems(...entry)]),
  ...testProblems(),
  ...rulesWithoutTest(),
  ...unknownRulesOfPages(),
];
for (const problem of problems) console.error(`✗ ${problem}`);
console.log(`rules: ${rules.size} rules, ${problems.length} problems`);
if (problems.length > 0) process.exitCode = 1;
