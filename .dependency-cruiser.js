// The rules of the code's structure, checked by `npm run lint` (scripts/structure.js, which adds the rule about folders).

const anyPackage = '^packages/[^/]+/src/';
/** Matches an import of the shared package, compiled or not. */
const shared = '(^|/)@mnist-monitor/shared(/|$)';

/** Matches TensorFlow.js without its engines. */
const tfjs = 'node_modules/@tensorflow/tfjs-(core|layers)/';

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** Forbids a folder all imports but its own files, the shared package and what `allowed` lists. */
const pure = (folder, allowed = []) =>
  forbid(
    `pure: ${folder}`,
    `${folder}/ computes and does no I/O: it imports ${['itself', 'shared', ...allowed].join(', ')} and nothing else.`,
    { path: `^packages/${folder}/` },
    { pathNot: [`^packages/${folder}/`, shared, ...allowed] },
  );

/** Forbids a library everywhere but in some folders, so that it can be replaced there. */
const onlyIn = (library, ...folders) =>
  forbid(
    `only in: ${library}`,
    `${library} is imported only in ${folders.join(', ')}.`,
    { path: anyPackage, pathNot: folders.map((folder) => `^packages/${folder}`) },
    { path: `(^|/)node_modules/${library}/` },
  );

export default {
  forbidden: [
    forbid(
      'no circle of files',
      'Files that import each other cannot be read or tested alone.',
      {},
      { circular: true },
    ),
    forbid(
      'found',
      'An import names something that exists.',
      { path: anyPackage },
      { couldNotResolve: true },
    ),
    forbid(
      'declared',
      "A package lists the libraries it imports in its own package.json: another's may be missing where it is installed alone.",
      { path: anyPackage },
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    ),
    forbid(
      'only shared',
      'Packages import only `shared`: gateway, trainer and dashboard meet on the wire.',
      { path: '^packages/([^/]+)/' },
      { path: ['^packages/(?!$1/)', '(^|/)@mnist-monitor/(?!shared(/|$))'] },
    ),
    forbid(
      'shared alone',
      'The shared package runs in browsers: no Node.js modules, and of libraries zod alone.',
      { path: '^packages/shared/src/', pathNot: '^packages/shared/src/(files|options)/' },
      { pathNot: ['^packages/shared/src/', 'node_modules/zod/'] },
    ),
    forbid(
      'Node.js only',
      'Options of command lines and folders on the disk need Node.js; nothing that runs in browsers imports them.',
      { path: '^packages/shared/src/', pathNot: '^packages/shared/src/(files|options)/' },
      { path: '^packages/shared/src/(files|options)/' },
    ),
    forbid(
      'page without zod',
      "The page imports `@mnist-monitor/shared/browser`: the default entry's zod would add 29 kB (gzip) to it.",
      { path: '^packages/dashboard/src/' },
      { path: '(^|/)(@mnist-monitor|packages)/shared/', pathNot: '/shared/(dist/)?src/browser[.]' },
    ),
    pure('dashboard/src/state'),
    pure('dashboard/src/net', ['^packages/dashboard/src/state/']),
    pure('gateway/src/presence', ['^packages/gateway/src/listeners[.]ts$']),
    pure('gateway/src/series'),
    forbid(
      'gateway behind interfaces',
      'Events and commands pass through these folders, which know sockets and stores by their interfaces alone.',
      { path: '^packages/gateway/src/(cluster|commands|ingest|live|presence)/' },
      {
        path: [
          '^(node:)?(child_process|fs|fs/promises|http|https|net|worker_threads)$',
          'node_modules/(libsql|@redis/client|ws|@fastify/[^/]+)/',
          '^packages/gateway/src/(redis/|store/sqlite)',
        ],
      },
    ),
    pure('trainer/src/console'),
    pure('trainer/src/export', ['^packages/trainer/src/(kernels|learner|network)/', tfjs]),
    pure('trainer/src/network', ['^packages/trainer/src/(kernels/|[^/]+$)', tfjs]),
    pure('trainer/src/training', ['^packages/trainer/src/(dataset/|learner/|[^/]+$)', '^timers/promises$']),
    onlyIn('uplot', 'dashboard/src/panels/charts/plot.ts'),
    onlyIn('libsql', 'gateway/src/store'),
    onlyIn('ws', 'gateway/src/sockets', 'trainer/src/runner'),
    onlyIn('@redis/client', 'gateway/src/redis'),
  ],
  options: {
    // typescript 7 has no JavaScript API for dependency-cruiser; without swc it finds no TypeScript at all, and passes.
    parser: 'swc',
    tsPreCompilationDeps: true,
    preserveSymlinks: true,
    combinedDependencies: false,
    doNotFollow: { path: ['node_modules', '/dist/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
    },
  },
};
