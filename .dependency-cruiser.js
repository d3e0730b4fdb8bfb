// Rules for imports. `npm run lint` checks them with scripts/structure.js, which adds the rule against cycles of folders.

const anyPackage = '^packages/[^/]+/src/';
/** Matches an import of the shared package. */
const shared = '(^|/)@mnist-monitor/shared(/|$)';

/** Matches the parts of TensorFlow.js that need no engine. */
const tfjs = 'node_modules/@tensorflow/tfjs-(core|layers)/';

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** Restricts the imports of a folder to its own files, the shared package and the paths that `allowed` matches. */
const pure = (folder, allowed = []) =>
  forbid(
    `pure: ${folder}`,
    `${folder}/ computes and does no I/O: it imports ${['itself', 'shared', ...allowed].join(', ')} and nothing else.`,
    { path: `^packages/${folder}/` },
    { pathNot: [`^packages/${folder}/`, shared, ...allowed] },
  );

/** Restricts the imports of a library to some folders, so that replacing the library changes only these. */
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
      'no import cycle of files',
      'Files that import each other cannot be read or tested alone.',
      {},
      { circular: true },
    ),
    forbid(
      'import not found',
      'The imported file or package does not exist.',
      { path: anyPackage },
      // Vite's plugins provide modules of this name, as `packages/dashboard/saved-page.js` does.
      { couldNotResolve: true, pathNot: '^virtual:' },
    ),
    forbid(
      'dependency not declared',
      'A package lists the libraries that it imports in its own package.json: when it is installed alone, only these are installed.',
      { path: anyPackage },
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    ),
    forbid(
      'packages import only shared',
      'Packages import no other package but `shared`: gateway, trainer and dashboard communicate over the network only.',
      { path: '^packages/([^/]+)/' },
      { path: ['^packages/(?!$1/)', '(^|/)@mnist-monitor/(?!shared(/|$))'] },
    ),
    forbid(
      'shared imports only zod',
      'The shared package runs in browsers: it imports no Node.js modules, and no library but zod.',
      { path: '^packages/shared/src/', pathNot: '^packages/shared/src/(files|options)/' },
      { pathNot: ['^packages/shared/src/', 'node_modules/zod/'] },
    ),
    forbid(
      'Node.js folders of shared',
      '`options` and `files` need Node.js, so no code that runs in browsers imports them.',
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
      'These folders use sockets and stores through interfaces; they import no implementation of either.',
      { path: '^packages/gateway/src/(cluster|commands|ingest|live|presence)/' },
      {
        path: [
          '^(node:)?(child_process|fs|fs/promises|http|https|net|worker_threads)$',
          'node_modules/(libsql|@redis/client|ws|@fastify/[^/]+)/',
          '^packages/gateway/src/(redis/|store/sqlite)',
        ],
      },
    ),
    pure('trainer/src/console', ['^packages/trainer/src/[^/]+$']),
    pure('trainer/src/export', ['^packages/trainer/src/(kernels|learner|network)/', tfjs]),
    pure('trainer/src/network', ['^packages/trainer/src/(kernels/|[^/]+$)', tfjs]),
    pure('trainer/src/training', ['^packages/trainer/src/(dataset/|learner/|[^/]+$)', '^timers/promises$']),
    onlyIn('uplot', 'dashboard/src/panels/charts/plot.ts', 'dashboard/src/panels/runs/scatter-plot.ts'),
    onlyIn('libsql', 'gateway/src/store'),
    onlyIn('ws', 'cli/src/client', 'gateway/src/sockets', 'trainer/src/runner'),
    onlyIn('@redis/client', 'gateway/src/redis'),
  ],
  options: {
    // Needed because TypeScript 7 has no JavaScript API: without swc, dependency-cruiser reads no file and reports no error.
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
