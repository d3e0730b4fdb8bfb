// Checks the imports of all packages against the rules of .dependency-cruiser.js, and that no folders import each other in a
// cycle. `npm run lint` runs the check; `npm run structure` also writes the diagrams of the folders into docs/architecture.md.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import config from '../.dependency-cruiser.js';
import { cycles, folderGraph, foldersOnly, mermaid } from './folder-graph.js';

const page = 'docs/architecture.md';
const begin = '<!-- structure: written by `npm run structure` -->';
const end = '<!-- end of structure -->';

const packages = readdirSync('packages');
const folders = packages.map((name) => `packages/${name}/src`);
const { modules, summary } = (
  await cruise(folders, { ...config.options, validate: true, ruleSet: { forbidden: config.forbidden } })
).output;
const imports = modules.flatMap(({ source, dependencies }) =>
  dependencies.map(({ resolved }) => [source, resolved]),
);
/** The graph of each package, whose nodes are the folders and the files directly in `src`. */
const graphs = new Map(packages.map((name) => [name, folderGraph(name, modules)]));
/** The graph of each package without the files directly in `src`, as the diagrams show it. */
const folderGraphs = new Map([...graphs].map(([name, graph]) => [name, foldersOnly(graph)]));

/** Returns the paths of the relative imports in a source text, type imports included. */
const relativeImports = (text) =>
  [...text.matchAll(/(?:from|import)\s*\(?\s*['"](\.[^'"]+\.ts)['"]/g)].map(([, path]) => path);

/** Yields a problem for each file and each import that dependency-cruiser has missed, and has therefore not checked. */
function* unreadImports() {
  const seen = new Set(imports.map((pair) => pair.join(' ')));
  for (const folder of folders)
    for (const name of readdirSync(folder, { recursive: true })) {
      if (!name.endsWith('.ts')) continue;
      const file = join(folder, name);
      if (!modules.some(({ source }) => source === file)) yield `${file} was not read`;
      for (const path of relativeImports(readFileSync(file, 'utf8')))
        if (!seen.has(`${file} ${join(dirname(file), path)}`))
          yield `${file}: the import of ${path} was not seen; write it as \`import type\``;
    }
}

/** Yields a problem for each rule whose path matches no file, as after a file was moved. */
function* rulesWithoutFiles() {
  for (const { name, from } of config.forbidden) {
    const path = new RegExp([from.path ?? ''].flat().join('|'));
    if (!modules.some(({ source }) => path.test(source))) yield `rule "${name}" matches no file`;
  }
}

function* violations() {
  for (const { from, to, rule, cycle } of summary.violations) {
    const path = [from, ...(cycle?.map(({ name }) => name) ?? [to])].join(' → ');
    const { comment } = config.forbidden.find(({ name }) => name === rule.name);
    yield `${path}\n    ${comment}`;
  }
}

function* folderCycles() {
  for (const [name, graph] of graphs)
    for (const cycle of cycles(graph)) yield `folders of ${name} form a cycle: ${cycle.join(', ')}`;
}

/** Returns the text of the page, in which the diagrams are replaced by those of the current imports. */
function withCurrentDiagrams(text) {
  const diagrams = [...folderGraphs]
    .filter(([, graph]) => graph.size > 1)
    .map(([name, graph]) => `### ${name}\n\n\`\`\`mermaid\n${mermaid(graph)}\n\`\`\`\n`);
  const [before, after] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  return `${text.slice(0, before)}\n\n${diagrams.join('\n')}\n${text.slice(after)}`;
}

const text = readFileSync(page, 'utf8');
const expected = withCurrentDiagrams(text);
const isWriting = process.argv.includes('--write');
if (isWriting) writeFileSync(page, expected);

const problems = [...unreadImports(), ...rulesWithoutFiles(), ...violations(), ...folderCycles()];
if (!isWriting && text !== expected)
  problems.push(`${page} does not show the imports between folders as they are: run \`npm run structure\``);
for (const problem of problems) console.error(`✗ ${problem}`);
const files = modules.filter(({ source }) => source.startsWith('packages/')).length;
const [folderCount, importCount] = [...folderGraphs.values()].reduce(
  ([size, count], graph) => [size + graph.size, count + [...graph.values()].flat().length],
  [0, 0],
);
console.log(
  `structure: ${files} files, ${folderCount} folders, ${importCount} imports between folders, ${problems.length} problems`,
);
if (problems.length > 0) process.exitCode = 1;
