import { defineConfig } from 'vite';
import { compressFiles } from './compress-files.js';
import { writeNotices } from './notices.js';
import { savedPage } from './saved-page.js';

/**
 * Vite plugin: asks for the scripts that the page's script imports together with it. A browser would ask for them only when it has read
 * that script, one or two round trips later, which a phone waits for before it draws anything.
 */
const preloadImports = () => ({
  name: 'preload-imports',
  transformIndexHtml: {
    order: 'post',
    handler(_html, { bundle, chunk }) {
      const imported = new Set(chunk?.imports);
      // Those that are added while this goes on are visited, too.
      for (const name of imported) for (const next of bundle[name].imports) imported.add(next);
      return [...imported].map((name) => ({
        ...{ tag: 'link', injectTo: 'head' },
        attrs: { rel: 'modulepreload', crossorigin: true, href: `./${name}` },
      }));
    },
  },
});

/** The page as static files: hashed names, nothing inline, so that a strict Content-Security-Policy holds. */
export default defineConfig({
  // Relative addresses: a proxy may serve the page below any path.
  base: './',
  plugins: [savedPage(), preloadImports(), writeNotices(), compressFiles()],
  build: {
    outDir: 'dist/page',
    emptyOutDir: true,
    target: 'es2022',
    // Data URLs and Vite's inline helper for module preloading would need exceptions from the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: false,
    // One style sheet for all panels: loading one for each opened panel would need a helper of 0.7 kB.
    cssCodeSplit: false,
    reportCompressedSize: true,
    rolldownOptions: {
      // The first `npm start` would print a warning about the time that the plugins take.
      checks: { bundlerTimings: false },
      output: {
        // What the first visit shares with panels that load later is one file: a dozen small ones compress 3 kB worse.
        codeSplitting: {
          groups: [
            {
              name: 'common',
              // `failure.ts` reports errors in modules evaluated after it, and this file is evaluated before the rest.
              test: /ui[\\/]failure|lit-html|packages[\\/]shared|dashboard[\\/]src[\\/]state|vite[\\/]preload-helper/,
            },
          ],
        },
      },
    },
  },
});
