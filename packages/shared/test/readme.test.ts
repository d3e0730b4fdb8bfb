import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Returns the Markdown files in a folder of the repository, without those of installed packages. */
const documentsIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && !/(^|\/)(\.|node_modules\/)/.test(file))
    .map((file) => `${folder}/${file}`);
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...['docs', 'examples', 'clients'].flatMap(documentsIn),
  ...readdirSync(join(root, 'packages'))
    .map((name) => `packages/${name}/README.md`)
    .filter((file) => existsSync(join(root, file))),
];

/** Targets of links and pictures that lie in the repository. */
const targets = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)]+)\)|src="([^"]+)"/g)]
    .map(([, link, source]) => link ?? source ?? '')
    .filter((target) => !/^https?:/.test(target));

/** The anchors that GitHub gives the headings of a page. */
const anchors = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

const exists = (target: string, from: string): boolean => {
  const [path, anchor] = target.split('#') as [string, string?];
  const file = path === '' ? join(root, from) : join(root, dirname(from), path);
  return existsSync(file) && (!anchor || anchors(readFileSync(file, 'utf8')).includes(anchor));
};

/** Returns the flags of a command of the product, such as `train`, from its help. */
const flagsOf = memoize((command: string): readonly string[] => {
  const main = join(root, 'packages/cli/dist/src/main.js');
  const { status, stdout } = spawnSync(process.execPath, [main, command, '--help'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} --help ended with ${status}`);
  return ['--help', '--version', ...(stdout.match(/--[a-z][a-z-]*/g) ?? [])];
});

function memoize<T>(compute: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    if (!known.has(key)) known.set(key, compute(key));
    return known.get(key)!;
  };
}

/** The command lines of a document that run the product: each command, such as `train`, with what follows it. */
const commandLines = (text: string): [line: string, command: string, args: string][] =>
  [
    ...text.matchAll(
      /(?:npm (?:run )?(start|gateway|trainer|backup|engine) --|mnist-training-monitor( [a-z]+)?)(?= )([^`#\n]*)/g,
    ),
  ].map(([line, script, command, args = '']) => [
    line,
    (script ?? command ?? 'train').trim().replace('start', 'train'),
    args,
  ]);

test('the documents of the repository are found', () => {
  expect(documents.length).toBeGreaterThan(100);
});

describe.each(documents)('%s', (document) => {
  const text = readFileSync(`${root}${document}`, 'utf8');

  test('links only to files and headings that exist', () => {
    expect(targets(text).filter((target) => !exists(target, document))).toEqual([]);
  });

  test('names only scripts that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
    const named = [...text.matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name as string);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test('shows only flags that the help of the command lists', () => {
    const unknown = commandLines(text).filter(([, command, args]) =>
      (args.match(/(?<= )--[a-z][a-z-]*/g) ?? []).some((flag) => !flagsOf(command).includes(flag)),
    );
    expect(unknown).toEqual([]);
  });
});

test('the table of flags in README.md has only flags that the help lists', () => {
  const [, table = ''] = readFileSync(`${root}README.md`, 'utf8').split('| flag | default | |');
  const flags = [...table.split('\n\n')[0]!.matchAll(/^\| (.*?) \|/gm)].flatMap(
    ([, cell]) => cell!.match(/--[a-z][a-z-]*/g) ?? [],
  );
  expect(flags.length).toBeGreaterThan(15);
  expect(flags.filter((flag) => !flagsOf('train').includes(flag))).toEqual([]);
});

test('the map of the code in README.md lists every folder of the packages', () => {
  const map = readFileSync(`${root}README.md`, 'utf8').split('## The code')[1]!;
  const rows = map.split('\n').filter((line) => line.startsWith('|'));
  const listed = rows.flatMap((row) =>
    [...row.split('|')[2]!.matchAll(/`([\w-]+)`/g)].map(([, name]) => name),
  );
  const folders = readdirSync(join(root, 'packages')).flatMap((name) =>
    readdirSync(join(root, 'packages', name, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name),
  );
  expect(listed.sort()).toEqual(folders.sort());
});

test('docs/decisions/README.md lists every decision', () => {
  const list = readFileSync(`${root}docs/decisions/README.md`, 'utf8');
  const files = readdirSync(join(root, 'docs/decisions')).filter((file) => file !== 'README.md');
  expect(files.filter((file) => !list.includes(`(${file})`))).toEqual([]);
});
