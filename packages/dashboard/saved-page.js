import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { build } from 'vite';
import { noticesOf } from './notices.js';

const root = import.meta.dirname;
const moduleName = 'virtual:saved-page';

/** The modules that need a gateway or a worker, with those that replace them in a saved file. */
const replaced = new Map(
  [
    ['src/net/gateway-responds.ts', 'src/saved/gateway-responds.ts'],
    ['src/net/run-files.ts', 'src/saved/run-files.ts'],
    ['src/network/start-worker.ts', 'src/saved/start-worker.ts'],
    ['src/panels/export/export-menu.ts', 'src/saved/export-menu.ts'],
  ].map((paths) => paths.map((path) => join(root, path))),
);

/**
 * Vite plugin: builds the page of a saved file as one HTML file without data, emits it as an asset, and provides its address as
 * the module `virtual:saved-page`.
 */
export const savedPage = () => ({
  name: 'saved-page',
  resolveId: (id) => (id === moduleName ? `\0${moduleName}` : undefined),
  async load(id) {
    if (id !== `\0${moduleName}`) return undefined;
    const reference = this.emitFile({ type: 'asset', name: 'saved-page.html', source: await buildPage() });
    return `export default import.meta.ROLLUP_FILE_URL_${reference};`;
  },
});

async function buildPage() {
  const { output } = await build({
    configFile: false,
    root,
    logLevel: 'warn',
    plugins: [{ name: 'replace-modules', enforce: 'pre', resolveId: resolveReplaced }],
    build: {
      write: false,
      target: 'es2022',
      assetsInlineLimit: 0,
      modulePreload: false,
      cssCodeSplit: false,
      rolldownOptions: {
        input: join(root, 'src/saved/main.ts'),
        // Only Vite's helper for dynamic imports reads it, for files to preload: here, there are none.
        transform: { define: { 'import.meta': '{}' } },
        // One classic script: browsers load no module scripts from the disk.
        output: { format: 'iife', codeSplitting: false },
      },
    },
  });
  const scripts = output.filter(({ type }) => type === 'chunk');
  const styles = output.filter(({ fileName }) => fileName.endsWith('.css'));
  if (scripts.length !== 1 || styles.length !== 1)
    throw new Error(`expected one script and one style, got ${output.map(({ fileName }) => fileName)}`);
  // In a script element, these two end it or change how it is read. Both occur in texts and patterns only.
  const script = scripts[0].code.replaceAll('</script', '<\\/script').replaceAll('<!--', '\\x3C!--');
  const style = String(styles[0].source);
  const policy = [
    "default-src 'none'",
    `script-src '${digestOf(script)}'`,
    `style-src '${digestOf(style)}'`,
    'img-src data: blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  // `{{title}}` and `{{data}}` are filled in by the page that saves a file.
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>{{title}}</title>
    <link rel="icon" href="data:," />
    <style>${style}</style>
  </head>
  <body>
    <noscript><p class="noscript">This file draws a training run and needs JavaScript.</p></noscript>
    <script type="text/plain" id="data">{{data}}</script>
    <script type="text/plain" id="third-party-notices">
${noticesOf(scripts)}</script>
    <script>${script}</script>
  </body>
</html>
`;
}

async function resolveReplaced(source, importer, options) {
  const resolved = await this.resolve(source, importer, { ...options, skipSelf: true });
  return replaced.get(resolved?.id) ?? resolved;
}

const digestOf = (text) => `sha256-${createHash('sha256').update(text).digest('base64')}`;
