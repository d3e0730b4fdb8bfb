import { stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Folder that Vite builds the page into, relative to the compiled file in `packages/gateway/dist/src/http/plugins`. */
export const builtPage = fileURLToPath(new URL('../../../../../dashboard/dist/page', import.meta.url));

/** Serves the files of the built dashboard, in the encodings that the build has written beside each. */
export async function servePage(app: FastifyInstance, folder: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: folder,
    cacheControl: false,
    preCompressed: true,
    setHeaders: (reply, path) => {
      reply.setHeader('vary', 'accept-encoding');
      // Vite puts a hash of the content into the names below assets/.
      const isHashed = /[\\/]assets[\\/]/.test(path);
      reply.setHeader('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}

/** Returns whether the path of a URL is that of the dashboard. */
export const isPagePath = (url: string): boolean => /^\/(index\.html)?(\?|$)/.test(url);

/** Returns whether the path of a request is that of the page or of one of its files. */
export async function isPageFile(folder: string, path: string): Promise<boolean> {
  let file: string;
  try {
    file = resolve(folder, `.${decodeURIComponent(path === '/' ? '/index.html' : path)}`);
  } catch {
    return false; // The path cannot be decoded.
  }
  if (file.includes('\0') || !file.startsWith(resolve(folder) + sep)) return false;
  return await stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Explains how to build the dashboard when its page was requested but is missing; returns false for other addresses. */
export function explainMissingPage(request: FastifyRequest, reply: FastifyReply): boolean {
  if (!isPagePath(request.url)) return false;
  reply.code(404).type('text/html; charset=utf-8').send(missingPage);
  return true;
}

const missingPage = `<!doctype html>
<html lang="en">
<title>MNIST Training Monitor</title>
<h1>The dashboard is not built</h1>
<p>Run <code>npm run build</code> and reload this page. The live feed and the API work without it.</p>
</html>
`;
