// `npm run pack:all [-- FOLDER]`: packs the two packages of a release, by default into `dist/`: `mnist-training-monitor`, the
// whole product compiled, and `@mnist-monitor/shared`, the client and the contract. SOURCE_URL is the address of the repository,
// which a package on a registry shows; nothing is published.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = resolve(process.argv[2] ?? join(root, 'dist'));
const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));
const lock = readJson('package-lock.json');
const product = readJson('package.json');

/** Fields of both packages. */
const published = {
  version: product.version,
  license: product.license,
  author: 'The MNIST Training Monitor authors',
  type: 'module',
  engines: product.engines,
  publishConfig: { access: 'public', provenance: true },
  ...(process.env.SOURCE_URL && {
    repository: { type: 'git', url: `git+${process.env.SOURCE_URL}.git` },
    homepage: `${process.env.SOURCE_URL}#readme`,
    bugs: `${process.env.SOURCE_URL}/issues`,
  }),
};

const keywords = [
  'mnist',
  'training',
  'monitor',
  'dashboard',
  'live',
  'websocket',
  'tensorflow',
  'tfjs',
  'uplot',
];

/**
 * Packages that travel within the product: not on a registry, or changed. They name no dependencies that do not travel: in a global
 * installation npm takes these for bundled, too, and leaves their folders empty.
 */
const bundled = ['@mnist-monitor/shared', '@tensorflow/tfjs-node-gpu'];
/** Used only where a GPU has a Vulkan, Metal or Direct3D driver; the largest dependency. */
const optional = ['webgpu'];

/** Returns the version of a dependency of a workspace in the lock file, so that a release installs what was tested. */
const lockedVersion = (workspace, name) =>
  (lock.packages[`${workspace}/node_modules/${name}`] ?? lock.packages[`node_modules/${name}`]).version;

/** Returns the dependencies of the programs, each in its exact version. */
function dependencies() {
  // npm applies overrides only in this repository. As dependencies, they choose the versions at users, too.
  const versions = {
    ...product.overrides,
    'google-protobuf': lockedVersion('packages/trainer', 'google-protobuf'),
  };
  for (const workspace of ['packages/cli', 'packages/gateway', 'packages/shared', 'packages/trainer'])
    for (const name of Object.keys(readJson(`${workspace}/package.json`).dependencies)) {
      const version = lockedVersion(workspace, name);
      if (bundled.includes(name)) continue;
      versions[name] ??= version;
      if (versions[name] !== version)
        throw new Error(`expected one version of ${name}, found ${versions[name]} and ${version}`);
    }
  return versions;
}

/** Copies a file or folder of the repository, without what only compilers and debuggers read. */
function copy(path, folder, destination = path) {
  const isWanted = (name) => !/\.map$|\.tsbuildinfo$|\.d\.[cm]?ts$/.test(name);
  cpSync(join(root, path), join(folder, destination), {
    recursive: true,
    dereference: true,
    filter: (source) => isWanted(basename(source)),
  });
}

function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Adds tfjs-node-gpu without its install script, which would download a library of 2022, and without the dependencies of that script.
 * Its modules take only the core of tfjs from `@tensorflow/tfjs`, which is 142 MB: a module that returns the core replaces it.
 * The libraries of both are dependencies of the product: see `bundled`.
 */
function addTfjsNode(folder) {
  const name = '@tensorflow/tfjs-node-gpu';
  const source = `node_modules/${name}`;
  const { scripts, devDependencies, binary, gypfile, ...manifest } = readJson(`${source}/package.json`);
  for (const part of ['binding', 'dist', 'README.md']) copy(`${source}/${part}`, folder);
  writeJson(join(folder, source, 'package.json'), {
    ...manifest,
    dependencies: { '@tensorflow/tfjs': manifest.version },
  });
  const tfjs = join(folder, source, 'node_modules/@tensorflow/tfjs');
  mkdirSync(tfjs, { recursive: true });
  writeJson(join(tfjs, 'package.json'), {
    name: '@tensorflow/tfjs',
    version: manifest.version,
    license: manifest.license,
    description: 'The core of tfjs alone, for tfjs-node-gpu within mnist-training-monitor.',
    main: 'index.js',
  });
  writeFileSync(join(tfjs, 'index.js'), "module.exports = require('@tensorflow/tfjs-core');\n");
}

/** Writes the files of the product's package. */
function stageProduct(folder) {
  for (const name of ['cli', 'gateway', 'trainer']) {
    copy(`packages/${name}/dist/src`, folder);
    // The programs read their version from here.
    writeJson(join(folder, `packages/${name}/package.json`), { version: product.version, type: 'module' });
  }
  const others = [
    'packages/trainer/native',
    'packages/dashboard/dist/page',
    'scripts/start.js',
    'scripts/services.js',
  ];
  for (const path of [...others, 'LICENSE', 'README.md', 'CHANGELOG.md']) copy(path, folder);
  const shared = 'node_modules/@mnist-monitor/shared';
  for (const part of ['LICENSE', 'dist/src']) copy(`packages/shared/${part}`, folder, `${shared}/${part}`);
  const { dependencies: _ours, ...sharedManifest } = readJson('packages/shared/package.json');
  writeJson(join(folder, shared, 'package.json'), sharedManifest);
  addTfjsNode(folder);

  const versions = Object.entries(dependencies());
  const isOptional = ([name]) => optional.includes(name);
  writeJson(join(folder, 'package.json'), {
    name: product.name,
    description: product.description,
    keywords,
    ...published,
    bin: { [product.name]: 'packages/cli/dist/src/main.js' },
    exports: {},
    files: ['packages', 'scripts', 'CHANGELOG.md'],
    dependencies: {
      ...Object.fromEntries(versions.filter((each) => !isOptional(each)).sort()),
      ...Object.fromEntries(
        bundled.map((name) => [name, readJson(`node_modules/${name}/package.json`).version]),
      ),
    },
    optionalDependencies: Object.fromEntries(versions.filter(isOptional)),
    bundleDependencies: bundled,
  });
}

/** Writes the files of the package with the client and the contract, for which types and sources are needed too. */
function stageShared(folder) {
  const { private: _private, ...manifest } = readJson('packages/shared/package.json');
  for (const part of [...manifest.files, 'LICENSE', 'README.md'])
    cpSync(join(root, 'packages/shared', part), join(folder, part), { recursive: true });
  writeJson(join(folder, 'package.json'), { ...manifest, ...published });
}

mkdirSync(target, { recursive: true });
for (const stage of [stageProduct, stageShared]) {
  const folder = mkdtempSync(join(tmpdir(), 'mnist-pack-'));
  try {
    stage(folder);
    const arguments_ = ['pack', '--silent', '--ignore-scripts', '--pack-destination', target];
    const file = execFileSync('npm', arguments_, { cwd: folder, encoding: 'utf8' }).trim();
    console.log(join(target, file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
