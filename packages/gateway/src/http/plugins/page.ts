import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Where Vite puts the page, from the place of the compiled file (`packages/gateway/dist/src/http/plugins`). */
export const builtPage = fileURLToPath(new URL('../../../../../dashboard/dist/page', import.meta.url));

/** Serves the built dashboard, and says what to do where it was not built. */
export async function servePage(app: FastifyInstance, folder: string): Promise<void> {
  app.addHook('onSend', async (request, reply) => {
    reply.headers(securityHeaders(request));
  });
  await app.register(fastifyStatic, {
    root: folder,
    cacheControl: false,
    setHeaders: (reply, path) => {
      // Vite puts a hash of the content into the names below assets/.
      const hashed = /[\\/]assets[\\/]/.test(path);
      reply.setHeader('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}

/** Answers a request for the page itself that found no file; false for any other address. */
export function sendMissingPage(request: FastifyRequest, reply: FastifyReply): boolean {
  if (!/^\/(index\.html)?(\?|$)/.test(request.url)) return false;
  reply.code(404).type('text/html; charset=utf-8').send(missingPage);
  return true;
}

const missingPage = `<!doctype html>
<html lang="en">
<title>MNIST Training Monitor</title>
<h1>The dashboard is not built</h1>
<p>Run <code>npm run build</code> and load this page again. The live feed and the API work without it.</p>
</html>
`;

/** Everything from this origin and nothing from any other; no inline script or style. */
function securityHeaders(request: FastifyRequest): Record<string, string> {
  // 'self' covers ws: in newer browsers only, so the socket's address is said as well.
  const host = /^[\w.:[\]-]+$/.test(request.headers.host ?? '') ? request.headers.host : undefined;
  const sockets = host ? ` ws://${host} wss://${host}` : '';
  return {
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data: blob:",
      `connect-src 'self'${sockets}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
}
